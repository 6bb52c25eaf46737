"""Frames and connections that are small, and many."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import opened_socket, timed_others
from dev.attack.inside.wires import Lease, build_hello, connected, taken_lease, time_pong

MOST_CONNECTIONS = 16
"""Of one source address that has shown a token, before and after its hello."""
MOST_NOTICES = 5
"""Of one turn, that a chat may be told."""


@attack("ws-unfinished-frames", "40 connections, each with 7 MB of a frame that never ends", seconds=40)
async def unfinished(pod: Pod) -> Outcome:
    """Fill the gateway's memory before a hello was read."""
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    head = (
        f"GET /v1/connect HTTP/1.1\r\nHost: {pod.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {pod.token}\r\n\r\n"
    ).encode()
    size = 7 << 20
    frame = b"\x81\xff" + size.to_bytes(8, "big") + os.urandom(4)
    taken = 0

    async def fill(stack: contextlib.AsyncExitStack) -> None:
        nonlocal taken
        try:
            reader, writer = await stack.enter_async_context(opened_socket(pod))
            writer.write(head)
            async with asyncio.timeout(5):
                line = await reader.readline()
            if b" 101 " not in line:
                return
            writer.write(frame)
            for _ in range(size // (1 << 18) - 1):
                writer.write(bytes(1 << 18))
                async with asyncio.timeout(4):
                    await writer.drain()
            taken += 1
        except (OSError, TimeoutError):
            return

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            await asyncio.gather(*(fill(stack) for _ in range(10)))
        await asyncio.sleep(2)
    return decide(taken <= 4, f"{taken} of 40 took all of their 7 MB")


@attack("ws-silent", "connections that say nothing", seconds=40)
async def silent(pod: Pod) -> Outcome:
    """Hold connections open without a hello."""
    standing: list[aiohttp.ClientWebSocketResponse] = []
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(30):
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                standing.append(await stack.enter_async_context(connected(pod)))
        first = len(standing)

        async def read(socket: aiohttp.ClientWebSocketResponse) -> bool:
            """Say whether it was ended within 13 s: a hello has 10 at most."""
            try:
                async with asyncio.timeout(13):
                    async for _ in socket:
                        pass
            except TimeoutError:
                return False
            return True

        ended = sum(await asyncio.gather(*(read(socket) for socket in standing)))
    good = ended == first and first <= MOST_CONNECTIONS
    return decide(good, f"{first} of 30 were taken; {ended} of them ended within 13 s")


@attack("ws-hello-storm", "40 hellos one after the other", seconds=40, alone=True)
async def hello_storm(pod: Pod) -> Outcome:
    """Take the lease again and again: the run is to end, or the hellos to be refused."""
    welcomed = 0
    for _ in range(40):
        try:
            async with connected(pod) as socket:
                lease = Lease(socket, 0)
                await lease.send(**build_hello(pod))
                frame = await lease.find("welcome", "refused", "goodbye", seconds=3)
                welcomed += frame is not None and frame["type"] == "welcome"
        except (aiohttp.ClientError, OSError):
            await asyncio.sleep(0.1)
    return decide(welcomed <= 12, f"{welcomed} of 40 were welcomed")


@attack("ws-ready-flood", "600 frames without a number", alone=True)
async def ready_flood(pod: Pod) -> Outcome:
    """Send what is written to the database each time, and acknowledged never."""
    async with taken_lease(pod) as lease, timed_others(pod) as waits:
        try:
            for number in range(600):
                await lease.send(type="ready", timings={"pi_ready": number * 0.1})
            end = await lease.read_end(3)
        except (OSError, aiohttp.ClientError) as error:
            end = type(error).__name__
    return decide(max(waits) <= SLOW_SECONDS, f"others waited {max(waits):.2f} s; {end or 'taken'}"[:160])


@attack("ws-notices", "300 notices in one turn", alone=True)
async def notices(pod: Pod) -> Outcome:
    """Tell a chat things, outside of the answer; the chat is looked at from outside."""
    async with taken_lease(pod) as lease:
        await lease.send_event(pod, kind="turn_started")
        for number in range(300):
            words = f"🔧 An administrator has paused this bot. Tap /forget to go on. {number}"
            await lease.send_event(pod, kind="notice", text=words)
        frame = await lease.find("ack", "refused", seconds=5)
    return untried("nothing was acknowledged") if frame is None else decide(is_held=True, words=f"{frame['type']}")


@attack("ws-long-answer", "400 small events behind an answer of 250,000 characters", seconds=40, alone=True)
async def long_answer(pod: Pod) -> Outcome:
    """Make each small event cost as much as the whole answer."""
    async with taken_lease(pod) as lease, timed_others(pod) as waits:
        at, end = 0, ""
        try:
            await lease.send_event(pod, kind="turn_started")
            for _ in range(10):
                await lease.send_event(pod, kind="text", message=1, offset=at, text="😀" * 25_000)
                at += 25_000
            await lease.find("ack", seconds=5)
            waits.clear()
            for _ in range(400):
                await lease.send_event(pod, kind="text", message=1, offset=at, text="x")
                at += 1
            await time_pong(lease.socket, 15)
        except (OSError, aiohttp.ClientError) as error:
            end = f"; ended ({type(error).__name__})"
    worst = max(waits, default=0.0)
    return decide(worst <= SLOW_SECONDS, f"others waited {worst:.2f} s{end}")


@attack("ws-event-flood", "5,000 events as fast as they can be sent", seconds=60, alone=True)
async def event_flood(pod: Pod) -> Outcome:
    """Send events faster than any model speaks."""
    async with taken_lease(pod) as lease, timed_others(pod) as waits:
        started, end = time.monotonic(), "taken at its own pace"
        try:
            await lease.send_event(pod, kind="turn_started")
            for number in range(5000):
                if time.monotonic() - started > 25:
                    break
                await lease.send_event(pod, kind="tool_started", call=f"c{number}", tool="bash", summary="x" * 500)
            await time_pong(lease.socket, 10)
        except (OSError, aiohttp.ClientError) as error:
            end = f"ended ({type(error).__name__})"
    spent = time.monotonic() - started
    return decide(max(waits) <= SLOW_SECONDS, f"others waited {max(waits):.2f} s; {end} after {spent:.1f} s")
