"""Questions over a runner's real connection: acknowledged, refused, told, and told again when it is back; plans."""

from __future__ import annotations

import json

import pytest

from agent_contract import wire
from agent_gateway.store.decisionrows import Answer
from agent_gateway.wording import keys
from tests.support.eventually import eventually
from tests.support.turns import deliver, final_of

pytestmark = pytest.mark.postgres


async def begin(port, thread, **more):
    runner = await port.join(**more)
    await eventually(lambda: port.deps.registry.link(thread.id).ready)
    await port.make_turn(thread, text="say hi")
    turn = await deliver(port, thread)
    await runner.get(wire.Turn)
    await runner.event(1, turn.id, wire.TurnStarted())
    return runner, turn


async def asked(port):
    return await eventually(lambda: port.store.pool.fetchrow("SELECT * FROM decisions"))


def ask(turn, seq=2, call="q1", **more):
    return wire.Ask(seq=seq, turn=turn.id, id=call, kind="question", text="Which?", options=["a", "b"], **more)


async def test_a_question_is_acknowledged_once_it_is_recorded(port, thread):
    runner, turn = await begin(port, thread)
    assert (await runner.get(wire.Welcome)).decisions
    await runner.send(ask(turn))
    await runner.acked(2)
    assert (await asked(port))["state"] == "asked"
    assert (await port.store.runs.get(thread.id, 1)).acked_seq == 2


async def test_a_question_of_another_turn_is_refused_and_acknowledged(port, thread):
    runner, turn = await begin(port, thread)
    await runner.send(wire.Ask(seq=2, turn=turn.id + 1, id="q1", kind="question", text="Which?"))
    refused = await runner.get(wire.Decision)
    assert (refused.id, refused.outcome) == ("q1", "refused")
    await runner.acked(2)
    assert await port.store.pool.fetchval("SELECT count(*) FROM decisions") == 0


async def test_what_was_decided_while_it_was_away_is_told_when_it_is_back(port, thread):
    runner, turn = await begin(port, thread)
    await runner.send(ask(turn))
    await runner.acked(2)
    await runner.close()
    row = await asked(port)
    async with port.store.transaction() as tx:
        await tx.decisions.answer(row["id"], Answer(42, "Ana", 1, "b"), closed=True)
    again = await port.join(ready=True, turns_seen=[turn.id], acked=2)
    told = await again.get(wire.Decision)
    assert (told.id, told.text, told.person) == ("q1", "b", "Ana")
    await again.send(wire.AskClosed(seq=3, id="q1"))
    await again.acked(3)
    assert (await asked(port))["taken_at"] is not None
    await again.close()
    third = await port.join(ready=True, turns_seen=[turn.id], acked=3)
    await third.get(wire.Welcome)
    await third.event(4, turn.id, wire.TurnSettled())
    await third.acked(4)
    assert not [f for f in third.frames if isinstance(f, wire.Decision)]


async def test_a_plan_ends_with_its_buttons(port, thread):
    runner = await port.join()
    await eventually(lambda: port.deps.registry.link(thread.id).ready)
    made = await port.make_turn(thread, text="tidy up")
    async with port.store.transaction() as tx:
        await tx.decisions.mark_plan(made.id)
    turn = await deliver(port, thread)
    told = await runner.get(wire.Turn)
    assert told.plan
    assert told.text.endswith("tidy up")
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, wire.MessageDone(message=0, text="1. look"))
    await runner.event(3, turn.id, wire.TurnSettled())
    await runner.acked(3)
    await final_of(port, turn)
    stored = await port.store.pool.fetchval("SELECT buttons FROM outbox WHERE dedupe_key = $1", f"turn:{turn.id}")
    assert [text for text, *_ in json.loads(stored)] == [
        keys.plan_question_go("en"), keys.plan_question_change("en"), keys.plan_question_drop("en"),
    ]  # fmt: skip
    assert (await asked(port))["kind"] == "plan"
