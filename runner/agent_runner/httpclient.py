"""HTTP/1.1 to the gateway, one connection a request; h11 reads and writes what goes over asyncio's streams.

aiohttp does the same and more, for 90 ms of a core at each start and 13 MB for as long as the pod lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any, Final, NamedTuple

import h11

CHUNK: Final = 256 * 1024
"""Bytes that are read, and written, at once."""
MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of an answer that is read whole."""


class StatusError(ConnectionError):
    """The gateway answered with a status that is no success."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the gateway answers {status}")
        self.status = status


class Bounds(NamedTuple):
    """Seconds that a request may take."""

    silence: float
    """Without a byte, in either direction."""
    total: float | None = None
    """In all."""
    connect: float = 5


class Target(NamedTuple):
    """Where an address leads."""

    host: str
    port: int
    tls: bool
    named: str
    """As the Host header names it."""
    path: str


def read_target(url: str, query: Mapping[str, str] | None = None) -> Target:
    """Read an http or https address."""
    scheme, _, rest = url.partition("://")
    named, slash, path = rest.partition("/")
    host, _, port = named.rpartition(":")
    if not port.isdecimal():
        host, port = named, ""
    tls = scheme == "https"
    if query:
        from urllib.parse import urlencode  # noqa: PLC0415  # it brings the whole of Unicode, which no hello needs

        path += f"?{urlencode(query)}"
    return Target(host.strip("[]"), int(port or (443 if tls else 80)), tls, named, f"{slash or '/'}{path}")


async def connect(target: Target, seconds: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to the first of the name's addresses that answers.

    Raises:
        OSError: there is none; a `socket.gaierror` where the name is not resolved.
    """
    context = None
    if target.tls:
        import ssl  # noqa: PLC0415  # asyncio has it loaded; the certificates are what takes time

        context = await asyncio.to_thread(ssl.create_default_context)
    problem: OSError = ConnectionRefusedError("the name has no address")
    async with asyncio.timeout(seconds):
        addresses = await _resolve(target)
    for address in addresses:
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                return await asyncio.open_connection(
                    address, target.port, ssl=context, server_hostname=target.host if context else None, limit=CHUNK
                )
        except OSError as error:
            problem = error
    raise problem


