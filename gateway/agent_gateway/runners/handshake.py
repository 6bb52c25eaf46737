"""The first words of a connection: which hello is taken, and what a runner is welcomed with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import WSMsgType, web

from agent_contract import wire
from agent_gateway.errors import RunRefused
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Buckets, Rate
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.ports import Git
from agent_gateway.runners.reaching import Reaching
from agent_gateway.runners.registry import Registry
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.claims import Claim
from agent_gateway.store.rows import Run, SubAgentRow, Thread, ThreadKind
from agent_gateway.wording.restored import REFUSED
from agent_kube.tracing.steps import is_heard

OLDEST_PROTOCOL = max(wire.PROTOCOL - 1, 1)
HELLO_SECONDS = 3.0
"""How long a connection may stand without a hello."""
HELLO_BYTES: Final = wire.SMALL_FRAME + 4096
"""Of a connection, before it is welcomed: its hello, and pings."""
HANDSHAKES: Final = Rate(1 / 3, 10)
"""Of a pod: each hello costs several looks into the database."""


_NO_WARM: Final = "No conversation has this pod: only a hello that says it is warm is taken of it."
_OLD_RUNNER: Final = "This conversation's files are stored in a form that the runner does not read: use a runner image of the gateway's release."


class LateHello(Exception):
    """None came in time."""


class Handshakes:
    """Connections that were not welcomed yet: one of each pod, the newest.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates: Buckets[str] = Buckets(HANDSHAKES, clock)
        self._open: dict[str, Callable[[], object]] = {}

    def begin(self, pod_uid: str, abort: Callable[[], object]) -> None:
        """Know a connection, and end the one before it that is not welcomed either.

        Args:
            pod_uid: Whose it is.
            abort: Ends it.

        Raises:
            Denied: the pod connects too often.
        """
        if not self._rates.of(pod_uid).take():
            LIMITS.labels("handshakes").inc()
            raise Denied(429, "This pod connects too often: try again in a moment.")
        before = self._open.pop(pod_uid, None)
        if before is not None:
            before()
        self._open[pod_uid] = abort

    def end(self, pod_uid: str, abort: Callable[[], object]) -> None:
        """Know a connection no more: it is welcomed, or gone."""
        if self._open.get(pod_uid) is abort:
            del self._open[pod_uid]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a runner is welcomed with.

    Attributes:
        thread: Whose session it continues.
        run: The run that it is of.
        child: The sub-agent that it is, or None.
        welcome: The frame that tells it.
    """

    thread: Thread
    run: Run
    child: SubAgentRow | None
    welcome: wire.Welcome


@dataclass(frozen=True, slots=True)
class _Known:
    """Whose a runner is: a thread, its run, the sub-agent that it is, and the model that a claim gives it."""

    thread: Thread
    run: Run
    child: SubAgentRow | None
    model: wire.ClaimedModel | None


def check_protocol(hello: wire.Hello) -> str | None:
    """Return why a runner cannot be served that speaks another protocol, in words, or None."""
    if OLDEST_PROTOCOL <= hello.protocol <= wire.PROTOCOL:
        return None
    return (
        f"This gateway speaks protocol {OLDEST_PROTOCOL} to {wire.PROTOCOL}, the runner {hello.protocol}: "
        "use a runner image of the gateway's release."
    )


def check_hello(hello: wire.Hello, identity: Identity) -> str | None:
    """Return why a hello is refused, in words, or None.

    A pod of a warm pool that was claimed, and was not told of it, knows no run yet.
    """
    if not hello.warm and hello.run != identity.run:
        return check_protocol(hello) or f"The pod is of run {identity.run}, its hello of run {hello.run}."
    return check_protocol(hello)


def check_warm(hello: wire.Hello) -> str | None:
    """Return why the hello of a pod is refused that no conversation has, in words, or None."""
    return check_protocol(hello) or (None if hello.warm else _NO_WARM)


async def read_hello(socket: web.WebSocketResponse, check: Callable[[wire.Hello], str | None]) -> wire.Hello:
    """Wait for the hello of a connection.

    Args:
        socket: Its WebSocket.
        check: Returns why it is refused, in words.

    Raises:
        LateHello: none came.
        RunRefused: It is none, or none that is served; the words are for the runner.
    """
    try:
        message = await socket.receive(timeout=HELLO_SECONDS)
        frame = wire.decode_runner(message.data) if message.type is WSMsgType.TEXT else None
    except TimeoutError as error:
        raise LateHello from error
    except wire.FrameError as error:
        raise RunRefused(f"The first frame is malformed: {error}.") from error
    if not isinstance(frame, wire.Hello):
        raise RunRefused("The first frame must be a hello.")
    problem = check(frame)
    if problem is not None:
        raise RunRefused(problem)
    return frame


async def accept_hello(
    store: Store, registry: Registry, git: Git, reaching: Reaching, who: Identity, hello: wire.Hello
) -> Accepted:
    """Record whose pod has the run, and read what its runner is to know.

    Raises:
        RunRefused: The run is not, or no longer, this pod's; the words are for the runner.
        RunClosed: It has left already.
        LeadershipLost: Another gateway leads.
        Away: The database does not answer.
    """
    run = await store.runs.accept_hello(who.thread_id, who.run, who.pod_name, who.pod_uid, who.job_name)
    if hello.acked > run.acked_seq:  # it has let go of what was acknowledged: there would be a hole
        await store.restores.cut_run(who.thread_id, who.run)
        registry.changed(who.thread_id)
        raise RunRefused(REFUSED)
    if hello.ready and run.ready_at is None:  # the frame that told it was lost with its connection
        await store.runs.mark_ready(who.thread_id, who.run)
    thread = await store.threads.by_id(who.thread_id)
    if thread is None:
        raise RunRefused(f"There is no thread {who.thread_name}.")
    child = await store.subagents.get(thread.id) if thread.kind is ThreadKind.SUBAGENT else None
    claim = await store.claims.of_pod(who.pod_uid) if hello.warm else None
    known = _Known(thread, run, child, claim.model if claim is not None else None)
    return await _accept(store, git, reaching, known, hello)


async def accept_claim(store: Store, git: Git, reaching: Reaching, claim: Claim, hello: wire.Hello) -> Accepted:
    """Read what the runner of a pod is to know that was claimed: whose it is, is recorded.

    Raises:
        RunRefused: It does not read the conversation's files.
        Away: The database does not answer.
    """
    return await _accept(store, git, reaching, _Known(claim.thread, claim.run, None, claim.model), hello)


async def _accept(store: Store, git: Git, reaching: Reaching, known: _Known, hello: wire.Hello) -> Accepted:
    thread, run, child = known.thread, known.run, known.child
    stored, state, packed, (reach, checkouts, setup) = await asyncio.gather(
        store.starts.exists(thread.session_id), store.kept.of(thread, child), store.workspaces.of(thread, child),
        _read_class(git, reaching, thread, child, wait=not hello.ready),
    )  # fmt: skip
    if state is not None and not hello.states:
        raise RunRefused(_OLD_RUNNER)
    welcome = wire.Welcome(
        thread=thread.name, run=run.number, model=known.model, session_id=str(thread.session_id),
        session_lines=int(stored), acked=run.acked_seq, workspace=state is not None or packed is not None, states=True,
        decisions=True, git=reach.git if reach is not None else [], apis=reach.apis if reach is not None else [],
        reach_known=reach is not None, checkouts=checkouts, setup=setup,
        times=is_heard(),
    )  # fmt: skip
    return Accepted(thread, run, child, welcome)


async def _read_class(
    git: Git, reaching: Reaching, thread: Thread, child: SubAgentRow | None, *, wait: bool
) -> tuple[wire.Reach | None, list[wire.Checkout], list[wire.SetupStep]]:
    """Return what its class gives a run: one after the other, as what was waited for is known then."""
    reach = await reaching.begin(wait=wait)
    checkouts, setup = await git.build(thread, child)
    return reach, checkouts, setup
