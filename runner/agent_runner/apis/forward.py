"""Serves each service within the pod at a port of its own, and passes what comes on to the gateway, with the pod's token.

The token changes while a pod lives, and no tool reads it anew; so none has to know it. Whoever is in the pod may use these ports, as
he may read the token. Only a page that a browser in the pod shows may not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from agent_contract.apis import ApiConnection
from agent_contract.names import PATH_HTTP

HERE: Final = "127.0.0.1"
AT_ONCE: Final = 6
"""Connections to the gateway, which lets an address have a few; further requests wait for one."""
AWAY_SECONDS: Final = 60.0
"""How long a gateway that is started anew is waited for."""
PAUSE: Final = 0.5
_SILENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=330)
_HOPS: Final = frozenset({
    "authorization", "connection", "cookie", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class Forwarder:
    """Passes on what comes for one service.

    Args:
        gateway: The gateway's address, without a slash at its end.
        token: The file of the pod's token.
        api: The service.
        session: The connections to the gateway.
    """

    def __init__(self, gateway: str, token: Path, api: ApiConnection, session: aiohttp.ClientSession) -> None:
        self._gateway = gateway
        self._token = token
        self._session = session
        self._port = api.port
        rest = api.url.partition("://")[2]
        self._base = rest[rest.find("/") :] if "/" in rest else ""
        self._to = f"{gateway}{PATH_HTTP}/{api.name}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        refused = self._check(request)
        rest = self._find_rest(request.raw_path)
        if refused or rest is None:
            return web.Response(
                status=403 if refused else 404, text=f"{refused or f'Only {self._base}/ is served here.'}\n"
            )
        sent = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in _HOPS)
        body = request.content.iter_any() if request.body_exists else None
        until = asyncio.get_running_loop().time() + AWAY_SECONDS
        while True:
            sent["Authorization"] = f"Bearer {self._token.read_text().strip()}"
            try:
                return await self._pass(request, URL(self._to + rest, encoded=True), sent, body)
            except aiohttp.ClientConnectorError:  # nothing was sent
                if asyncio.get_running_loop().time() > until:
                    return web.Response(status=503, text="The gateway does not answer: try again in a moment.\n")
                await asyncio.sleep(PAUSE)
            except (aiohttp.ClientError, TimeoutError):
                return web.Response(status=502, text="The gateway hung up: try again in a moment.\n")

    async def _pass(
        self, request: web.BaseRequest, url: URL, sent: CIMultiDict[str], body: AsyncIterator[bytes] | None
    ) -> web.StreamResponse:
        async with self._session.request(request.method, url, headers=sent, data=body, allow_redirects=False) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOPS]
            response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=CIMultiDict(kept))
            await response.prepare(request)
            try:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
            except (aiohttp.ClientError, TimeoutError, OSError):
                if request.transport is not None:
                    request.transport.abort()  # a clean end would look like a whole answer
            return response

    def _check(self, request: web.BaseRequest) -> str:
        """Return why a request is not passed on; nothing where it is."""
        if request.headers.get("Host", "") not in (f"{HERE}:{self._port}", f"localhost:{self._port}"):
            return "This port serves 127.0.0.1 alone."
        if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
            return "This port serves no pages of browsers."
        return "" if request.method in _METHODS else "This is no method that is passed on."

    def _find_rest(self, raw: str) -> str | None:
        """Return what stands behind the path of the service's address; None for a request of anything else."""
        path, mark, query = raw.partition("?")
        while self._base and (path == self._base or path.startswith(f"{self._base}/")):
            path = path.removeprefix(self._base)  # twice, as some npms write it
            if not path.startswith(f"{self._base}/"):
                return path + mark + query
        return path + mark + query if not self._base and path.startswith("/") else None


async def serve(gateway: str, token: Path, apis: list[ApiConnection]) -> None:
    """Serve all services until this is cancelled. A port that somebody has is asked for again and again."""
    connector = aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=60)
    async with aiohttp.ClientSession(
        connector=connector, timeout=_SILENCE, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=256 << 10,
        skip_auto_headers=("Accept-Encoding", "Content-Type", "User-Agent", "Accept"),
    ) as session, asyncio.TaskGroup() as group:  # fmt: skip
        for api in apis:
            group.create_task(_listen(Forwarder(gateway, token, api, session), api.port))


async def _listen(forwarder: Forwarder, port: int) -> None:
    server = web.Server(forwarder.handle, access_log=None, handler_cancellation=True, auto_decompress=False)
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    try:
        while True:
            try:
                await web.TCPSite(runner, HERE, port).start()
                await asyncio.Event().wait()
            except OSError:
                await asyncio.sleep(PAUSE)
    finally:
        await runner.cleanup()
