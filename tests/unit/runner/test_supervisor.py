from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner import lifecycle as life
from agent_runner.lifecycle import Phase
from agent_runner.supervisor import RESTARTS, START_WITHIN
from agent_runner.turntime import next_wake
from tests.support.supervising import FRESH, GOOD, READY, RUNNING, STOPPED, TURN, failed, go, timed_out


def test_ready_is_announced_once_pi_and_session_are_there():
    state, actions = go(FRESH, life.PiLoaded(), life.Welcomed(delivered=True))
    assert (state.phase, actions) == (Phase.STARTING, [])
    state, actions = go(state, life.SessionOpened())
    assert (state.phase, actions) == (Phase.READY, [life.Announce()])


def test_turn_is_prompted_and_settled():
    state, actions = go(READY, life.Given(TURN), life.Accepted(), GOOD, now=5)
    assert actions == [
        life.Prompt(TURN),
        life.Emit(1, wire.TurnStarted()),
        life.Emit(1, wire.TurnSettled()),
    ]
    assert (state.phase, state.deadline) == (Phase.READY, 605)


def test_turn_is_never_prompted_twice():
    state, actions = go(READY, life.Given(TURN), life.Given(TURN), GOOD, life.Given(TURN))
    assert actions.count(life.Prompt(TURN)) == 1
    assert state.phase is Phase.READY


def test_turn_that_comes_before_the_last_one_ended_waits():
    second = wire.Turn(id=2, text="b")
    state, actions = go(RUNNING, life.Given(second))
    assert actions == []
    state, actions = go(state, GOOD)
    assert actions == [life.Emit(1, wire.TurnSettled()), life.Prompt(second)]


def test_waiting_turn_can_be_stopped():
    state, actions = go(RUNNING, life.Given(wire.Turn(id=2, text="b")), life.AbortAsked(2))
    assert actions == [failed("aborted", turn=2)]
    assert state.waiting == ()


def test_abort_kills_what_a_tool_left_before_it_is_told():
    state, actions = go(RUNNING, life.AbortAsked(1), STOPPED)
    assert actions == [life.AbortPi(), life.KillTools(), failed("aborted")]
    assert state.phase is Phase.READY


def test_abort_is_repeated_when_pi_begins_after_it():
    _, actions = go(RUNNING, life.AbortAsked(1), life.Begun())
    assert actions == [life.AbortPi(), life.AbortPi()]


def test_turn_that_ended_before_its_abort_is_told_as_it_ended():
    _, actions = go(RUNNING, life.AbortAsked(1), GOOD)
    assert actions[-1] == life.Emit(1, wire.TurnSettled())


def test_abort_that_pi_does_not_heed_kills_it():
    state, actions = go(RUNNING, life.AbortAsked(1), now=1)
    state, actions = go(state, life.Tick(), now=11)
    assert actions == [life.KillPi()]
    state, actions = go(state, life.PiDied("signal 9"), now=11)
    assert actions == [life.KillTools(), failed("aborted"), life.StartPi()]
    state, actions = go(state, life.Given(wire.Turn(id=2, text="b")), life.PiLoaded(), now=12)
    assert actions == [life.Prompt(wire.Turn(id=2, text="b"))]


def test_deadline_kills_everything_and_exits_once_it_is_told():
    state, actions = go(RUNNING, life.Tick(), now=300)
    assert (state.phase, actions) == (Phase.ABORTING, [life.AbortPi()])
    state, actions = go(state, STOPPED, now=301)
    assert actions == [life.KillAll(), timed_out("silence", 301)]
    assert go(state, life.Delivered(), now=302)[1] == [life.Exit(ExitCode.DEADLINE)]
    assert go(state, life.Tick(), now=311)[1] == [life.Exit(ExitCode.DEADLINE)]


def test_deadline_holds_when_pi_does_not_heed_it():
    state, _ = go(RUNNING, life.Tick(), now=300)
    assert go(state, life.Tick(), now=309)[1] == []
    assert go(state, life.Tick(), now=310)[1] == [life.KillAll(), timed_out("silence", 310)]


def test_a_run_that_stops_by_itself_is_not_asked_again_and_again_to_exit_while_its_files_are_kept():
    state, _ = go(RUNNING, life.Tick(), now=300)
    state, _ = go(state, STOPPED, now=301)
    state, actions = go(state, life.Tick(), now=311)
    assert actions == [life.Exit(ExitCode.DEADLINE)]
    assert (state.deadline, state.stop_by) == (None, None)  # its files may take longer


