"""Answers that are whole for pi and not for the person: cut at the limit, or given without a picture; on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.integration.test_gateway_again import begin, press
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.turns import end_turn

pytestmark = pytest.mark.postgres


async def settle(store, **settled):
    return await end_turn(store, "Step one.\n```sh\nmake", wire.TurnSettled(**settled))


async def test_an_answer_that_was_cut_at_the_limit_says_so_and_can_be_gone_on_with(store):
    said, buttons, turn = await settle(store, finish="length")
    assert said == "Step one.\n```sh\nmake\n```\n\n▸ ✂️ Cut at the model's limit; there is more to say."
    assert f'"co:{turn.id}"' in buttons
    assert (turn.state, turn.reason) == (TurnState.DONE, "length")


async def test_a_picture_that_was_left_out_is_told(store):
    said, buttons, turn = await settle(store, pictures=1)
    assert said.endswith("⚠️ The model couldn't take the picture, so I answered without it.")
    assert (buttons, turn.reason) == ("[]", None)


async def test_what_was_cut_at_the_limit_goes_on_where_it_stopped(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        await store.turns.end(turn.id, 1, None, TurnState.DONE, "length", Final("step one: stop the wri"))
        await press(desk, f"co:{turn.id}")
        _, second = await eventually(lambda: len(runner.turns) == 2 and runner.turns)
        assert "it reached the model's output limit" in second.text
        assert "step one: stop the wri" in second.text


async def test_a_whole_answer_is_not_gone_on_with(store):
    async with running_desk(store) as desk:
        _, turn, runner = await begin(desk)
        await store.turns.end(turn.id, 1, None, TurnState.DONE, None, Final("all of it"))
        await press(desk, f"co:{turn.id}")
        assert len(runner.turns) == 1
