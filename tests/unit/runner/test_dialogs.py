from __future__ import annotations

import asyncio

import pytest

from agent_contract import wire
from agent_runner.asks import MOST_OPEN, Asks, Question
from agent_runner.dialogs import MOST_NOTICES, Dialogs, build_question, build_response
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from tests.support.eventually import eventually

WELCOME = wire.Welcome(thread="t", session_id="s", decisions=True)
MANY = [f"option {n}" for n in range(12)]


class Played:
    """A pi whose dialogs are asked, and what it was answered."""

    def __init__(self):
        self.answers, self.waiting, self.faults = {}, [], []
        self.outbox = Outbox()
        self.asks = Asks(self.outbox, self.waiting.append, Log())
        self.asks.on_welcome(WELCOME)
        self.dialogs = Dialogs(self.asks, self.outbox, lambda: 1, self.on_done)

    def on_done(self, task):
        if not task.cancelled() and task.exception():
            self.faults.append(task.exception())

    def respond(self, dialog_id, **fields):
        self.answers[dialog_id] = fields

    def open(self, dialog_id, **fields):
        self.dialogs.on_request(self, {"id": dialog_id, **fields})

    def sent(self, kind):
        return [frame for frame in self.outbox._frames if isinstance(frame, kind)]

    async def asked(self, count=1):
        return await eventually(lambda: len(self.sent(wire.Ask)) >= count and self.sent(wire.Ask))


@pytest.mark.parametrize(
    ("request_", "decision", "response"),
    [
        ({"method": "select", "options": ["a", "b"]}, {"choice": 1, "text": "b"}, {"value": "b"}),
        ({"method": "select", "options": MANY}, {"text": " 12 "}, {"value": "option 11"}),
        ({"method": "select", "options": MANY}, {"text": "another"}, {"value": "another"}),
        ({"method": "select", "options": ["x" * 90]}, {"choice": 0, "text": "cut"}, {"value": "x" * 90}),
        ({"method": "confirm"}, {"allowed": True, "choice": 0}, {"confirmed": True}),
        ({"method": "confirm"}, {"choice": 1}, {"confirmed": False}),
        ({"method": "input"}, {"text": "Ana"}, {"value": "Ana"}),
        ({"method": "editor", "prefill": "x"}, {"text": "y"}, {"value": "y"}),
        ({"method": "input"}, {"outcome": "expired"}, {"cancelled": True}),
        ({"method": "confirm"}, {"outcome": "withdrawn", "allowed": True}, {"cancelled": True}),
    ],
)
def test_each_dialog_is_answered_as_pi_expects_it(request_, decision, response):
    frame = wire.Decision(**{"id": "q", "outcome": "answered", **decision})
    assert build_response(request_, frame) == response


@pytest.mark.parametrize(
    ("request_", "question"),
    [
        ({"method": "confirm", "title": "Sure?", "message": "It is gone then."}, Question("confirm", "Sure?\n\nIt is gone then.")),
        ({"method": "select", "title": "Pick", "options": ["a"], "timeout": 2500}, Question("select", "Pick", ("a",), seconds=2)),
        ({"method": "input", "title": "Name", "placeholder": "Ann"}, Question("input", "Name\n\n(Ann)", free_text=True)),
        ({"method": "editor", "title": "Edit", "prefill": "x"}, Question("input", "Edit\n\nx", free_text=True)),
    ],
)  # fmt: skip
def test_each_dialog_is_a_question(request_, question):
    assert build_question(request_) == question


def test_what_buttons_cannot_hold_is_listed():
    question = build_question({"method": "select", "title": "Pick", "options": MANY})
    assert (question.kind, question.options, question.free_text) == ("input", (), True)
    assert "12. option 11" in question.text


async def test_a_dialog_is_asked_and_its_answer_reaches_pi():
    played = Played()
    played.open("e", method="confirm", title="Sure?")
    [ask] = await played.asked()
    assert (ask.kind, ask.seq) == ("confirm", 1)
    played.asks.on_frame(wire.Decision(id=ask.id, outcome="answered", allowed=True))
    await eventually(lambda: played.answers)
    assert played.answers == {"e": {"confirmed": True}}
    assert [frame.id for frame in played.sent(wire.AskClosed)] == [ask.id]
    assert played.waiting == [True, False]


async def test_a_choice_among_nothing_is_asked_of_nobody():
    played = Played()
    played.open("e", method="select", title="Pick", options=[])
    await asyncio.sleep(0)
    assert (played.answers, played.sent(wire.Ask)) == ({"e": {"cancelled": True}}, [])


async def test_one_of_a_tool_call_is_taken_back_with_it():
    played = Played()
    played.dialogs.on_event({"type": "tool_execution_start", "toolCallId": "c1"})
    played.open("e", method="confirm", title="Sure?")
    [ask] = await played.asked()
    played.dialogs.on_event({"type": "tool_execution_end", "toolCallId": "c0"})
    await asyncio.sleep(0)
    assert not played.sent(wire.AskClosed)
    played.dialogs.on_event({"type": "tool_execution_end", "toolCallId": "c1"})
    await eventually(lambda: played.sent(wire.AskClosed))
    assert played.sent(wire.AskClosed)[0].id == ask.id
    assert (played.answers, played.faults) == ({}, [])


async def test_all_are_taken_back_with_the_turn():
    played = Played()
    played.open("e", method="input", title="Name")
    await played.asked()
    played.dialogs.on_event({"type": "agent_settled"})
    await eventually(lambda: played.sent(wire.AskClosed))


async def test_what_an_extension_says_is_told_and_bounded():
    played = Played()
    for n in range(MOST_NOTICES + 3):
        played.open("n", method="notify", message=f"word {n}")
    assert len(played.sent(wire.EventFrame)) == MOST_NOTICES


async def test_more_questions_than_fit_are_refused():
    played = Played()
    for n in range(MOST_OPEN + 1):
        played.open(f"e{n}", method="input", title="Name")
    await eventually(lambda: played.answers)
    assert played.answers == {f"e{MOST_OPEN}": {"cancelled": True}}
    assert len(played.sent(wire.Ask)) == MOST_OPEN
    played.dialogs.close_all()
    await eventually(lambda: len(played.sent(wire.AskClosed)) == MOST_OPEN)
