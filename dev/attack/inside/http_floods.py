"""Connections and requests that are many, slow, or never end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.floods import MOST_CONNECTIONS
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import ask, is_over, opened_socket, send_raw


@attack("http-slow-headers", "60 connections whose headers never end", seconds=40)
async def slow_headers(pod: Pod) -> Outcome:
    """Hold connections open without a request."""
    async with contextlib.AsyncExitStack() as stack:
        readers = []
        for _ in range(60):
            with contextlib.suppress(OSError, TimeoutError):
                reader, writer = await stack.enter_async_context(opened_socket(pod))
                writer.write(b"GET /v1/session HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                readers.append(reader)
        await asyncio.sleep(16)
        standing = sum([not await is_over(reader) for reader in readers])
    return decide(standing <= MOST_CONNECTIONS, f"{standing} of 60 stand after 16 s")


@attack("http-slow-body", "10 uploads of one byte a second", seconds=60)
async def slow_body(pod: Pod) -> Outcome:
    """Hold uploads open."""
    head = (
        f"PUT /v1/workspace?call=slow1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Length: 1000\r\n\r\n"
    ).encode()
    async with contextlib.AsyncExitStack() as stack:
        pairs = []
        for _ in range(10):
            with contextlib.suppress(OSError, TimeoutError):
                pairs.append(await stack.enter_async_context(opened_socket(pod)))
        for _, writer in pairs:
            writer.write(head)
        for _ in range(8):
            await asyncio.sleep(1)
            for _, writer in pairs:
                writer.write(b"x")
        standing = sum([not await is_over(reader) for reader, _ in pairs])
    return decide(standing <= 2, f"{standing} of 10 stand after 8 s")


@attack("http-token-flood", "150 tokens of its own making", seconds=40, alone=True)
async def token_flood(pod: Pod) -> Outcome:
    """Make the gateway ask the API server about nonsense, while an honest call waits."""
    started = time.monotonic()

    async def send(number: int) -> int:
        return (await ask(pod, "GET", "/v1/session", token=f"{pod.token[:-6]}{number:06d}")).status

    waiting = [asyncio.create_task(send(number)) for number in range(150)]
    await asyncio.sleep(0.2)
    honest = await ask(pod, "GET", "/v1/session", seconds=15)
    statuses = await asyncio.gather(*waiting)
    kinds = ", ".join(f"{statuses.count(s)} x {s}" for s in sorted(set(statuses)))
    good = 200 not in statuses and honest.seconds <= 2 * SLOW_SECONDS
    return decide(good, f"{kinds} in {time.monotonic() - started:.1f} s; an honest call took {honest.seconds:.2f} s")


@attack("http-open-downloads", "12 downloads that nobody reads", seconds=40)
async def open_downloads(pod: Pod) -> Outcome:
    """Ask for the workspace many times over, and read none of it."""
    stored = await ask(pod, "PUT", "/v1/workspace", data=os.urandom(12 << 20), seconds=15)
    if stored.status != 204:
        return untried(f"no workspace could be stored: {stored.status} {stored.text[:80]}")
    statuses = []
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector, read_bufsize=1024) as session,
        contextlib.AsyncExitStack() as stack,
    ):
        for _ in range(12):
            headers = {"Authorization": f"Bearer {pod.token}"}
            try:
                async with asyncio.timeout(4):
                    found = await stack.enter_async_context(session.get(pod.url + "/v1/workspace", headers=headers))
                    statuses.append(found.status)
            except (aiohttp.ClientError, OSError, TimeoutError):
                statuses.append(0)
    if not any(statuses):
        return untried("the gateway answered nothing")
    return decide(statuses.count(200) <= 2, f"{statuses.count(200)} of 12 stood open")


@attack("http-open-uploads", "12 uploads at once, each of 1 MiB", seconds=40)
async def open_uploads(pod: Pod) -> Outcome:
    """Hold uploads at their last byte, and see how many were let in."""
    size = 1 << 20
    async with contextlib.AsyncExitStack() as stack:
        pairs = []
        for number in range(12):
            head = (
                f"PUT /v1/workspace?call=up{number} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\n"
                f"Content-Length: {size}\r\n\r\n"
            )
            with contextlib.suppress(OSError, TimeoutError):
                reader, writer = await stack.enter_async_context(opened_socket(pod))
                writer.write(head.encode() + bytes(size - 1))
                pairs.append((reader, writer))
        await asyncio.sleep(2)
        statuses = []
        for _, writer in pairs:
            writer.write(b"x")
        for reader, _ in pairs:
            try:
                async with asyncio.timeout(4):
                    line = await reader.readline()
                statuses.append(line.split()[1].decode() if line else "ended")
            except (OSError, TimeoutError):
                statuses.append("ended")
    taken = sum(status.startswith("2") for status in statuses)
    return decide(taken <= 2, f"{taken} of 12 were taken at once")


@attack("http-pipelining", "5,000 requests in one write", seconds=40)
async def pipelining(pod: Pod) -> Outcome:
    """Let requests wait in line on one connection, while an honest call comes by another."""
    request = b"GET /v1/session HTTP/1.1\r\nHost: x\r\n\r\n"
    flood = asyncio.create_task(send_raw(pod, request * 5000, 12))
    await asyncio.sleep(0.3)
    honest = await ask(pod, "GET", "/v1/session", seconds=15)
    flood.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await flood
    good = honest.status in {200, 429} and honest.seconds <= SLOW_SECONDS
    return decide(good, f"an honest call: {honest.status} after {honest.seconds:.2f} s")


@attack("http-requests-flood", "1,500 good calls as fast as they go", seconds=40, alone=True)
async def requests_flood(pod: Pod) -> Outcome:
    """Ask for the session again and again by 20 connections."""
    started = time.monotonic()

    async def client() -> list[int]:
        return [(await ask(pod, "GET", "/v1/session")).status for _ in range(75)]

    statuses = [s for many in await asyncio.gather(*(client() for _ in range(20))) for s in many]
    spent = time.monotonic() - started
    taken = statuses.count(200)
    rate = taken / spent
    return decide(rate <= 60 or taken < 1000, f"{taken} of 1500 in {spent:.1f} s ({rate:.0f} a second)")
