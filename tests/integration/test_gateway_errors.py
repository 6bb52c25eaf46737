"""Errors of the model's provider in the chat: by meaning, with the buttons that help; on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.integration.test_gateway_again import begin, press
from tests.support.desk import GROUP, running_desk
from tests.support.turns import end_turn

pytestmark = pytest.mark.postgres


async def fail(store, **failed):
    said, buttons, _ = await end_turn(store, "So far.", wire.Failed(reason="provider", **failed))
    return said, buttons


async def test_what_came_before_an_error_is_kept_and_the_provider_is_quoted(store):
    said, buttons = await fail(store, error="429: Rate limit reached for your API key", status=429)
    assert said.startswith(
        "So far.\n\n▸ The model is rate-limited right now. Try again in a minute. It says: Rate limit"
    )
    assert "Try again" in buttons
    assert "New conversation" not in buttons


async def test_a_filter_keeps_what_came_and_says_so(store):
    said, _ = await fail(store, error="Provider finish_reason: content_filter")
    assert said.startswith("So far.\n\n▸ The model's content filter stopped this.")


async def test_a_new_conversation_is_offered_where_only_that_helps(store):
    said, buttons = await fail(store, error="request exceeds the available context size", status=400)
    assert "Start a new one" in said
    assert "New conversation" in buttons


async def test_the_button_begins_a_new_conversation_once_nothing_runs(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        assert "/stop" in await press(desk, f"new:{turn.id}")
        await store.turns.end(turn.id, 1, None, TurnState.FAILED, "provider", Final("Too long."))
        await press(desk, f"new:{turn.id}", chat=GROUP)
        assert (await store.threads.by_id(thread.id)).session_id == thread.session_id
        await press(desk, f"new:{turn.id}")
        assert (await store.threads.by_id(thread.id)).session_id != thread.session_id
