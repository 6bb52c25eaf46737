"""The first words of a connection: which hello is taken, and what a runner is welcomed with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from agent_contract import wire
from agent_gateway.errors import RunRefused
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Run, SubAgentRow, Thread, ThreadKind
from agent_gateway.wording.restored import REFUSED

OLDEST_PROTOCOL = max(wire.PROTOCOL - 1, 1)
HELLO_SECONDS = 10.0
"""How long a connection may stand without a hello."""


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


def check_hello(hello: wire.Hello, identity: Identity) -> str | None:
    """Return why a hello is refused, in words, or None."""
    if not OLDEST_PROTOCOL <= hello.protocol <= wire.PROTOCOL:
        return (
            f"This gateway speaks protocol {OLDEST_PROTOCOL} to {wire.PROTOCOL}, the runner {hello.protocol}: "
            "use a runner image of the gateway's release."
        )
    if hello.run != identity.run:
        return f"The pod is of run {identity.run}, its hello of run {hello.run}."
    return None


async def read_hello(socket: web.WebSocketResponse, identity: Identity) -> wire.Hello:
    """Wait for the hello of a connection.

    Raises:
        RunRefused: It is none, or none that is served; the words are for the runner.
    """
    try:
        message = await socket.receive(timeout=HELLO_SECONDS)
        frame = wire.decode_runner(message.data) if message.type is WSMsgType.TEXT else None
    except TimeoutError:
        frame = None
    except wire.FrameError as error:
        raise RunRefused(f"The first frame is malformed: {error}.") from error
    if not isinstance(frame, wire.Hello):
        raise RunRefused("The first frame must be a hello.")
    problem = check_hello(frame, identity)
    if problem is not None:
        raise RunRefused(problem)
    return frame


async def accept_hello(store: Store, registry: Registry, who: Identity, hello: wire.Hello) -> Accepted:
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
    lines, files = await asyncio.gather(store.sessions.length(thread.session_id), store.workspaces.of(thread, child))
    welcome = wire.Welcome(
        thread=thread.name, session_id=str(thread.session_id), session_lines=lines, acked=run.acked_seq,
        workspace=files is not None,
    )  # fmt: skip
    return Accepted(thread, run, child, welcome)
