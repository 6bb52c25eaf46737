"""Both ends of the wire as they are shipped: the runner's own link against the gateway's port."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from agent_contract import wire
from agent_gateway.store.rows import RunState, TurnState
from agent_runner.link import Link
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from agent_runner.transfers import Address, Transfers
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.runners import RecordingViews, make_token, running_port
from tests.support.stored import count_lines
from tests.support.turns import deliver, text

pytestmark = pytest.mark.postgres


class Host:
    """What stands behind a link: it remembers."""

    def __init__(self):
        self.frames = []
        self.turns = []
        self.ready = False
        self.ended = None

    def hello(self):
        return wire.Hello(run=1, turns_seen=[t.id for t in self.turns], ready=self.ready)

    def on_frame(self, frame):
        self.frames.append(frame)
        if isinstance(frame, wire.Turn):
            self.turns.append(frame)

    def on_step(self, step):
        pass

    def on_link_ended(self, code, reason):
        self.ended = (code, reason)

    def got(self, kind):
        return [f for f in self.frames if isinstance(f, kind)]


def line(number):
    parent = f"{number - 1:08x}" if number > 1 else None
    return json.dumps({"type": "message", "id": f"{number:08x}", "parentId": parent})


async def test_a_conversation_survives_a_restart_of_the_gateway(store, tmp_path):
    token = tmp_path / "token"
    token.write_text(make_token("token-1"))
    number = free_port()
    host, outbox = Host(), Outbox()
    link = Link(Address(f"http://127.0.0.1:{number}", token), outbox, host, Log(stream=io.StringIO()))
    running = asyncio.create_task(asyncio.sleep(0))
    try:
        async with running_port(store, number=number) as port:
            kube = port.kube
            thread = await port.make_thread()
            await port.make_run(thread)
            running = asyncio.create_task(
                link.run()
            )  # a pod that is no run's yet would be denied, and for some seconds again
            await eventually(lambda: host.got(wire.Welcome))
            link.send_now(wire.Ready())
            host.ready = True
            await port.make_turn(thread, text="hello")
            turn = await eventually(lambda: store.turns.deliver_next(thread.id, 1))
            await port.deps.registry.link(thread.id).send_turn(turn)
            await eventually(lambda: host.turns)
            outbox.add_event(turn.id, wire.TurnStarted())
            outbox.add_event(turn.id, wire.Text(message=0, offset=0, text="Half, "))
            outbox.add_entries([line(1)])
            link.wake()
            await eventually(lambda: outbox.empty)
        for offset in range(6, 16):
            outbox.add_event(turn.id, wire.Text(message=0, offset=offset, text="x"))
        outbox.add_entries([line(2)])
        outbox.add_event(turn.id, wire.MessageDone(message=0, text="Half, whole."))
        outbox.add_event(turn.id, wire.TurnSettled())
        link.wake()
        async with running_port(store, number=number, kube=kube) as port:
            await eventually(lambda: outbox.empty)
            assert (await store.turns.by_id(turn.id)).state is TurnState.DONE
            assert await store.pool.fetchval("SELECT text FROM outbox") == "Half, whole."
            assert await count_lines(store, thread.session_id) == 2
            assert len(host.turns) == 1
            outbox.add_leave("idle")
            link.wake()
            await eventually(lambda: host.got(wire.Goodbye))
            assert (await store.runs.get(thread.id, 1)).state is RunState.OVER
            assert host.ended is None
    finally:
        await link.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_session_comes_back_as_it_was_stored(store, tmp_path):
    token = tmp_path / "token"
    token.write_text(make_token("token-1"))
    host = Host()
    async with running_port(store) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        lines = [line(number) for number in range(1, 2001)]
        await store.sessions.add_entries(thread, 1, 0, lines)
        link = Link(Address(port.url, token), Outbox(), host, Log(stream=io.StringIO()))
        transfers = Transfers(Address(port.url, token))
        running = asyncio.create_task(link.run())
        try:
            welcome = (await eventually(lambda: host.got(wire.Welcome)))[0]
            target = tmp_path / "session.jsonl"
            assert await transfers.fetch_session(target, '{"type":"session"}', welcome.session_lines) == lines[-1]
            assert target.read_text().splitlines()[1:] == lines
        finally:
            await link.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class _FaultyViews(RecordingViews):
    """Fails at what is shown later than at once."""

    def update(self, turn_id, text, activity=None, tools=()):
        super().update(turn_id, text, activity, tools)
        if len(self.shown) > 1:
            raise RuntimeError("a fault of ours")


async def test_a_fault_beside_a_connection_ends_it(store):
    """It would look alive, and neither store nor show what the runner says."""
    async with running_port(store, views=_FaultyViews()) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.join()
        await port.make_turn(thread)
        turn = await deliver(port, thread)
        await runner.event(1, turn.id, wire.TurnStarted())
        await runner.event(2, turn.id, text(0, 0, "a"))
        await runner.event(3, turn.id, text(0, 1, "b"))
        await eventually(lambda: runner.closed)
        assert len(port.deps.views.shown) == 2
