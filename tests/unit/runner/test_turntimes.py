from __future__ import annotations

from agent_contract import wire
from agent_runner.turntimes import TurnClock


class Ticking:
    def __init__(self):
        self.now = 10.0

    def __call__(self):
        self.now += 0.5
        return self.now


def test_nothing_is_noted_before_a_gateway_asks():
    sent = []
    times = TurnClock(sent.append, Ticking())
    times.begin(7)
    times.mark("prompted")
    times.end()
    assert sent == []


def test_the_parts_of_a_turn_are_told_once_each_the_first_time():
    sent = []
    times = TurnClock(sent.append, Ticking())
    times.want(wanted=True)
    times.mark("begun")  # of no turn
    times.begin(7)
    for part in ("prompted", "begun", "text", "text", "begun"):
        times.mark(part)
    times.end()
    times.end()
    assert sent == [
        wire.TurnTimes(turn=7, sent=12.5, marks={"given": 10.5, "prompted": 11.0, "begun": 11.5, "text": 12.0})
    ]


def test_a_gateway_that_asks_no_more_is_told_no_more():
    sent = []
    times = TurnClock(sent.append, Ticking())
    times.want(wanted=True)
    times.begin(7)
    times.want(wanted=False)
    times.end()
    assert sent == []
