"""The runners' WebSocket in the hands of a tool: the pod's own token is readable by it, and so is its lease."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from agent_contract.frames import PROTOCOL
from dev.attack.inside.base import Pod

RUNNER = 1
"""The runner is the first process of its pod."""


class NotTakenError(Exception):
    """The lease could not be had."""


@dataclass(slots=True)
class Lease:
    """A connection that holds the run, and the number of its last frame."""

    socket: aiohttp.ClientWebSocketResponse
    sequence: int
    got: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **frame: Any) -> None:
        """Send a frame, numbered where its kind is, and written as the runner writes its large ones."""
        kind = frame.pop("type")
        if kind not in {"hello", "ready"}:
            self.sequence += 1
            frame = {"seq": self.sequence, **frame}
        await self.socket.send_str(json.dumps({"type": kind, **frame}, separators=(",", ":"), ensure_ascii=False))

    async def send_event(self, pod: Pod, **event: Any) -> None:
        """Send an event of the turn that the attack runs in."""
        await self.send(type="event", turn=pod.facts.turn, event=event)

    async def find(self, *kinds: str, seconds: float = 5.0) -> dict[str, Any] | None:
        """Return the next frame of one of some kinds; None where none came in time, or the connection ended."""
        try:
            async with asyncio.timeout(seconds):
                async for message in self.socket:
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        continue
                    frame: dict[str, Any] = json.loads(message.data)
                    self.got.append(frame)
                    if frame["type"] in kinds:
                        return frame
        except TimeoutError:
            pass
        return None

    async def read_end(self, seconds: float = 6.0) -> str:
        """Return how the gateway ended the connection, in words; nothing where it still stands."""
        refused = await self.find("refused", seconds=seconds)
        if refused is not None:
            return str(refused["reason"])
        return f"closed with {self.socket.close_code}" if self.socket.closed else ""


@contextlib.asynccontextmanager
async def connected(pod: Pod, token: str = "") -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Hold a WebSocket to the gateway that has said nothing yet."""
    headers = {"Authorization": f"Bearer {token or pod.token}"}
    url = pod.url.replace("http", "ws", 1) + "/v1/connect"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=4)) as session,
        session.ws_connect(
            url, headers=headers, max_msg_size=64 << 20, timeout=aiohttp.ClientWSTimeout(ws_close=1)
        ) as ws,
    ):
        yield ws


def build_hello(pod: Pod, **more: Any) -> dict[str, Any]:
    """Build what the pod's own runner would say."""
    return {"type": "hello", "protocol": PROTOCOL, "run": pod.run, "ready": True, **more}


@contextlib.contextmanager
def silenced_runner() -> Iterator[None]:
    """Keep the runner from connecting again: it is of the same user, so its limits are ours to set."""
    if b"agent_runner" not in Path(f"/proc/{RUNNER}/cmdline").read_bytes():
        yield  # this is no agent's pod: whoever is first here is left alone
        return
    before = resource.prlimit(RUNNER, resource.RLIMIT_NOFILE)
    resource.prlimit(RUNNER, resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        yield
    finally:
        resource.prlimit(RUNNER, resource.RLIMIT_NOFILE, before)


@contextlib.asynccontextmanager
async def taken_lease(pod: Pod, **hello: Any) -> AsyncIterator[Lease]:
    """Take the lease of the run from its runner.

    Raises:
        NotTakenError: the gateway did not welcome it.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(PermissionError):  # the runner then fights for it, and the attack is told as it ends
            stack.enter_context(silenced_runner())
        async with connected(pod) as socket:
            lease = Lease(socket, 0)
            await lease.send(**build_hello(pod, **hello))
            welcome = await lease.find("welcome", "refused", "goodbye")
            if welcome is None or welcome["type"] != "welcome":
                raise NotTakenError(str((welcome or {}).get("reason", "no welcome came")))
            lease.sequence = int(welcome.get("acked", 0))
            yield lease


async def time_pong(socket: aiohttp.ClientWebSocketResponse, seconds: float = 15.0) -> float:
    """Return how long the gateway takes to answer anything at all: an acknowledgement of what it knows already."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            await socket.ping()
            await socket.send_str(json.dumps({"type": "leave", "seq": 0, "reason": "idle"}))
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT and json.loads(message.data)["type"] in {"ack", "refused"}:
                    break
    except (TimeoutError, OSError):
        pass  # the time that passed is the answer
    return time.monotonic() - started
