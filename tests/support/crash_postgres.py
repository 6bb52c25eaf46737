"""Between gateway and Postgres: names each transaction by its queries, and strikes its COMMIT."""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from agent_gateway.store.sql import QUERIES
from tests.support.crash_points import Mode, Points

_CHANGES = re.compile(r"\b(INSERT INTO|DELETE FROM|UPDATE \w+( \w+)? SET)\b")
_NAMES = {text: name for name, text in QUERIES.items()}
_WRITES = {name for name, text in QUERIES.items() if _CHANGES.search(text)}
_MARK = QUERIES["mark_due"].partition("$")[0]
_SSL_REQUEST = 80877103
_READY = ord("Z")
_CHUNK = 65536


class PostgresProxy:
    """Listens for one gateway at a time.

    Args:
        dsn: Of the database.
        points: Of this run.
    """

    def __init__(self, dsn: str, points: Callable[[], Points]) -> None:
        self._target = urlsplit(dsn)
        self._points = points
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen; return the DSN that leads through here."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        user = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{port}"))

    def sever(self) -> None:
        """Cut every connection at once; what was not sent on never is."""
        for link in list(self._links):
            link.cut()

    async def close(self) -> None:
        """Stop listening."""
        self._server.close()
        self.sever()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                server = await asyncio.open_connection(self._target.hostname, self._target.port)
                link = _Link((reader, writer), server, self._points)
                self._links.add(link)
                try:
                    await link.run()
                finally:
                    self._links.discard(link)
                    link.cut()
        finally:
            writer.transport.abort()
            self._tasks.discard(task)


class _Link:
    """One connection."""

    def __init__(self, client, server, points: Callable[[], Points]) -> None:
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._points = points
        self._statements: dict[bytes, str | None] = {}
        self._bound: str | None = None
        self._done: list[str] = []
        self._in_transaction = False
        self._held: bytearray | None = None
        self._answered = asyncio.Event()

    def cut(self) -> None:
        self._to_server.transport.abort()
        self._to_client.transport.abort()

    async def run(self) -> None:
        relay = asyncio.create_task(self._relay())
        asking = asyncio.create_task(self._ask())
        try:
            await asyncio.wait({relay, asking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            relay.cancel()
            asking.cancel()
            await asyncio.gather(relay, asking, return_exceptions=True)

    async def _relay(self) -> None:
        while data := await self._from_server.read(_CHUNK):
            if self._held is None:
                self._to_client.write(data)
                continue
            self._held += data
            if _is_ready(self._held):
                self._answered.set()

    async def _ask(self) -> None:
        await self._begin()
        while True:
            head = await self._from_client.readexactly(5)
            kind, size = struct.unpack("!cI", head)
            body = await self._from_client.readexactly(size - 4)
            name = self._follow(kind, body)
            mode = self._points().reach(name) if name is not None else None
            if mode is None:
                self._to_server.write(head + body)
                continue
            await self._strike(mode, head + body)
            return

    async def _begin(self) -> None:
        head = await self._from_client.readexactly(8)
        size, code = struct.unpack("!II", head)
        if code == _SSL_REQUEST:
            self._to_client.write(b"N")
            head = await self._from_client.readexactly(8)
            size, code = struct.unpack("!II", head)
        self._to_server.write(head + await self._from_client.readexactly(size - 8))

    async def _strike(self, mode: Mode, message: bytes) -> None:
        if mode is not Mode.BEFORE:
            self._held = bytearray()
            self._to_server.write(message)
            await self._answered.wait()
        if mode is not Mode.LOST:
            self._points().kill()
        self.cut()

    def _follow(self, kind: bytes, body: bytes) -> str | None:
        """Follow what is asked; return the point's name where this message commits a change."""
        match kind:
            case b"P":
                statement, text, _ = body.split(b"\0", 2)
                self._statements[statement] = _NAMES.get(text.decode())
            case b"B":
                _, statement, _ = body.split(b"\0", 2)
                self._bound = self._statements.get(statement)
            case b"E":
                self._note(self._bound)
            case b"S" if not self._in_transaction:
                return self._take_name()
            case b"Q":
                return self._follow_text(body.rstrip(b"\0").decode())
            case _:
                pass
        return None

    def _follow_text(self, text: str) -> str | None:
        if text.startswith("BEGIN"):
            self._in_transaction, self._done = True, []
        elif text.startswith("ROLLBACK"):
            self._in_transaction, self._done = False, []
        elif text.endswith("COMMIT"):
            if text.startswith(_MARK):  # it comes in the same text
                self._note("mark_due")
            self._in_transaction = False
            return self._take_name()
        else:
            self._note(_NAMES.get(text))
            return None if self._in_transaction else self._take_name()
        return None

    def _note(self, name: str | None) -> None:
        if name in _WRITES and name not in self._done:
            self._done.append(name)

    def _take_name(self) -> str | None:
        names, self._done = self._done, []
        return f"commit:{'+'.join(names)}" if names else None


def _is_ready(data: bytearray) -> bool:
    """Say whether the server's answer is whole."""
    at = 0
    while at + 5 <= len(data):
        kind, size = data[at], struct.unpack_from("!I", data, at + 1)[0]
        if kind == _READY:
            return True
        at += 1 + size
    return False
