"""Which repositories a forge lists for the gateway's key: one bounded call of its API, remembered for a minute."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from agent_gateway.connections.answers import limited
from agent_gateway.connections.credentials import FileToken, NoCredential
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Refusal

_log = logging.getLogger(__name__)
LIST_SECONDS: Final = 3.0
KEPT_SECONDS: Final = 60.0
MOST_BYTES: Final = 2 << 20
MOST: Final = 100
"""Repositories of one connection, those first in which something happened last."""
_WAYS: Final[Mapping[str, tuple[str, str]]] = {
    "github": ("user/repos?per_page=100&sort=pushed", "full_name"),
    "gitlab": (
        "projects?membership=true&simple=true&per_page=100&order_by=last_activity_at", "path_with_namespace",
    ),
    "gitea": ("user/repos?limit=100", "full_name"),
}  # fmt: skip
"""Below its API, and the field of a repository's path."""


@dataclass(frozen=True, slots=True)
class _Kept:
    paths: tuple[str, ...]
    until: float


class Listing:
    """Asks forges.

    Args:
        connections: By name.
        session: The HTTP connections.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        session: Callable[[], aiohttp.ClientSession],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connections = connections
        self._session = session
        self._clock = clock
        self._kept: dict[str, _Kept] = {}  # no more than there are connections

    async def list_all(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Return connection and path of what the forges of some connections list; of one that does not answer nothing."""
        known = [name for name in dict.fromkeys(names) if name in self._connections]
        found = await asyncio.gather(*(self._list(self._connections[name]) for name in known))
        return [(name, path) for name, paths in zip(known, found, strict=True) for path in paths]

    async def _list(self, connection: Connection) -> tuple[str, ...]:
        kept = self._kept.get(connection.name)
        if kept is not None and self._clock() < kept.until:
            return kept.paths
        if connection.forge not in _WAYS or not isinstance(connection.credential, FileToken):
            return ()
        try:
            async with asyncio.timeout(LIST_SECONDS):
                paths = await self._ask(connection, connection.credential)
        except (aiohttp.ClientError, TimeoutError, NoCredential, Refusal, ValueError, RecursionError) as error:
            _log.info("repositories_not_listed", extra={"connection": connection.name, "error": type(error).__name__})
            return ()
        self._kept[connection.name] = _Kept(paths, self._clock() + KEPT_SECONDS)
        return paths

    async def _ask(self, connection: Connection, token: FileToken) -> tuple[str, ...]:
        rest, field = _WAYS[connection.forge]
        headers = {
            "Authorization": f"Bearer {token.read()}",
            "Accept": "application/json",
            "User-Agent": "openclaw-gateway",
        }
        async with self._session().get(
            f"{build_api(connection)}/{rest}", headers=headers, allow_redirects=False
        ) as answer:  # fmt: skip
            if answer.status != 200:
                raise ValueError(answer.status)
            over = Refusal(502, "The forge's list is too long.")
            body = b"".join([chunk async for chunk in limited(answer.content.iter_any(), MOST_BYTES, over)])
        raw: Any = json.loads(body)
        if not isinstance(raw, list):
            raise ValueError("no list")
        return tuple(str(one[field]) for one in raw[:MOST] if isinstance(one, dict) and field in one)


def build_api(connection: Connection) -> str:
    """Return the address of a forge's API, without a slash at its end."""
    match connection.forge:
        case "github":
            return "https://api.github.com" if connection.host == "github.com" else f"{connection.url}/api/v3"
        case "gitlab":
            return f"{connection.url}/api/v4"
        case _:
            return f"{connection.url}/api/v1"
