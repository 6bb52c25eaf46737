"""How long a turn may take: silence counts, a wall bounds the whole, and a person may give more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract import wire
from agent_contract.terms import Timeouts
from agent_runner import lifecycle as life
from agent_runner.lifecycle import Phase, State
from agent_runner.turntime import next_wake
from tests.support.supervising import GOOD, TURN, go

LIMITS = Timeouts(turn=300, turn_max=3600, turn_extra=1800, idle=600, run=7200, grace=10)


def begin(limits=LIMITS):
    start = (life.Welcomed(delivered=True), life.PiLoaded(), life.SessionOpened(), life.Given(TURN), life.Accepted())
    return go(State(limits), *start)[0]


def work(state, until, every=100):
    """Let there be a sign of work every so many seconds, and the clock looked at when it asks to be."""
    said = []
    for now in range(every, until + 1, every):
        while (at := next_wake(state)) is not None and at <= now:
            state, actions = go(state, life.Tick(), now=at)
            said += actions
            if state.phase is not Phase.RUNNING:
                return state, said
        state, actions = go(state, life.Heard(), now=now)
        said += actions
    return state, said


def short(limit, seconds, passed):
    return life.Emit(1, wire.TimeShort(limit=limit, seconds=seconds, passed=passed))


def timeout_of(state, now):
    """Return what is told once pi has stopped."""
    return next(a.event for a in go(state, life.Tick(), now=now)[1] if isinstance(a, life.Emit))


EASED = life.Emit(1, wire.TimeEased())


def test_a_turn_that_works_is_not_ended_by_the_time_that_a_silence_may_last():
    state, said = work(begin(), until=3200)
    assert (state.phase, said) == (Phase.RUNNING, [])


def test_silence_is_warned_of_and_then_ends_the_turn():
    state, _ = go(begin(), life.Heard(), now=100)
    assert next_wake(state) == 340
    state, said = go(state, life.Tick(), now=340)
    assert said == [short("silence", 60, 240)]
    assert next_wake(state) == 400
    assert go(state, life.Tick(), now=399)[1] == []
    state, said = go(state, life.Tick(), now=400)
    assert (state.phase, said) == (Phase.ABORTING, [life.AbortPi()])
    assert timeout_of(state, 410) == wire.Failed(reason="timeout", limit="silence", seconds=310)


def test_the_whole_turn_is_bounded_and_that_is_warned_of():
    state, said = work(begin(), until=3700, every=50)
    assert said == [short("wall", 300, 3300), life.AbortPi()]
    assert timeout_of(state, 3610) == wire.Failed(reason="timeout", limit="wall", seconds=3610)


def test_a_sign_of_work_takes_the_warning_back_and_the_next_silence_is_warned_of_anew():
    state, _ = go(begin(), life.Tick(), now=240)
    state, said = go(state, life.Heard(), now=250)
    assert said == [EASED]
    state, said = go(state, life.Heard(), now=251)
    assert said == []
    assert go(state, life.Tick(), now=491)[1] == [short("silence", 60, 240)]


def test_more_time_that_is_given_holds_for_silence_and_for_the_whole():
    state, _ = go(begin(), life.Tick(), now=240)
    state, said = go(state, life.ExtendAsked(1, 900), now=290)
    assert said == [EASED]
    assert state.clock.silent_until == 1190
    assert state.clock.wall_until == 4500
    state, _ = go(state, life.Heard(), now=300)
    assert state.clock.silent_until == 1190  # it stands as it was promised


def test_more_time_that_is_told_twice_counts_once():
    state, _ = go(begin(), life.ExtendAsked(1, 900), now=100)
    assert go(state, life.ExtendAsked(1, 900), now=500) == (state, [])


def test_more_time_is_bounded():
    state, _ = go(begin(), life.ExtendAsked(1, 900), life.ExtendAsked(1, 1800), life.ExtendAsked(1, 2700), now=100)
    assert state.clock.wall_until == 3600 + 1800


def test_more_time_for_another_turn_changes_nothing():
    state = begin()
    assert go(state, life.ExtendAsked(2, 900), now=100) == (state, [])


def test_more_time_that_comes_too_late_changes_nothing():
    state, _ = go(begin(), life.Tick(), now=300)
    assert go(state, life.ExtendAsked(1, 900), now=301) == (state, [])


@pytest.mark.parametrize(
    ("held", "free"), [(life.Held(True), life.Held(False)), (life.Waiting(), life.Resumed())], ids=["sub", "person"]
)
def test_waiting_for_others_is_no_silence(held, free):
    state, _ = go(begin(), held, now=100)
    state, said = go(state, life.Tick(), now=2000)
    assert (state.phase, said) == (Phase.RUNNING, [])
    state, _ = go(state, free, now=2000)
    assert state.clock.silent_until == 2200  # 200 of 300 s were left


def test_waiting_for_both_ends_with_the_last_of_them():
    state, _ = go(begin(), life.Held(True), life.Waiting(), life.Held(False), now=100)
    state, _ = go(state, life.Tick(), life.Resumed(), now=1000)
    assert state.clock.silent_until == 1200


def test_what_waits_is_bounded_by_the_whole_all_the_same():
    state, _ = go(begin(), life.Waiting(), now=100)
    assert next_wake(state) == 3300
    assert go(state, life.Tick(), now=3600)[0].phase is Phase.ABORTING


def test_a_sign_of_work_while_it_waits_is_the_last_one():
    state, _ = go(begin(), life.Held(True), now=100)
    state, _ = go(state, life.Heard(), now=500)
    state, _ = go(state, life.Held(False), now=700)
    assert state.clock.silent_until == 1000


def test_an_abort_while_it_waits_has_its_own_time():
    state, _ = go(begin(), life.Held(True), life.AbortAsked(1), life.Held(False), now=100)
    assert (state.phase, state.deadline) == (Phase.ABORTING, 110)


def test_a_turn_after_one_that_waited_has_its_whole_time():
    state, _ = go(begin(), life.Held(True), GOOD, life.Given(wire.Turn(id=2, text="b")), now=50)
    assert (state.clock.silent_until, state.clock.wall_until, state.clock.awaited) == (350, 3650, frozenset())


def test_nobody_is_warned_who_could_not_act_on_it():
    state = begin(replace_limits(turn=20))
    assert next_wake(state) == 20


def replace_limits(**fields):
    return LIMITS.model_copy(update=fields)


def test_the_clock_is_of_no_meaning_once_the_turn_is_stopped():
    state, _ = go(begin(), life.AbortAsked(1), now=100)
    assert next_wake(replace(state, deadline=None)) is None
