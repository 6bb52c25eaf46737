"""A hostile pod's side of the runners' port: raw bytes, and how long the gateway's loop stands still meanwhile."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import struct
import time
from pathlib import Path
from urllib.parse import urlsplit

from agent_contract import names
from tests.support.eventually import PATIENCE
from tests.support.runners import make_token


async def open_raw(port):
    """Connect to a port; returns reader and writer, which end with the port at the latest."""
    parts = urlsplit(port.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    port.writers.append(writer)
    return reader, writer


def head(method, path, token=None, *headers):
    """Build the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway", *headers]
    if token is not None:
        lines.append(f"Authorization: Bearer {make_token(token)}")
    return "\r\n".join([*lines, "", ""]).encode()


def upgrade(token="token-1"):
    """Build the head that asks for a WebSocket."""
    key = base64.b64encode(b"0" * 16).decode()
    return head(
        "GET", names.PATH_CONNECT, token, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    )  # fmt: skip


def build_frame(data, *, opcode=1, whole=True, size=None):
    """Build a WebSocket frame of a client; `size` announces more than comes (RFC 6455, section 5.2)."""
    first, size = opcode | (0x80 if whole else 0), len(data) if size is None else size
    mask = b"\0\0\0\0"
    if size < 126:
        return struct.pack("!BB", first, 0x80 | size) + mask + data
    if size < 65536:
        return struct.pack("!BBH", first, 0x80 | 126, size) + mask + data
    return struct.pack("!BBQ", first, 0x80 | 127, size) + mask + data


async def read_answer(reader):
    """Return the status of an answer, once it is there; of one of unknown length its head."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    length = next((line.split()[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), b"0")
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        await asyncio.wait_for(reader.readexactly(int(length)), PATIENCE)
    return int(head.split()[1])


async def is_cut(reader, within=60.0):
    """Wait until the other side ends the connection: sooner than one that is idle; False where it does not in time."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(within):
            while await reader.read(65536):
                pass
    return True


async def pour(writer, data, most):
    """Write until so many bytes are sent or nobody takes them any more; return how many were."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < most:
            writer.write(data)
            await writer.drain()
            sent += len(data)
    return sent


def read_memory():
    """Return the bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Pauses:
    """The longest work of the loop without a pause, in seconds of its own thread: neighbours on the machine do not count."""

    def __init__(self):
        self.longest = 0.0
        self._task = asyncio.create_task(self._watch())

    async def _watch(self):
        while True:
            begun = time.thread_time()
            await asyncio.sleep(0.002)
            self.longest = max(self.longest, time.thread_time() - begun)

    async def close(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@contextlib.asynccontextmanager
async def pauses():
    """Yield what measures how long the loop stands still."""
    found = Pauses()
    try:
        yield found
    finally:
        await found.close()
