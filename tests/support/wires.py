"""A TCP proxy before Postgres, whose wires a test cuts or silences."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit


class Wires:
    """Connections through the proxy.

    Args:
        dsn: Of the server behind it.
    """

    def __init__(self, dsn: str) -> None:
        self._parts = urlsplit(dsn)
        self._silent = asyncio.Event()
        self._cut_commits = 0
        self.rewritten: tuple[bytes, bytes] | None = None
        """What clients ask for when they connect, and what arrives in its stead, of one length."""
        self.cut = 0
        """How often the answer of a COMMIT was lost."""
        self.dsn = ""

    def silence(self) -> None:
        """Pass nothing on any more, of old connections and new ones, and end none."""
        self._silent.set()

    def lose_commits(self, count: int) -> None:
        """Let the next commits be carried out, and their answers be lost with the connection."""
        self._cut_commits = count

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        doomed, to_server = asyncio.Event(), None
        try:
            if self._silent.is_set():
                await asyncio.Event().wait()
            behind, to_server = await asyncio.open_connection(self._parts.hostname, self._parts.port)
            await asyncio.gather(
                self._carry(reader, to_server, doomed, up=True), self._carry(behind, writer, doomed, up=False)
            )
        finally:
            writer.transport.abort()
            if to_server is not None:
                to_server.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, doomed: asyncio.Event, *, up: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if self._silent.is_set():
                    await asyncio.Event().wait()
                if up and self._cut_commits and b"COMMIT\x00" in data:
                    self._cut_commits -= 1
                    doomed.set()
                if not up and doomed.is_set():
                    self.cut += 1
                    sink.transport.abort()
                    return
                if up and self.rewritten is not None and b"user\0" in data:
                    data = data.replace(*self.rewritten)  # what arrives
                sink.write(data)
                await sink.drain()
        sink.close()

    def name_dsn(self, port: int) -> str:
        """Return the DSN that leads through the proxy."""
        user = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{user}@127.0.0.1:{port}"))


@contextlib.asynccontextmanager
async def wires(dsn: str) -> AsyncIterator[Wires]:
    """Yield a proxy before the server of a DSN."""
    found = Wires(dsn)
    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(found.serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        found.dsn = found.name_dsn(server.sockets[0].getsockname()[1])
        yield found
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