def test_a_run_that_stops_by_itself_is_done_before_its_pod_is_killed():
    state, _ = go(RUNNING, life.Tick(), now=300)
    state, _ = go(state, STOPPED, now=301)
    state, actions = go(state, life.Terminated(), now=320)
    assert (actions, state.stop_by, state.deadline) == ([], 329, 329)
    assert go(state, life.Terminated(), now=325)[0].stop_by == 329
    assert go(state, life.Tick(), now=329)[1] == [life.Exit(ExitCode.DEADLINE)]


def test_dead_pi_is_told_and_started_again():
    state, actions = go(RUNNING, life.PiDied("signal 9"))
    assert actions == [life.KillTools(), failed("agent_died", "signal 9"), life.StartPi()]
    state, actions = go(state, life.PiLoaded())
    assert (state.phase, actions) == (Phase.READY, [])


def test_pi_that_keeps_dying_ends_the_run():
    state = RUNNING
    for turn in range(2, RESTARTS + 2):
        state, actions = go(state, life.PiDied("x"), life.PiLoaded(), life.Given(wire.Turn(id=turn, text="t")))
        assert life.StartPi() in actions
    state, actions = go(state, life.PiDied("x"))
    assert actions == [life.KillAll(), failed("agent_died", "x", turn=RESTARTS + 1)]
    assert go(state, life.Delivered())[1] == [life.Exit(ExitCode.PI_FAILED)]


def test_pi_that_hangs_after_it_was_started_again_is_dead_too():
    state, _ = go(RUNNING, life.PiDied("signal 9"), life.Given(wire.Turn(id=2, text="b")), now=10)
    assert next_wake(state) == 10 + START_WITHIN
    state, actions = go(state, life.Tick(), now=10 + START_WITHIN)
    assert actions == [life.KillPi()]
    state, actions = go(state, life.PiDied("signal 9"), now=71)
    assert actions == [life.KillTools(), life.StartPi()]
    state, actions = go(state, life.PiLoaded(), now=72)
    assert actions == [life.Prompt(wire.Turn(id=2, text="b"))]


def test_pi_that_loads_before_the_session_is_there_is_waited_for_no_more():
    state, _ = go(FRESH, life.Welcomed(delivered=True), life.PiDied("x"), life.PiLoaded())
    assert next_wake(state) is None


def test_pi_that_dies_while_the_run_leaves_changes_nothing_of_that():
    state, _ = go(READY, life.Tick(), now=600)
    state, actions = go(state, life.PiDied("x"), life.PiLoaded(), now=601)
    assert (state.phase, actions) == (Phase.LEAVING, [life.KillTools(), life.StartPi()])
    assert go(state, life.Stayed(), life.Given(TURN), now=602)[1] == [life.Prompt(TURN)]


def test_deaths_long_ago_do_not_count():
    state = replace(RUNNING, deaths=(1.0, 2.0, 3.0))
    assert life.StartPi() in go(state, life.PiDied("x"), now=700)[1]
    assert life.StartPi() not in go(state, life.PiDied("x"), now=500)[1]


def test_pi_that_never_starts_is_told_to_the_next_turn():
    state, actions = go(FRESH, life.Welcomed(delivered=True), *[life.PiDied("no disk")] * (RESTARTS + 1))
    assert actions[-2:] == [life.KillAll(), life.Announce()]
    told, actions = go(state, life.Given(TURN))
    assert actions == [failed("agent", "no disk")]
    assert go(told, life.Delivered())[1] == [life.Exit(ExitCode.PI_FAILED)]
    assert go(state, life.Tick(), now=30)[1] == [life.Exit(ExitCode.PI_FAILED)]


def test_stored_session_that_pi_refuses_is_told():
    state, actions = go(FRESH, life.PiLoaded(), life.SessionRefused("broken line"))
    assert actions == [life.Announce()]
    assert go(state, life.Given(TURN))[1] == [failed("agent", "broken line")]


def test_prompt_that_pi_rejects_is_the_providers_failure():
    state, actions = go(READY, life.Given(TURN), life.Rejected("No API key found"))
    assert actions[-1] == failed("provider", "No API key found")
    assert state.phase is Phase.READY


@pytest.mark.parametrize(("now", "reason"), [(600, "idle"), (3600, "run_deadline")])
def test_idle_run_asks_for_leave(now, reason):
    state = replace(READY, deadline=4000.0) if reason == "run_deadline" else READY
    state, actions = go(state, life.Tick(), now=now)
    assert (state.phase, actions) == (Phase.LEAVING, [life.AskLeave(reason)])
    assert go(state, life.Dismissed())[1] == [life.KillAll(), life.Exit(ExitCode.LEFT)]


