"""One connection of one runner, from its hello to its goodbye."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, WSMsgType, web

from agent_contract import wire
from agent_contract.base import Wire
from agent_contract.text import clean
from agent_gateway.errors import LeadershipLost, RunClosed, RunRefused
from agent_gateway.runners.commits import Commits, read_seq
from agent_gateway.runners.handshake import Accepted, accept_hello, read_hello
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.ports import Children, PromptNotes, Views, Wakes
from agent_gateway.runners.registry import Link, Registry
from agent_gateway.runners.turns import TurnPorts, TurnStream, build_frame
from agent_gateway.runners.unseen import UNSEEN
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, Refused
from agent_gateway.store.rows import Thread, ThreadKind, Turn

log = logging.getLogger(__name__)
_CLOSE_BYTES = 120
"""A close frame holds 123 bytes of words."""


class _Gone(Exception):
    """The runner is not served further; it was told why."""


class Connection:
    """Reads frames in order, commits, acknowledges. One instance per WebSocket."""

    def __init__(
        self,
        identity: Identity,
        socket: web.WebSocketResponse,
        abort: Callable[[], object],
        *,
        store: Store,
        views: Views,
        wake: Wakes,
        registry: Registry,
        children: Children,
        notes: PromptNotes,
    ) -> None:
        self._who = identity
        self._socket = socket
        self._abort = abort
        self._store = store
        self._views = views
        self._wake = wake
        self._registry = registry
        self._children = children
        self._notes = notes
        self._done = asyncio.Event()
        self._over = False
        self._received = 0
        self._commits = Commits(self.send, 0)
        self._link: Link | None = None
        self._unsent: Turn | None = None
        self._thread: Thread
        self._stream: TurnStream
        self._hello: wire.Hello

    async def send(self, frame: Wire) -> None:
        """Send one frame; OSError where the connection is gone."""
        await self._socket.send_str(wire.encode(frame))

    async def send_turn(self, turn: Turn) -> None:
        """Send a prompt and expect its events from now on."""
        self._stream.open(turn)
        await self.send(build_frame(turn))
        self._step("turn_sent", turn=turn.id)

    async def cut(self) -> None:
        """End without a word, and wait until no commit of it is at work any more."""
        self._commits.stopped = True
        self._abort()
        await self._done.wait()

    async def close(self, reason: str, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End with words, so that the runner connects anew."""
        await self._socket.close(code=code, message=reason.encode()[:_CLOSE_BYTES])

    async def serve(self) -> None:
        """Serve the runner until the connection ends."""
        helpers: list[asyncio.Task[None]] = []
        try:
            self._hello = await self._read_hello()
            async with self._registry.lock(self._who.thread_id):
                await self._registry.replace(self._who.thread_id, self._who.run, self._who.pod_uid)
                await self._welcome()
            helpers = [asyncio.create_task(self._guard(self._stream.keep_flushing))]
            await self._guard(self._take_up)
            await self._guard(self._read)
        except (_Gone, OSError):
            pass
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._registry.detach(self._who.thread_id, self)
            self._done.set()
            log.info("runner_disconnected", extra=self._ids())

    async def _read_hello(self) -> wire.Hello:
        try:
            return await read_hello(self._socket, self._who)
        except RunRefused as refused:
            await self._refuse(str(refused))
            raise _Gone from refused

    async def _welcome(self) -> None:
        who = self._who
        accepted = await self._accept()
        self._thread, self._received = accepted.thread, accepted.run.acked_seq
        self._commits.acked = accepted.run.acked_seq
        views: Views = UNSEEN if accepted.child is not None else self._views
        ports = TurnPorts(self._thread, who.run, self._store, views, self._wake, self._children, self._at_turn)
        self._stream = TurnStream(ports, self._commits)
        await self.send(accepted.welcome)
        self._link = self._registry.attach(who.thread_id, who.run, who.pod_uid, self, ready=self._hello.ready)
        self._step("hello", versions=self._hello.versions)

    async def _accept(self) -> Accepted:
        """Accept the hello, or say why not and end."""
        try:
            return await accept_hello(self._store, self._registry, self._who, self._hello)
        except RunClosed as closed:
            log.info("runner_goodbye_again", extra=self._ids())
            await self.send(wire.Goodbye())
            await self.close("The run is closed.", WSCloseCode.OK)
            raise _Gone from closed
        except RunRefused as refused:
            await self._refuse(str(refused))
            raise _Gone from refused
        except LeadershipLost as lost:
            await self.close("This gateway does not lead any more.", WSCloseCode.SERVICE_RESTART)
            raise _Gone from lost
        except Away as away:
            log.warning("hello_without_database", extra=self._ids() | {"error": type(away).__name__})
            await self.close("The database does not answer; connect again.", WSCloseCode.TRY_AGAIN_LATER)
            raise _Gone from away

    async def _take_up(self) -> None:
        """Go on with the turn that this run has: after attaching, so that one delivered meanwhile is not missed."""
        turn = await self._store.turns.running(self._thread.id)
        if turn is None or turn.run != self._who.run or self._stream.turn_id == turn.id:
            return
        self._stream.open(turn, await self._store.views.get(turn.id))
        await self._children.resend(self._thread, self._who.run, self.send)
        self._unsent = turn
        if self._hello.ready:
            await self._send_unseen(turn)
        for number, text in await self._store.steers.unread(turn.id):
            await self.send(wire.Steer(turn=turn.id, id=number, text=text))
        if turn.stop_asked:
            await self.send(wire.Abort(turn=turn.id))

    async def _send_unseen(self, turn: Turn) -> None:
        self._unsent = None
        if turn.id not in self._hello.turns_seen:
            await self.send(build_frame(await self._notes.add(self._thread, self._who.run, turn)))

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                frame = wire.decode_runner(message.data)
                if frame is None:
                    await self._unknown(message.data)
                else:
                    await self._take(frame)
            elif message.type is WSMsgType.ERROR:
                log.warning("runner_connection_broke", extra=self._ids() | {"error": str(self._socket.exception())})

    async def _take(self, frame: wire.RunnerFrame) -> None:
        match frame:
            case wire.Hello():
                raise wire.FrameError("hello: only the first frame may be one")
            case wire.Ready():
                await self._ready(frame)
            case _ if self._over or not self._is_next(frame.seq):
                await self.send(wire.Ack(seq=self._commits.acked))
            case wire.EventFrame():
                await self._stream.take(frame.seq, frame.turn, frame.event)
            case wire.Entries():
                await self._stream.entries(frame.seq, frame.lines)
            case wire.SubAgentAsk():
                await self._ask(frame)
            case wire.SubAgentCancel():
                await self._stream.flush()
                thread, run = self._thread, self._who.run
                await self._commits.run(
                    frame.seq, lambda: self._children.cancel_call(thread, run, frame.seq, frame.call_id)
                )
            case wire.Leave():
                await self._leave(frame)

    async def _ask(self, frame: wire.SubAgentAsk) -> None:
        """Pass on what the agent asks for; a refusal is told before it is acknowledged, so that it is never lost."""
        await self._stream.flush()
        thread, run = self._thread, self._who.run
        refused = await self._commits.run(frame.seq - 1, lambda: self._children.ask(thread, run, frame))
        if refused is not None:
            await self.send(refused)
            await self._stream.pass_over(frame.seq)
        else:
            await self._commits.run(frame.seq, _nothing)

    def _is_next(self, seq: int) -> bool:
        if seq <= self._received:
            return False
        if seq != self._received + 1:
            raise wire.FrameError(f"seq: {seq} after {self._received}, frames between are missing")
        self._received = seq
        return True

    async def _unknown(self, data: str) -> None:
        """Pass over a numbered frame of a kind that a newer runner knows, so that the sequence has no hole."""
        seq = read_seq(data)
        if seq is not None and self._is_next(seq):
            await self._stream.pass_over(seq)

    async def _ready(self, frame: wire.Ready) -> None:
        if self._link is None:
            return
        self._step("ready", timings=frame.timings)
        self._link.ready = True
        if self._unsent is not None:
            await self._send_unseen(self._unsent)
        self._registry.changed(self._who.thread_id)
        await self._store.runs.mark_ready(self._who.thread_id, self._who.run)
        if frame.files_problem and self._thread.kind is ThreadKind.CONVERSATION:
            key = f"no-files:{self._who.thread_id}:{self._who.run}"
            await self._store.outbox.put(self._thread.address, clean(frame.files_problem), key, kind="notice")
            self._wake.outbox()

    async def _leave(self, frame: wire.Leave) -> None:
        await self._stream.flush()
        who, hand_over = self._who, frame.reason == "idle"
        turn = await self._commits.run(
            frame.seq, lambda: self._store.runs.leave(who.thread_id, who.run, frame.seq, hand_over=hand_over)
        )
        if turn is not None and turn.run == who.run:
            await self.send(wire.Stay())
            await self.send_turn(await self._notes.add(self._thread, who.run, turn))
            return
        self._over = True
        self._registry.left(who.thread_id, who.run)
        self._step("left", reason=frame.reason)
        await self.send(wire.Goodbye())
        await self.close("The run is closed.", WSCloseCode.OK)

    async def _guard(self, work: Callable[[], Awaitable[None]]) -> None:
        """Turn what ends a connection into words for the runner."""
        try:
            await work()
        except wire.FrameError as error:
            await self._refuse(f"A frame is malformed: {error}.")
        except Refused as error:  # sent again it would be refused again
            await self._refuse(f"What the runner sent cannot be stored ({error}).")
        except LeadershipLost:
            await self.close("This gateway does not lead any more.", WSCloseCode.SERVICE_RESTART)
        except Away as error:
            if self._socket.closed or isinstance(error, ConnectionError):
                return
            log.warning("runner_sent_away", extra=self._ids() | {"error": type(error).__name__})
            await self.close("The database does not answer; connect and send again.", WSCloseCode.TRY_AGAIN_LATER)

    async def _refuse(self, reason: str) -> None:
        log.warning("runner_refused", extra=self._ids() | {"reason": reason})
        await self.send(wire.Refused(reason=reason))
        await self.close(reason, WSCloseCode.POLICY_VIOLATION)

    def _at_turn(self, turn_id: int | None) -> None:
        if self._link is not None:
            self._link.turn_id = turn_id

    def _ids(self) -> dict[str, object]:
        return {"agent_thread": self._who.thread_name, "run": self._who.run, "pod": self._who.pod_name}

    def _step(self, step: str, **more: object) -> None:
        log.info("step", extra=self._ids() | {"step": step, "t": time.time_ns() // 1_000_000} | more)


async def _nothing() -> None:
    """What was to be committed is."""
