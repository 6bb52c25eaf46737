"""The gateway at an address of the pod's own, for tool servers: pi shows a token by plain HTTP to this address alone.

Source: pi 1.6.0, its check of `auth` in mcp.json: https, or http on localhost, 127.0.0.1 or [::1]. What goes through is not
looked at; whoever is in the pod may use it, as he may the gateway's own address.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from agent_runner.nearbyaddress import HERE, PORT, split_address

AT_ONCE: Final = 12
"""Connections, of those that the gateway lets an address have; further ones wait."""
_CONNECT_SECONDS: Final = 5.0
_PIECE: Final = 64 * 1024


class Nearby:
    """Passes bytes on to the gateway, and back.

    Args:
        gateway: Its address.
        wanted: The class has tool servers.
    """

    def __init__(self, gateway: str, *, wanted: bool) -> None:
        self._to = split_address(gateway) if wanted else None
        self._server: asyncio.Server | None = None
        self._room = asyncio.Semaphore(AT_ONCE)

    async def serve(self, port: int = PORT) -> int | None:
        """Begin, and return the port; None where pi needs none.

        Raises:
            OSError: somebody has the port.
        """
        if self._to is None:
            return None
        self._server = await asyncio.start_server(self._pass, HERE, port, limit=_PIECE)
        return int(self._server.sockets[0].getsockname()[1])

    def cancel(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._room:
            with contextlib.suppress(OSError, TimeoutError):
                host, port = self._to or (HERE, PORT)
                async with asyncio.timeout(_CONNECT_SECONDS):
                    theirs, ours = await asyncio.open_connection(host, port, limit=_PIECE)
                async with asyncio.TaskGroup() as group:
                    group.create_task(_copy(reader, ours))
                    group.create_task(_copy(theirs, writer))
            writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()
    target.close()
