"""What is small, and comes in very many pieces."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide
from dev.attack.inside.frames import SLOW_SECONDS, judge_first, say_first
from dev.attack.inside.http import opened_socket, timed_others
from dev.attack.inside.wires import taken_lease, time_pong

_PINGS = 60_000
_PIECES = 200_000


def _mask(payload: bytes, *, first: bool, last: bool) -> bytes:
    """Return a text frame, or a piece of one, as a client sends it; its mask is zero."""
    code = (1 if first else 0) | (0x80 if last else 0)
    return bytes([code, 0x80 | len(payload)]) + bytes(4) + payload


@attack("ws-pings", f"{_PINGS} pings", seconds=40, alone=True)
async def pings(pod: Pod) -> Outcome:
    """Send what is answered before anything counts frames."""
    async with taken_lease(pod) as lease, timed_others(pod) as waits:
        started, sent = time.monotonic(), 0
        try:
            while sent < _PINGS and time.monotonic() - started < 15:
                await lease.socket.ping(b"x" * 100)
                sent += 1
            await time_pong(lease.socket, 10)
        except (OSError, aiohttp.ClientError):
            pass  # it was ended: how long others waited is what counts
    return decide(max(waits) <= SLOW_SECONDS, f"{sent} pings; others waited {max(waits):.2f} s")


@attack("ws-pieces", f"a frame in {_PIECES} pieces of a byte", seconds=40)
async def pieces(pod: Pod) -> Outcome:
    """Make the parser work for each byte, before a hello was read."""
    head = (
        f"GET /v1/connect HTTP/1.1\r\nHost: {pod.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {pod.token}\r\n\r\n"
    ).encode()
    data = _mask(b"{", first=True, last=False) + _mask(b" ", first=False, last=False) * _PIECES
    words = "all of it was taken"
    async with timed_others(pod) as waits, opened_socket(pod) as (reader, writer):
        try:
            async with asyncio.timeout(20):
                writer.write(head)
                await reader.readuntil(b"\r\n\r\n")
                for at in range(0, len(data), 1 << 16):
                    writer.write(data[at : at + (1 << 16)])
                    await writer.drain()
                await asyncio.sleep(1)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            words = f"ended: {type(error).__name__}"
    return decide(max(waits) <= SLOW_SECONDS, f"others waited {max(waits):.2f} s; {words}")


@attack("http-tiny-chunks", f"a body in {_PIECES} chunks of a byte, each with an extension", seconds=40)
async def chunks(pod: Pod) -> Outcome:
    """Make the parser work for each byte of an upload."""
    head = (
        f"PUT /v1/workspace?call=tiny1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    block = b"1;ext=12345678901234567890\r\nx\r\n" * 2000
    words = "all of it was taken"
    async with timed_others(pod) as waits, opened_socket(pod) as (_, writer):
        try:
            async with asyncio.timeout(20):
                writer.write(head)
                for _ in range(_PIECES // 2000):
                    writer.write(block)
                    await writer.drain()
        except (OSError, TimeoutError) as error:
            words = f"ended: {type(error).__name__}"
    return decide(max(waits) <= SLOW_SECONDS, f"others waited {max(waits):.2f} s; {words}")


@attack("ws-many-messages", "4,000 messages of one answer, each with a word", seconds=40, alone=True)
async def many_messages(pod: Pod) -> Outcome:
    """Make each event cost as much as there are messages."""
    async with taken_lease(pod) as lease, timed_others(pod) as waits:
        end = "taken"
        try:
            await lease.send_event(pod, kind="turn_started")
            for number in range(4000):
                await lease.send_event(pod, kind="text", message=number, offset=0, text="word")
            await time_pong(lease.socket, 20)
        except (OSError, aiohttp.ClientError) as error:
            end = f"ended ({type(error).__name__})"
    return decide(max(waits) <= SLOW_SECONDS, f"others waited {max(waits):.2f} s; {end}")


@attack("ws-long-number", "a number of a million digits, and one that is infinite", seconds=60)
async def long_number(pod: Pod) -> Outcome:
    """Make the parser read a number that nobody needs."""
    first = await say_first(pod, '{"type":"hello","run":' + "9" * 1_000_000 + "}")
    second = await say_first(pod, json.dumps({"type": "hello", "protocol": 1, "run": float("inf")}))
    found = judge_first(*first)
    return decide("welcome" not in second[0][:40], found.words) if found.result == "held" else found
