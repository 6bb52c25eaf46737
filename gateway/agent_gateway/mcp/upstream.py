"""Asks tool servers: one place where the key is put on, and where it can go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from yarl import URL

from agent_gateway.connections.credentials import NoCredential
from agent_gateway.connections.upstream import Refusal
from agent_gateway.httppool import CONNECT_SECONDS, HttpPool
from agent_gateway.mcp.ports import Server
from agent_gateway.mcp.sessions import HEADER

LEAST_SECRET: Final = 6
"""Bytes of a key that is looked for in answers: a shorter one would be found in any text."""
_PASSED: Final = frozenset({200, 202})
_NO_SESSION: Final = 404


class McpUpstream:
    """The HTTP connections to all tool servers."""

    def __init__(self) -> None:
        # nothing is unpacked
        self._pool = HttpPool(
            aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            auto_decompress=False, skip_auto_headers=("Accept-Encoding", "User-Agent"),
        )  # fmt: skip

    async def close(self) -> None:
        """Close them."""
        await self._pool.close()

    @asynccontextmanager
    async def call(
        self, server: Server, method: str, session: str | None, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request, and give its answer if it is one that a pod is given. A redirect is never followed.

        Raises:
            Refusal: the server cannot be asked, or answers otherwise.
        """
        sent = {**headers, **build_key(server)}
        if session is not None:
            sent[HEADER] = session
        try:
            async with self._pool.get().request(
                method, URL(server.url, encoded=True), headers=sent, data=body, allow_redirects=False
            ) as answer:
                if answer.status in _PASSED or (method == "DELETE" and answer.status in (204, 404, 405)):
                    yield answer
                    return
                raise explain(server, answer.status, has_session=session is not None)
        except aiohttp.ClientError as error:
            raise Refusal(502, f"{server.name} does not answer the gateway: try again in a moment.") from error


def build_key(server: Server) -> dict[str, str]:
    """Return the header that bears a server's key.

    Raises:
        Refusal: the gateway has none, though it should.
    """
    if server.key is None:
        return {}
    try:
        return server.key.build_header()
    except NoCredential as error:
        raise Refusal(502, str(error)) from error


def list_secrets(server: Server) -> tuple[bytes, ...]:
    """Return what no answer of a server may hold.

    Raises:
        Refusal: the gateway has no key, though it should.
    """
    try:
        found = server.key.list_secrets() if server.key is not None else ()
    except NoCredential as error:
        raise Refusal(502, str(error)) from error
    return tuple(secret for secret in found if len(secret) >= LEAST_SECRET)


def explain(server: Server, status: int, *, has_session: bool) -> Refusal:
    """Return what a pod is told for an answer that does not help; 404 alone says that a session is over."""
    name = server.name
    if status == _NO_SESSION and has_session:
        return Refusal(404, f"{name} does not know this session any more.")
    if status in (401, 403):
        return Refusal(502, f"{name} does not accept the gateway's key.")
    if 300 <= status < 400:
        return Refusal(502, f"{name} leads to another address: name that in the connection.")
    if status == 429 or status >= 500:
        return Refusal(503, f"{name} answers {status}: try again in a moment.")
    return Refusal(502, f"{name} answers as no tool server would ({status}).")