async def _resolve(target: Target) -> list[str]:
    # as bytes where it can be: Python reads a text by the rules of international names, whose tables take time to load
    host = target.host.encode() if target.host.isascii() else target.host
    found = await asyncio.get_running_loop().run_in_executor(
        None, lambda: socket.getaddrinfo(host, target.port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class Response:
    """An answer, whose body is read as it comes."""

    def __init__(self, exchange: _Exchange, head: h11.Response) -> None:
        self._exchange = exchange
        self.status = head.status_code
        kind = next((value.decode("latin-1") for name, value in head.headers if name == b"content-type"), "")
        self.content_type = kind.partition(";")[0].strip()

    def raise_for_status(self) -> None:
        """Raise for what is no success.

        Raises:
            StatusError: it is none.
        """
        if not 200 <= self.status < 300:  # a redirection too: none is followed, and nothing was stored
            raise StatusError(self.status)

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the body, in pieces as they come.

        Raises:
            OSError: it broke.
        """
        while isinstance(event := await self._exchange.next_event(), h11.Data):
            yield bytes(event.data)

    async def read(self) -> bytes:
        """Return the whole body.

        Raises:
            OSError: it broke, or is larger than an answer is.
        """
        parts: list[bytes] = []
        size = 0
        async for part in self.iter_any():
            size += len(part)
            if size > MAX_ANSWER:
                raise ConnectionError(f"the answer is larger than {MAX_ANSWER} bytes")
            parts.append(part)
        return b"".join(parts)

    async def json(self) -> Any:
        """Return the body's JSON.

        Raises:
            OSError: it broke, or is none.
        """
        try:
            return json.loads(await self.read())
        except ValueError as error:
            raise ConnectionError("the answer is not JSON") from error


@contextlib.asynccontextmanager
async def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    bounds: Bounds,
    *,
    query: Mapping[str, str] | None = None,
    body: bytes | IO[bytes] | None = None,
) -> AsyncIterator[Response]:
    """Make a request; its connection is closed behind it.

    With a body the server is asked first whether it takes it (RFC 9110, section 10.1.1), so that none is sent in vain.

    Raises:
        OSError: the server is away, silent for too long, or speaks no HTTP.
    """
    target = read_target(url, query)
    reader, writer = await connect(target, bounds.connect)
    try:
        exchange = _Exchange(reader, writer, bounds)
        yield Response(exchange, await exchange.ask(method, target, headers, body))
    finally:
        writer.transport.abort()  # whatever is still to be sent: nobody waits for it


class _Exchange:
    """One request and its answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bounds: Bounds) -> None:
        self._reader, self._writer, self._silence = reader, writer, bounds.silence
        self._until = None if bounds.total is None else time.monotonic() + bounds.total
        self._h11 = h11.Connection(h11.CLIENT)

    async def ask(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes | IO[bytes] | None
    ) -> h11.Response:
        """Send the request; return the beginning of its answer."""
        told = [("Host", target.named), ("Connection", "close"), *headers.items()]
        if body is not None:
            told += [("Content-Length", str(_measure(body))), ("Expect", "100-continue")]
        await self._send(h11.Request(method=method, target=target.path, headers=told))
        if body is None:
            await self._send(h11.EndOfMessage())
            return await self._read_answer()
        head = await self._read_head()
        return head if isinstance(head, h11.Response) else await self._send_body(body)  # it may take none

    async def next_event(self, *, patient: bool = False) -> Any:
        """Return what the server says next; a patient caller bounds the time of it.

        Raises:
            OSError: the connection broke, or it speaks no HTTP.
        """
        try:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                async with asyncio.timeout(None) if patient else self._within():
                    data = await self._reader.read(CHUNK)
                self._h11.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise ConnectionError(f"no HTTP: {error}") from error
        return event

    async def _read_answer(self, *, patient: bool = False) -> h11.Response:
        while isinstance(head := await self._read_head(patient=patient), h11.InformationalResponse):
            pass
        return head

    async def _read_head(self, *, patient: bool = False) -> h11.Response | h11.InformationalResponse:
        event = await self.next_event(patient=patient)
        if isinstance(event, h11.Response | h11.InformationalResponse):
            return event
        raise ConnectionResetError("the connection ended before an answer")

    async def _send_body(self, body: bytes | IO[bytes]) -> h11.Response:
        """Send a body and return the answer, which may come before its end: there is no room for more of it, say."""
        answer = asyncio.create_task(self._read_answer(patient=True))
        sending = asyncio.create_task(self._write_body(body))
        try:
            await asyncio.wait({answer, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not self._writer.transport.is_closing():  # who hung up may have said why before
                sending.result()
            async with self._within():
                return await answer
        finally:
            for task in (answer, sending):
                task.cancel()
            await asyncio.gather(answer, sending, return_exceptions=True)

    async def _write_body(self, body: bytes | IO[bytes]) -> None:
        try:
            if isinstance(body, bytes):
                for at in range(0, len(body), CHUNK):
                    await self._send(h11.Data(data=body[at : at + CHUNK]))
            else:
                while part := await asyncio.to_thread(body.read, CHUNK):
                    await self._send(h11.Data(data=part))
            await self._send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise ConnectionError("the file grew or shrank while it was sent") from error

    async def _send(self, event: Any) -> None:
        data = self._h11.send(event)
        if data:
            self._writer.write(data)
            async with self._within():
                await self._writer.drain()

    def _within(self) -> asyncio.Timeout:
        left = self._silence if self._until is None else min(self._silence, self._until - time.monotonic())
        return asyncio.timeout(max(0.0, left))


def _measure(body: bytes | IO[bytes]) -> int:
    return len(body) if isinstance(body, bytes) else os.fstat(body.fileno()).st_size
