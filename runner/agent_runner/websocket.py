"""The client's side of a WebSocket (RFC 6455): texts, one after the other; wsproto reads and writes the frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Final, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from agent_runner.httpclient import CHUNK, StatusError, connect, read_target

_TOO_LARGE: Final = 1009


class WebSocket:
    """One connection. Texts are received by one task; others may send and close.

    Args:
        reader: The stream behind the handshake.
        writer: The same.
        protocol: What reads and writes frames.
        heartbeat: Seconds of silence after which the other side is asked whether it is there, and has half of that to answer.
        limit: Characters of a text.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: WSConnection, heartbeat: float, limit: int
    ) -> None:  # fmt: skip
        self._reader, self._writer, self._protocol = reader, writer, protocol
        self._heartbeat, self._limit = heartbeat, limit
        self._texts: deque[str | None] = deque()
        self._parts: list[str] = []
        self._size = 0
        self._closing = False
        """This side has said that it is the end."""
        self._closed = False
        """The other side has said so, or is gone."""
        self._receiving = False
        self._ended = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ended.set()
        self._writer.transport.abort()

    async def send_text(self, text: str) -> None:
        """Send a text, and wait while more is on its way than the other side takes.

        Raises:
            OSError: the connection is gone.
        """
        if self._closing:
            raise ConnectionResetError("the connection is being closed")
        self._writer.write(self._protocol.send(TextMessage(data=text)))
        await self._writer.drain()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | None:
        """Return the next text, and None for a message that is none, until the other side closes.

        Raises:
            OSError: the connection broke, or is silent; what comes is no WebSocket, or too large.
        """
        self._receiving = True
        try:
            while not (self._texts or self._closed):
                self._take_events()
                if self._texts or self._closed:
                    break
                data = await self._read()
                if not data:
                    self._closed = True
                    break
                self._protocol.receive_data(data)
        except ProtocolError as error:
            self._ended.set()
            raise ConnectionError(f"no WebSocket: {error}") from error
        except BaseException:
            self._ended.set()
            raise
        if self._texts:
            return self._texts.popleft()
        self._ended.set()
        raise StopAsyncIteration

    async def close(self) -> None:
        """Say that this is the end, and wait until the other side has read it."""
        self._end(1000)
        with contextlib.suppress(OSError):
            await self._writer.drain()
        if self._receiving:
            await self._ended.wait()

    def _take_events(self) -> None:
        for event in self._protocol.events():
            if isinstance(event, CloseConnection):
                self._closed = True
                self._answer(event)
                self._closing = True
                return
            if isinstance(event, Ping):
                self._answer(event)
            elif isinstance(event, TextMessage):
                self._take_text(event)
            elif isinstance(event, BytesMessage) and event.message_finished:
                self._texts.append(None)

    def _take_text(self, event: TextMessage) -> None:
        self._parts.append(event.data)
        self._size += len(event.data)
        if self._size > self._limit:
            self._end(_TOO_LARGE)
            raise ConnectionError(f"a message is larger than {self._limit} characters")
        if event.message_finished:
            self._texts.append("".join(self._parts))
            self._parts.clear()
            self._size = 0

    def _answer(self, event: CloseConnection | Ping) -> None:
        if not self._closing:  # behind its own close this side says nothing (RFC 6455, section 5.5.1)
            self._writer.write(self._protocol.send(event.response()))

    async def _read(self) -> bytes:
        try:
            async with asyncio.timeout(self._heartbeat):
                return await self._reader.read(CHUNK)
        except TimeoutError:
            if self._closing:
                raise
        self._writer.write(self._protocol.send(Ping()))
        async with asyncio.timeout(self._heartbeat / 2):
            return await self._reader.read(CHUNK)

    def _end(self, code: int) -> None:
        if not self._closing:
            self._closing = True
            self._writer.write(self._protocol.send(CloseConnection(code=code)))


async def open_websocket(
    url: str, headers: Mapping[str, str], *, heartbeat: float, limit: int, connect_within: float = 5
) -> WebSocket:
    """Connect and upgrade. The caller bounds the whole of it.

    Raises:
        StatusError: the server answers with another status.
        OSError: there is no connection, or what comes is no HTTP.
    """
    target = read_target(url)
    reader, writer = await connect(target, connect_within)
    protocol = WSConnection(ConnectionType.CLIENT)
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        writer.write(protocol.send(Request(host=target.named, target=target.path, extra_headers=told)))
        await _shake_hands(reader, protocol)
    except ProtocolError as error:
        writer.transport.abort()
        raise ConnectionError(f"no WebSocket: {error}") from error
    except BaseException:
        writer.transport.abort()
        raise
    return WebSocket(reader, writer, protocol, heartbeat, limit)


async def _shake_hands(reader: asyncio.StreamReader, protocol: WSConnection) -> None:
    # what stands behind the answer is left for whoever receives
    while (event := next(iter(protocol.events()), None)) is None:
        data = await reader.read(CHUNK)
        if not data:
            raise ConnectionResetError("the connection ended before an answer")
        protocol.receive_data(data)
    if isinstance(event, RejectConnection):
        raise StatusError(event.status_code)
    if not isinstance(event, AcceptConnection):
        raise ConnectionError("the answer to the handshake is none")
