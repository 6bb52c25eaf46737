"""How a runner leaves, and what becomes of the turn that it did not take."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.rows import RunState, TurnState
from tests.support.turns import deliver

pytestmark = pytest.mark.postgres


async def test_leaving_closes_the_run_and_is_answered_again(port, thread):
    runner = await port.join()
    await runner.send(wire.Leave(seq=1, reason="idle"))
    await runner.get(wire.Goodbye)
    run = await port.store.runs.get(thread.id, 1)
    assert (run.state, run.reason) == (RunState.OVER, "IdleTimeout")
    assert port.deps.registry.link(thread.id) is None
    assert port.deps.wake.threads[-1] == thread.id
    await runner.close()
    again = await port.connect()
    await again.hello(acked=0)
    await again.get(wire.Goodbye)
    assert not [f for f in again.frames if isinstance(f, wire.Refused)]


async def test_a_message_that_comes_while_the_runner_leaves_is_handed_over(port, thread):
    runner = await port.join()
    turn = await port.make_turn(thread, text="wait!")
    await runner.send(wire.Leave(seq=1, reason="idle"))
    await runner.get(wire.Stay)
    assert (await runner.get(wire.Turn)).id == turn.id
    await runner.event(2, turn.id, wire.TurnStarted())
    await runner.acked(2)
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.STARTED


async def test_a_runner_whose_time_is_up_is_let_go_and_the_turn_waits(port, thread):
    runner = await port.join()
    turn = await port.make_turn(thread)
    await runner.send(wire.Leave(seq=1, reason="run_deadline"))
    await runner.get(wire.Goodbye)
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.QUEUED


async def test_a_turn_that_a_leaving_runner_did_not_take_is_no_failed_start(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.get(wire.Turn)
    await runner.send(wire.Leave(seq=1, reason="run_deadline"))
    await runner.get(wire.Goodbye)
    waits = await port.store.turns.by_id(turn.id)
    assert (waits.state, waits.run, waits.attempts) == (TurnState.QUEUED, None, 0)


async def test_a_stopped_turn_that_a_leaving_runner_did_not_take_does_not_wait_again(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.get(wire.Turn)
    async with port.store.transaction() as tx:
        await tx.turns.ask_stop(turn.id)
    await runner.send(wire.Leave(seq=1, reason="run_deadline"))
    await runner.get(wire.Goodbye)
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.DELIVERED
