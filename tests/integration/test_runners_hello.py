"""Whose hello is taken, and what a runner that comes back goes on with."""

from __future__ import annotations

import aiohttp
import pytest

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.runners import running_port
from tests.support.turns import deliver, entry, final_of, text

pytestmark = pytest.mark.postgres


async def test_a_lost_runner_comes_back_and_goes_on(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "One, "))
    await runner.acked(2)
    await runner.close()
    link = port.deps.registry.link(thread.id)
    await eventually(lambda: not link.connected)
    assert link.lost_at is not None
    again = await port.join(ready=True, turns_seen=[turn.id], acked=2)
    assert (await again.get(wire.Welcome)).acked == 2
    assert port.deps.registry.link(thread.id) is link
    assert link.lost_at is None
    await again.event(3, turn.id, text(0, 5, "two."))
    await again.event(4, turn.id, wire.TurnSettled())
    await again.acked(4)
    assert (await final_of(port, turn))["text"] == "One, two."
    assert not [f for f in again.frames if isinstance(f, wire.Turn)]


async def test_a_turn_delivered_but_not_seen_is_sent_again(port, thread):
    runner = await port.join()
    await runner.close()
    await eventually(lambda: not port.deps.registry.link(thread.id).connected)
    await port.make_turn(thread, text="for later")
    turn = await port.store.turns.deliver_next(thread.id, 1)
    assert not await port.deps.registry.link(thread.id).send_turn(turn)
    again = await port.join(ready=True)
    assert (await again.get(wire.Turn)).id == turn.id


async def test_a_gateway_that_restarts_in_the_middle_of_a_turn_goes_on(store, dsn):
    async with running_port(store) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.join()
        await port.make_turn(thread)
        turn = await deliver(port, thread)
        await runner.event(1, turn.id, text(0, 0, "Before, "))
        await runner.acked(1)
        await store.views.save_messages(turn.id, [77])
        kube = port.kube
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.GOING_AWAY)))
    async with running_port(store, kube=kube) as port:
        again = await port.join(ready=True, turns_seen=[turn.id], acked=1)
        await eventually(lambda: port.deps.views.opened)
        restored = port.deps.views.opened[turn.id]
        assert (restored.messages, restored.message_ids) == (("Before, ",), (77,))
        await again.event(2, turn.id, text(0, 8, "after."))
        await again.event(3, turn.id, wire.TurnSettled())
        await again.acked(3)
        assert (await final_of(port, turn))["text"] == "Before, after."


async def test_the_newest_connection_of_a_pod_takes_the_place_of_the_old_one(port, thread):
    first = await port.join()
    second = await port.join(ready=True)
    await eventually(lambda: first.closed is not None)
    assert not [f for f in first.frames if isinstance(f, wire.Refused)]
    await second.send(wire.Entries(seq=1, lines=[entry(1)]))
    await second.acked(1)
    assert port.deps.registry.link(thread.id).connected
    assert port.deps.registry.count() == 1


async def test_another_pod_of_the_run_is_refused_for_ever(port, thread):
    first = await port.join()
    port.kube.add_pod(thread.name, 1, "pod-twin", token="token-twin")
    twin = await port.connect("token-twin")
    await twin.hello()
    assert "another pod" in (await twin.get(wire.Refused)).reason
    await eventually(lambda: twin.closed)
    await first.send(wire.Entries(seq=1, lines=[entry(1)]))
    await first.acked(1)


async def test_an_older_run_is_refused(port, thread):
    await port.store.runs.end(thread.id, 1, "Stopped", None)
    await port.make_run(thread, 2)
    await port.join("token-2", 2)
    old = await port.connect("token-1")
    await old.hello()
    assert (await old.get(wire.Refused)).reason


@pytest.mark.parametrize("hello", [{"protocol": 99}, {"protocol": 0}, {"run": 7}])
async def test_a_hello_of_another_protocol_or_run_is_refused_with_words(port, thread, hello):
    runner = await port.connect()
    await runner.send(wire.Hello(**{"run": 1, **hello}))
    assert len((await runner.get(wire.Refused)).reason) > 20
    assert port.deps.registry.link(thread.id) is None


async def test_the_first_frame_must_be_a_hello(port, thread):
    runner = await port.connect()
    await runner.send(wire.Ready())
    assert "hello" in (await runner.get(wire.Refused)).reason


async def test_a_runner_whose_word_of_being_ready_was_lost_is_known_as_ready(port, thread):
    first = await port.connect()
    await first.hello()
    await first.get(wire.Welcome)
    await first.close()
    second = await port.join(ready=True)
    await second.get(wire.Welcome)
    assert await port.store.runs.ready() == {thread.id}
