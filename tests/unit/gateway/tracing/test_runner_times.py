"""What a runner tells of its own times: a hostile one can say nothing but of its own turn, and nothing outside of it."""

from __future__ import annotations

import math

import pytest

from agent_contract import wire
from agent_kube.tracing.spans import RUNNER
from tests.unit.gateway.tracing.told import THREAD, Told, times


def begun() -> Told:
    told = Told()
    told.queue()
    told.send(1.0)
    return told


def test_times_of_a_turn_are_placed_by_when_they_were_sent():
    told = begun()
    told.step("first_text", 1.9, agent_thread=THREAD, run=3, turn=7)
    marks = {"given": 50.0, "prompted": 50.2, "begun": 50.3, "text": 50.8}
    told.tell_times(2.0, turn=7, marks=marks, sent=51.0)
    assert times(told.by_name["take prompt"]) == (1.0, 1.2)
    assert times(told.by_name["begin turn"]) == (1.2, 1.3)
    assert times(told.by_name["tell first text"]) == (1.8, 1.9)
    assert told.by_name["take prompt"].service == RUNNER


@pytest.mark.parametrize(
    ("marks", "sent"),
    [
        ({"given": 0.0, "prompted": 1e9}, 0.0),
        ({"given": 1e9, "prompted": 0.0}, 1e9),
        ({"given": 0.0, "prompted": 0.0}, 1e9),
        ({"given": 1e9, "prompted": 1e9}, 0.0),
    ],
)
def test_no_time_is_before_the_turn_or_after_it_was_told(marks, sent):
    told = begun()
    told.tell_times(2.0, turn=7, marks=marks, sent=sent)
    for span in told.spans:
        begin, end = times(span)
        assert 0 <= begin <= end <= 2.0
        if span.service == RUNNER:
            assert begin >= 1.0


@pytest.mark.parametrize(("thread", "run"), [("tg-43", 3), (THREAD, 2), (THREAD, 4)])
def test_a_runner_can_say_nothing_of_another_ones_turn(thread, run):
    told = begun()
    before = len(told.spans)
    marks = {"given": 1.0, "prompted": 1.5}
    told.tell_times(2.0, turn=7, marks=marks, sent=2.0, thread=thread, run=run)
    assert len(told.spans) == before
    told.tell_times(2.0, turn=7, marks=marks, sent=2.0)
    assert len(told.spans) > before, "nor is it taken for what its own would say later"


def test_names_that_nobody_knows_are_left_out_and_a_second_telling_too():
    told = begun()
    before = len(told.spans)
    told.tell_times(2.0, turn=7, marks={"my password": 1.0, "given": 1.0}, sent=2.0)
    told.tell_times(2.1, turn=7, marks={"given": 1.0, "prompted": 1.5}, sent=2.0)
    assert len(told.spans) == before


def test_times_of_a_turn_that_is_not_known_or_was_not_sent_say_nothing():
    told = Told()
    told.queue()
    before = len(told.spans)
    told.tell_times(2.0, turn=7, marks={"given": 1.0, "prompted": 1.5}, sent=2.0)
    told.tell_times(2.0, turn=8, marks={"given": 1.0, "prompted": 1.5}, sent=2.0)
    assert len(told.spans) == before


@pytest.mark.parametrize(
    "timings", [{}, {"ready": 0.0}, {"connected": 1e9, "ready": 1e9}, {"pi_spawned": 5.0, "ready": 1.0}]
)
def test_forged_times_of_a_start_stay_within_the_turn(timings):
    told = Told()
    told.queue()
    told.write()
    told.hello(1.0)
    told.step("ready", 1.5, agent_thread=THREAD, run=3, pod="p", timings=timings)
    for span in told.spans:
        begin, end = times(span)
        assert 0 <= begin <= end <= 1.5


def test_a_run_that_was_begun_for_no_waiting_turn_adds_nothing_to_it():
    told = Told()
    told.queue()
    told.write(run=3)
    told.hello(1.0, run=3)
    before = len(told.spans)
    told.step("ready", 1.5, agent_thread=THREAD, run=2, pod="p", timings={"ready": 1.0})
    told.step("ready", 1.5, agent_thread="tg-43", run=3, pod="p", timings={"ready": 1.0})
    assert len(told.spans) == before


@pytest.mark.parametrize(
    "marks",
    [{"given": -1}, {"given": math.inf}, {"given": math.nan}, {"given": "x"}, {"given": 1e10}],
)
def test_the_frame_takes_no_times_that_are_none(marks):
    with pytest.raises(ValueError, match="validation"):
        wire.TurnTimes(turn=7, sent=1.0, marks=marks)


def test_the_frame_keeps_the_first_marks_of_many():
    frame = wire.TurnTimes(turn=7, sent=1.0, marks={f"m{number}": 1.0 for number in range(1000)})
    assert len(frame.marks) == 16
