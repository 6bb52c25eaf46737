"""Pools of HTTP connections to what the gateway asks: model providers, git servers, forges, services, tool servers."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any, Final

import aiohttp

CONNECT_SECONDS: Final = 10.0
KEEP_ALIVE_SECONDS: Final = 30.0


class HttpPool:
    """One pool, made when it is first needed: no cookies, over the proxy that the environment names, extra certificates trusted.

    Args:
        timeout: Of each call.
        limit: Connections at once; 0: as many as are asked for.
        keep_alive: Seconds that a connection stays open unused.
        options: As `aiohttp.ClientSession` takes them.
    """

    def __init__(
        self,
        timeout: aiohttp.ClientTimeout,
        *,
        limit: int = 0,
        keep_alive: float = KEEP_ALIVE_SECONDS,
        **options: Any,
    ) -> None:
        self._timeout = timeout
        self._limit = limit
        self._keep_alive = keep_alive
        self._options = options
        self._session: aiohttp.ClientSession | None = None

    def get(self) -> aiohttp.ClientSession:
        """Return it."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._limit, keepalive_timeout=self._keep_alive, ttl_dns_cache=60, ssl=_build_trust()
            )
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=True,
                **self._options,
            )  # fmt: skip
        return self._session

    async def close(self) -> None:
        """Close it; whoever still asks is refused."""
        if self._session is not None:
            await self._session.close()


@cache
def _build_trust() -> ssl.SSLContext:
    """Build what is trusted. aiohttp's own is made at import, before SSL_CERT_FILE may name extra certificates."""
    return ssl.create_default_context()
