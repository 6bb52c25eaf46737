"""The benchmark's arithmetic."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest

from dev.bench.paths import collect, find_visible
from dev.bench.scenes import Standstill, measure_burst, measure_live, wait_kept
from dev.bench.stats import between, split, summarise


def test_figures_are_nearest_ranks():
    figures = summarise([5, 1, 4, 2, 3, 6, 7, 8, 9, 10])
    assert (figures.n, figures.p50, figures.p90, figures.worst) == (10, 5, 9, 10)
    assert summarise([7]).p90 == 7
    with pytest.raises(ValueError, match="no samples"):
        summarise([])


def test_a_step_that_was_not_seen_is_passed_over():
    found = split([{"a": 1, "c": 5}, {"a": 1, "b": 2, "c": 4}], ["a", "b", "c"])
    assert found["b"].p50 == 1
    assert sorted([found["c"].p50, found["c"].worst]) == [2, 4]


def test_between_needs_both_marks():
    assert between([{"a": 1, "b": 3}, {"a": 1}], "a", "b") == [2]


def event(kind, text, at, **more):
    return {"kind": kind, "chat": 7, "text": text, "t": at, **more}


@pytest.mark.parametrize("kind", ["message", "edit", "draft"])
def test_an_answer_counts_however_it_is_shown(kind):
    """Where a start takes longer than some seconds, the chat shows that first, and the answer takes its place."""
    said = event("message", "hello Echo", 1, by=7)
    waits = event("message", "Starting your agent…", 2, by=99)
    events = [said, waits, event("typing", None, 3), event(kind, "Echo: hello", 4), event("edit", "Echo: hello you", 5)]
    assert find_visible(events, 7, "Echo") == 4
    assert find_visible(events[:3], 7, "Echo") is None
    assert find_visible(events, 8, "Echo") is None


def test_steps_are_those_of_the_message_itself():
    mark = {"received": 1000.0, "visible": 3000.0, "update": 5}
    steps = [
        {"step": "turn_queued", "agent_thread": "tg-7", "t": 900},
        {"step": "inbox_committed", "update_id": 5, "t": 1010},
        {"step": "turn_queued", "agent_thread": "tg-8", "t": 1015},
        {"step": "turn_queued", "agent_thread": "tg-7", "t": 1020},
        {"step": "ready", "agent_thread": "tg-7", "t": 2500, "timings": {"ready": 1.25}},
        {"step": "turn_queued", "agent_thread": "tg-7", "t": 9000},
    ]
    collect(steps, [mark], ["tg-7"])
    assert mark | {"inbox_committed": 1010, "turn_queued": 1020, "ready": 2500, "runner_started": 1250} == mark


def test_steps_of_the_next_message_are_not_those_of_the_one_before():
    """A live conversation answers many times within the time that steps may be told late."""
    marks = [{"received": 1000.0, "visible": 1070.0, "update": 5}, {"received": 1200.0, "visible": 1270.0, "update": 6}]
    steps = [
        {"step": "turn_sent", "agent_thread": "tg-7", "t": 1030},
        {"step": "turn_sent", "agent_thread": "tg-7", "t": 1220},
        {"step": "first_text", "agent_thread": "tg-7", "t": 1260},
    ]
    collect(steps, marks, ["tg-7", "tg-7"])
    assert [(mark["turn_sent"], mark.get("first_text")) for mark in marks] == [(1030, None), (1220, 1260)]


class PlayedTelegram:
    """Shows an answer's first words as a draft at once; the message that stays comes when somebody waits, or asks more."""

    def __init__(self):
        self.events, self.left = [], []

    def call(self, _port, path, body=None):
        if body is not None:
            at = 100.0 * len(self.events)
            self.note(event("message", body["text"], at, by=7), *self.left, event("draft", "Echo: ", at + 50))
            self.left = [event("message", f"Echo: {body['text']}", at + 60, by=99)]
            return {"t": at, "update_id": 1}
        since = int(path.partition("since=")[2].partition("&")[0])
        if since == len(self.events):
            self.note(*self.left)
            self.left = []
        return {"last": len(self.events), "events": self.events[since:]}

    def note(self, *events):
        self.events += [{**one, "n": number} for number, one in enumerate(events, len(self.events) + 1)]


def test_the_end_of_an_answer_is_no_beginning_of_the_next_one(monkeypatch):
    marks = []
    monkeypatch.setattr("dev.bench.paths.call", PlayedTelegram().call)
    monkeypatch.setattr("dev.bench.scenes.step", lambda *_: contextlib.nullcontext())
    measure_live(
        SimpleNamespace(clouds=SimpleNamespace(telegram=1), count=3, note=lambda *noted: marks.append(noted[2])), 7
    )
    assert [mark["visible"] - mark["received"] for mark in marks] == [50, 50, 50]


async def test_files_are_kept_when_their_run_says_so_behind_the_turn(monkeypatch):
    """A run that goes on says it then; what it says at its end comes when nobody waits any more."""
    logs = ["", json.dumps({"event": "turn_given"}), json.dumps({"event": "files_kept", "turn": 1})]
    agents = SimpleNamespace(kubectl=lambda *_: logs.pop(0))
    monkeypatch.setattr("dev.bench.scenes._POLL", 0)
    await wait_kept(SimpleNamespace(release=SimpleNamespace(agents=agents)), 7, wanted=True)
    assert logs == []


def test_what_moves_is_waited_for_and_what_stands_still_is_not():
    now = [0.0]
    still = Standstill(lambda: now[0])
    found = []
    for seconds, ready in ((0, 1), (119, 1), (119, 2), (121, 2)):
        now[0] += seconds
        found.append(still.look({"ready": ready}))
    assert found == [False, False, False, True]


async def test_of_many_at_once_those_count_that_were_answered(monkeypatch):
    """A burst that is cut has measured those whose first words were seen."""
    noted = []

    def wait(_clouds, marks):
        marks[7]["visible"] = 60.0
        raise TimeoutError

    monkeypatch.setattr("dev.bench.scenes.step", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr("dev.bench.scenes.ask", lambda *_: {"received": 1.0})
    monkeypatch.setattr("dev.bench.scenes.wait_visible", wait)
    with pytest.raises(TimeoutError):
        await measure_burst(SimpleNamespace(clouds=None, note=lambda *words: noted.append(words)), [7, 8], "burst")
    assert noted == [("burst", 7, {"received": 1.0, "visible": 60.0})]