def test_turn_that_comes_when_the_runs_time_is_up_is_left_to_the_next_run():
    state, _ = go(replace(READY, deadline=4000.0), life.Tick(), now=3600)
    state, actions = go(state, life.Given(TURN), now=3600.5)
    assert (state.phase, state.seen, actions) == (Phase.LEAVING, frozenset(), [])
    state, actions = go(state, life.Stayed(), life.Given(TURN), now=3601)
    assert actions == [life.Prompt(TURN)]


def test_turn_that_comes_while_an_idle_run_leaves_is_taken():
    state, _ = go(READY, life.Tick(), now=600)
    assert go(state, life.Given(TURN), now=600.5)[1] == [life.Prompt(TURN)]


def test_running_turn_never_leaves():
    state, _ = go(READY, life.Given(TURN), life.Accepted(), now=3599)
    state, actions = go(state, life.Heard(), now=3800)
    assert (state.phase, actions) == (Phase.RUNNING, [])
    state, actions = go(state, life.Tick(), now=3900)
    assert (state.phase, actions) == (Phase.RUNNING, [])
    assert go(state, GOOD, life.Tick(), now=3950)[1][-1] == life.AskLeave("run_deadline")


def test_declined_leave_takes_the_turn():
    state, _ = go(READY, life.Tick(), now=600)
    state, actions = go(state, life.Stayed(), life.Given(TURN), now=600)
    assert (state.phase, actions) == (Phase.RUNNING, [life.Prompt(TURN)])


def test_unanswered_leave_is_asked_again_by_a_new_connection():
    state, _ = go(READY, life.Tick(), now=600)
    assert go(state, life.Welcomed(delivered=False))[1] == []
    assert go(state, life.Welcomed(delivered=True))[1] == [life.AskLeave("idle")]


def test_shutdown_stops_the_turn_and_tells_why():
    state, actions = go(RUNNING, life.ShutdownAsked("killed by ann", 10), STOPPED)
    assert actions == [life.AbortPi(), life.KillAll(), failed("aborted", "killed by ann")]
    assert go(state, life.Delivered())[1] == [life.Exit(ExitCode.LEFT)]


def test_shutdown_is_bounded_by_its_grace():
    state, _ = go(RUNNING, life.ShutdownAsked("x", 4), now=100)
    assert next_wake(state) == pytest.approx(102.4)
    state, actions = go(state, life.Tick(), now=102.5)
    assert actions[0] == life.KillAll()
    assert next_wake(state) == pytest.approx(103.6)


def test_sigterm_tells_no_end_of_the_turn():
    state, actions = go(RUNNING, life.Terminated(), STOPPED)
    assert actions == [life.AbortPi(), life.KillAll()]
    assert go(state, life.Delivered())[1] == [life.Exit(life.TERMINATED)]


@pytest.mark.parametrize(
    ("end", "code"), [(life.Terminated(), life.TERMINATED), (life.ShutdownAsked("killed", 10), ExitCode.LEFT)]
)
def test_turn_that_ended_as_its_pod_was_ended_is_told_as_it_ended(end, code):
    state, actions = go(RUNNING, end, GOOD)
    assert actions == [life.AbortPi(), life.KillAll(), life.Emit(1, wire.TurnSettled())]
    assert go(state, life.Delivered())[1] == [life.Exit(code)]


def test_sub_agent_that_ended_as_its_pod_was_ended_leaves_with_its_answer():
    state, actions = go(replace(RUNNING, one_turn=True), life.Terminated(), GOOD)
    assert actions[-2:] == [life.Emit(1, wire.TurnSettled()), life.AskLeave("done")]
    assert go(state, life.Dismissed())[1][-1] == life.Exit(ExitCode.LEFT)


def test_sigterm_while_idle_asks_for_leave_and_waits_for_it():
    state, actions = go(READY, life.Terminated(), life.Delivered())
    assert actions == [life.KillAll(), life.AskLeave("shutdown")]
    assert go(state, life.Dismissed())[1][-1] == life.Exit(ExitCode.LEFT)
    assert go(state, life.Tick(), now=9)[1] == [life.Exit(life.TERMINATED)]


def test_turn_given_while_stopping_is_left_to_the_next_run():
    state, _ = go(READY, life.Terminated())
    state, actions = go(state, life.Given(TURN))
    assert actions == []
    assert state.seen == frozenset()


def test_lost_link_ends_the_run():
    actions = go(RUNNING, life.LinkEnded(ExitCode.GATEWAY_LOST))[1]
    assert actions == [life.KillAll(), life.Exit(ExitCode.GATEWAY_LOST)]
