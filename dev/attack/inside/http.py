"""Requests to the gateway: whole ones, and such as no client sends."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp

from dev.attack.inside.base import Pod

CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 8.0
MOST_READ = 64 << 10


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. A status of 0: the connection was ended without one."""

    status: int
    text: str = ""
    seconds: float = 0.0
    headers: Mapping[str, str] | None = None


async def ask(
    pod: Pod, method: str, path: str, *, token: str | None = "", data: object = None,
    headers: Mapping[str, str] | None = None, seconds: float = ANSWER_SECONDS, whole: bool = False,
) -> Answer:  # fmt: skip
    """Send a request on a connection of its own; without a `token` the pod's own, with None none at all.

    What is told of the answer is what came first, at most 64 KiB; `whole` waits for all of that.
    """
    sent = dict(headers or {})
    body = io.BytesIO(data) if isinstance(data, bytes) else data
    if token is not None:
        sent["Authorization"] = f"Bearer {token or pod.token}"
    started = time.monotonic()
    limits = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
    connector = aiohttp.TCPConnector(force_close=True)
    try:
        async with (
            aiohttp.ClientSession(timeout=limits, connector=connector) as session,
            session.request(method, pod.url + path, data=body, headers=sent, allow_redirects=False) as response,
        ):
            told = await response.content.read(MOST_READ)
            while whole and len(told) < MOST_READ and (more := await response.content.read(MOST_READ - len(told))):
                told += more
            spent = time.monotonic() - started
            return Answer(response.status, told.decode("utf-8", "replace"), spent, dict(response.headers))
    except TimeoutError:
        return Answer(0, "no answer in time", time.monotonic() - started)
    except (aiohttp.ClientError, OSError) as error:
        return Answer(0, type(error).__name__, time.monotonic() - started)


@contextlib.asynccontextmanager
async def timed_others(pod: Pod) -> AsyncIterator[list[float]]:
    """Time, all the while, calls on connections of their own: how long others wait, whatever this one does."""
    waits = [0.0]

    async def look() -> None:
        while True:
            waits.append((await ask(pod, "GET", "/v1/nothing", token=None, seconds=10)).seconds)
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    try:
        yield waits
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def has_own_way(pod: Pod) -> bool:
    """Say whether the pod's own token opens its own session: without that nothing else is known."""
    for _ in range(3):
        if (await ask(pod, "GET", "/v1/session")).status == 200:
            return True
        await asyncio.sleep(1)
    return False


@contextlib.asynccontextmanager
async def opened_socket(pod: Pod) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Hold a bare connection to the gateway."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(pod.host, pod.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()


async def send_raw(pod: Pod, data: bytes, seconds: float = 5.0) -> bytes:
    """Send bytes as they are and return what came back until the end, or for so long."""
    got = b""
    try:
        async with opened_socket(pod) as (reader, writer):
            writer.write(data)
            await writer.drain()
            async with asyncio.timeout(seconds):
                while part := await reader.read(65536):
                    got += part
    except (OSError, TimeoutError):
        pass  # what came until then is the answer
    return got


async def is_over(reader: asyncio.StreamReader) -> bool:
    """Say whether the other side has answered or ended a connection, by a look that takes no time."""
    try:
        async with asyncio.timeout(0.05):
            await reader.read(1)
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


async def count_accepted(answers: list[asyncio.Task[Answer]], refusals: tuple[int, ...] = (409, 413, 429, 503)) -> int:
    """Return how many of several requests were not refused."""
    found = await asyncio.gather(*answers)
    return sum(1 for one in found if one.status not in refusals and one.status != 0)
