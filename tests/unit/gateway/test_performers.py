"""How the answer to a press is shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent_gateway.effects import AnswerPress, OpenView
from agent_gateway.performers import GLANCE, Performers
from agent_gateway.telegram.errors import NotSent


class PlayedCallbacks:
    def __init__(self, fault=None):
        self.fault, self.shown = fault, []

    async def answer_callback(self, callback_id, text, *, alert=False):
        self.shown.append((callback_id, text, alert))
        if self.fault is not None:
            raise self.fault


def build(callbacks):
    return Performers(*[None] * 4, callbacks, *[None] * 3)


@pytest.mark.parametrize(
    ("text", "alert"), [("", False), ("Stopping…", False), ("x" * GLANCE, False), ("x" * (GLANCE + 1), True)]
)
async def test_what_two_seconds_are_too_short_for_stays_until_it_is_closed(text, alert):
    callbacks = PlayedCallbacks()
    await build(callbacks).answer_press(AnswerPress("q1", text))
    assert callbacks.shown == [("q1", text, alert)]


async def test_who_is_no_longer_there_is_told_nothing():
    callbacks = PlayedCallbacks(NotSent("away"))
    await build(callbacks).answer_press(AnswerPress("q1", "a"))
    assert len(callbacks.shown) == 1


async def test_the_way_to_the_model_is_opened_when_a_message_is_taken():
    """Its pod, or its agent, is a moment away: a new connection to a provider takes as long."""
    opened, warmed = [], []
    performers = Performers(
        None, None, SimpleNamespace(open=lambda *shown: opened.append(shown)), *[None] * 5, lambda: warmed.append(1)
    )
    performers.open_view(OpenView(SimpleNamespace(message_id=7), "address"))
    assert (len(opened), warmed) == (1, [1])
