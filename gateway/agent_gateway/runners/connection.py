"""One connection of one runner, from its hello to its goodbye."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from functools import partial

from aiohttp import WSCloseCode, web

from agent_contract import wire
from agent_contract.base import Wire
from agent_gateway.accounts.signer import Signer
from agent_gateway.metrics import LIMITS
from agent_gateway.quotas import Limit, Quotas
from agent_gateway.runners.beside import working_beside
from agent_gateway.runners.commits import Commits
from agent_gateway.runners.handshake import Accepted, accept_claim, accept_hello, check_hello
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.keptfiles import tell_problem
from agent_gateway.runners.parting import Gone, Parting
from agent_gateway.runners.ports import Apis, Children, Git, People, PromptNotes, Views, Wakes
from agent_gateway.runners.reaching import Reaching
from agent_gateway.runners.reading import FrameBudget, FrameReader, Passed, Read, pick_timings
from agent_gateway.runners.registry import Link, Registry
from agent_gateway.runners.requests import Requests
from agent_gateway.runners.turnports import TurnPorts, build_frame
from agent_gateway.runners.turns import TurnStream
from agent_gateway.runners.unseen import UNSEEN
from agent_gateway.store import Store
from agent_gateway.store.claims import Claim
from agent_gateway.store.rows import Thread, ThreadKind, Turn
from agent_kube.tracing.steps import note_step, tell_step

log = logging.getLogger(__name__)


class Connection:
    """Reads frames in order, commits, acknowledges. One instance per WebSocket."""

    def __init__(
        self,
        identity: Identity,
        socket: web.WebSocketResponse,
        abort: Callable[[], object],
        on_welcome: Callable[[], object],
        *,
        store: Store,
        views: Views,
        wake: Wakes,
        registry: Registry,
        children: Children,
        people: People,
        notes: PromptNotes,
        is_admin: Callable[[int], bool],
        quotas: Quotas,
        git: Git,
        apis: Apis,
        signer: Signer,
    ) -> None:
        self._who, self._socket = identity, socket
        self._parting = Parting(socket, self._ids())
        self._abort = abort
        self._on_welcome = on_welcome
        self._reader = FrameReader(socket, FrameBudget())
        self._store, self._views, self._wake, self._registry = store, views, wake, registry
        self._children, self._people, self._notes, self._signer = children, people, notes, signer
        self._is_admin, self._git, self._quotas, self._reaching = is_admin, git, quotas, Reaching(git, apis, identity)
        self._done, self._over, self._received = asyncio.Event(), False, 0
        self._commits = Commits(self.send, 0)
        self._link: Link | None = None
        self._unsent: Turn | None = None
        self._thread: Thread
        self._stream: TurnStream
        self._requests: Requests
        self._hello: wire.Hello

    async def send(self, frame: Wire) -> None:
        """Send one frame; OSError where the connection is gone."""
        await self._parting.send(frame)

    async def send_turn(self, turn: Turn) -> None:
        """Send a prompt and expect its events from now on; one that no frame can hold fails in words."""
        self._stream.open(turn)
        prompt = wire.encode(build_frame(turn))
        if len(prompt.encode()) > wire.MAX_FRAME_BYTES:  # the runner would hang up, and be sent it again for ever
            LIMITS.labels(Limit.PROMPT).inc()
            await self._stream.refuse_prompt()
            return
        await self._reaching.tell(self.send)
        await self.send(await self._signer.build(turn.id))
        await self._socket.send_str(prompt)
        self._step("turn_sent", turn=turn.id)

    async def send_steers(self, turn_id: int, steers: Sequence[tuple[int, str]]) -> None:
        """Send words for the running turn, and who has a say in it now."""
        await self.send(await self._signer.build(turn_id))
        for number, text in steers:
            await self.send(wire.Steer(turn=turn_id, id=number, text=text))

    async def cut(self) -> None:
        """End without a word, and wait until no commit of it is at work any more."""
        self._commits.stopped = True
        self._abort()
        await self._done.wait()

    async def close(self, reason: str, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End with words, so that the runner connects anew."""
        await self._parting.close(reason, code)

    async def serve(self) -> None:
        """Serve the runner until the connection ends."""
        async with self._ending():
            self._hello = await self._parting.read_hello(partial(check_hello, identity=self._who))
            async with self._registry.lock(self._who.thread_id):
                await self._registry.replace(self._who.thread_id, self._who.run, self._who.pod_uid)
                await self._welcome(self._accept_hello())
            await self._go_on()

    async def serve_claimed(self, hello: wire.Hello, claim: Claim, tell: Callable[[bool], object]) -> None:
        """Serve the runner of a pod that was claimed until the connection ends: its turn goes behind its welcome at once.

        Args:
            hello: What it said when it came.
            claim: What is recorded of it.
            tell: Told whether both are on their way.
        """
        async with self._ending():
            self._hello = hello
            await self._parting.guard(lambda: self._begin(hello, claim, tell))
            if self._link is not None:
                await self._go_on()

    async def _begin(self, hello: wire.Hello, claim: Claim, tell: Callable[[bool], object]) -> None:
        async with self._registry.lock(self._who.thread_id):
            await self._registry.replace(self._who.thread_id, self._who.run, self._who.pod_uid)
            accepting = accept_claim(self._store, self._git, self._reaching, claim, hello)
            _, noted = await asyncio.gather(
                self._welcome(accepting), self._notes.add(claim.thread, claim.run.number, claim.turn)
            )
        if self._link is not None:
            tell(await self._link.send_turn(noted))

    @contextlib.asynccontextmanager
    async def _ending(self) -> AsyncIterator[None]:
        try:
            yield
        except (Gone, OSError):
            pass
        finally:
            self._registry.detach(self._who.thread_id, self)
            self._done.set()
            log.info("runner_disconnected", extra=self._ids())

    async def _go_on(self) -> None:
        async with working_beside(self._parting.guard(self._stream.keep_flushing), self._abort, self._ids()):
            await self._parting.guard(self._take_up)
            await self._parting.guard(self._read)

    async def _welcome(self, accepting: Coroutine[None, None, Accepted]) -> None:
        who = self._who
        accepted = await self._parting.accept(accepting)
        self._thread, self._received = accepted.thread, accepted.run.acked_seq
        self._commits.acked = accepted.run.acked_seq
        child = accepted.child is not None
        views: Views = UNSEEN if child else self._views
        ports = TurnPorts(
            self._thread, who.run, self._store, views, self._wake, self._children, self._at_turn, self._is_admin,
            self._quotas.of_subagent() if child else self._quotas,
        )  # fmt: skip
        self._stream = TurnStream(ports, self._commits)
        self._requests = Requests(ports, self._people, self._git, self._stream, self._commits, self.send)
        self._on_welcome()
        await self.send(accepted.welcome)
        self._link = self._registry.attach(who.thread_id, who.run, who.pod_uid, self, ready=self._hello.ready)
        self._step("hello", protocol=self._hello.protocol, warm=self._hello.warm)

    def _accept_hello(self) -> Coroutine[None, None, Accepted]:
        return accept_hello(self._store, self._registry, self._git, self._reaching, self._who, self._hello)

    async def _take_up(self) -> None:
        """Go on with the turn that this run has: after attaching, so that one delivered meanwhile is not missed."""
        turn = await self._store.turns.running(self._thread.id)
        if turn is None or turn.run != self._who.run or self._stream.turn_id == turn.id:
            return
        self._stream.open(turn, await self._store.views.get(turn.id))
        await self._children.resend(self._thread, self._who.run, self.send)
        await self._people.resend(self._thread, self._who.run, self.send)
        self._unsent = turn
        if self._hello.ready:
            await self._send_unseen(turn)
        await self.send_steers(turn.id, await self._store.steers.unread(turn.id))
        if turn.stop_asked:
            await self.send(wire.Abort(turn=turn.id))

    async def _send_unseen(self, turn: Turn) -> None:
        self._unsent = None
        if turn.id not in self._hello.turns_seen:
            await self.send_turn(await self._notes.add(self._thread, self._who.run, turn))

    async def _read(self) -> None:
        async for frame in self._reader.read():
            await self._take(frame)
        if self._reader.broke is not None:
            log.warning("runner_connection_broke", extra=self._ids() | {"error": self._reader.broke})

    async def _take(self, frame: Read) -> None:
        match frame:
            case Passed():
                await self._pass(frame.seq)
            case wire.Hello():
                raise wire.FrameError("hello: only the first frame may be one")
            case wire.Ready():
                await self._ready(frame)
            case wire.TurnTimes():
                told = {"marks": frame.marks, "sent": frame.sent}
                note_step("turn_times", agent_thread=self._who.thread_name, run=self._who.run, turn=frame.turn, **told)
            case _ if self._over or not self._is_next(frame.seq):
                await self.send(wire.Ack(seq=self._commits.acked))
            case wire.EventFrame():
                await self._stream.take(frame.seq, frame.turn, frame.event)
            case wire.Entries():
                await self._stream.entries(frame.seq, frame.lines)
            case wire.SubAgentAsk() | wire.SubAgentCancel() | wire.Ask() | wire.AskClosed() | wire.Prepared():
                await self._requests.take(frame)
            case wire.Leave():
                await self._leave(frame)

    def _is_next(self, seq: int) -> bool:
        if seq <= self._received:
            return False
        if seq != self._received + 1:
            raise wire.FrameError(f"seq: {seq} after {self._received}, frames between are missing")
        self._received = seq
        return True

    async def _pass(self, seq: int | None) -> None:
        """Pass over a numbered frame of a kind that a newer runner knows, so that the sequence has no hole."""
        if seq is not None and self._is_next(seq):
            await self._stream.pass_over(seq)

    async def _ready(self, frame: wire.Ready) -> None:
        if self._link is None:
            return
        self._step("ready", timings=pick_timings(frame))
        first = not self._link.ready
        self._link.mark_ready()
        if self._unsent is not None:
            await self._send_unseen(self._unsent)
        turn_id = self._stream.turn_id
        if first and turn_id is not None:  # words that came before are passed over there
            await self.send_steers(turn_id, await self._store.steers.unread(turn_id))
        self._registry.changed(self._who.thread_id)
        await self._store.runs.mark_ready(self._who.thread_id, self._who.run)
        if frame.files_problem and self._thread.kind is ThreadKind.CONVERSATION:
            await tell_problem(self._store, self._wake, self._thread, self._who.run, frame.files_problem)

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

    def _at_turn(self, turn_id: int | None) -> None:
        if self._link is not None:
            self._link.turn_id = turn_id

    def _ids(self) -> dict[str, object]:
        return {"agent_thread": self._who.thread_name, "run": self._who.run, "pod": self._who.pod_name}

    def _step(self, step: str, **more: object) -> None:
        tell_step(log, step, **self._ids(), **more)
