"""Asks HTTP services: one place where the key is put on, and where it can go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from agent_gateway.apis.oci import Tokens
from agent_gateway.apis.paths import Asked
from agent_gateway.apis.redirects import MAX_HOPS, REDIRECTS, is_listed, mend, resolve
from agent_gateway.apis.settings import Api
from agent_gateway.connections.credentials import NoCredential
from agent_gateway.connections.upstream import Refusal
from agent_gateway.httppool import CONNECT_SECONDS, HttpPool

READ_SECONDS: Final = 300.0
"""The longest silence of a service."""
_FOLLOWED: Final = ("Accept", "Accept-Encoding", "If-Modified-Since", "If-None-Match", "Range", "User-Agent")


class ApiUpstream:
    """The HTTP connections to all services."""

    def __init__(self) -> None:
        # nothing is unpacked
        self._pool = HttpPool(
            aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
            auto_decompress=False, read_bufsize=256 << 10,
            skip_auto_headers=("Accept-Encoding", "Content-Type", "User-Agent"),
        )  # fmt: skip
        self._tokens = Tokens(self._pool.get)

    async def close(self) -> None:
        """Close them."""
        await self._pool.close()

    @asynccontextmanager
    async def call(
        self,
        api: Api,
        asked: Asked,
        method: str,
        headers: CIMultiDict[str],
        body: bytes | AsyncIterator[bytes] | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request, and give its answer; of a redirect to a host that the connection lists, the answer there.

        Raises:
            Refusal: the service cannot be asked, or leads elsewhere.
        """
        url = api.url + asked.raw + (f"?{asked.query}" if asked.query else "")
        sent = CIMultiDict(headers)
        try:
            sent.update(await self._build_key(api, asked, method))
            for hop in range(MAX_HOPS + 1):
                async with self._pool.get().request(
                    method, URL(url, encoded=True), headers=sent, data=body, allow_redirects=False
                ) as answer:  # fmt: skip
                    target = _find_target(api, method, url, answer)
                    if target is None:
                        if answer.status == 401 and hop == 0:
                            self._tokens.drop(api, asked.path, method)
                        yield answer
                        return
                url, sent = target, _keep_few(headers)
            raise Refusal(502, f"{api.name} leads on and on.")
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if isinstance(error.__cause__, Refusal):
                raise error.__cause__ from None
            raise Refusal(502, f"{api.name} does not answer the gateway: try again in a moment.") from error
        except aiohttp.ClientError as error:
            raise Refusal(502, f"{api.name} answers as no HTTP server would.") from error

    async def _build_key(self, api: Api, asked: Asked, method: str) -> Mapping[str, str]:
        try:
            if api.format == "oci":
                return await self._tokens.build_header(api, asked.path, method)
            return {} if api.key is None else api.key.build_header()
        except NoCredential as error:
            raise Refusal(502, str(error)) from error


def _find_target(api: Api, method: str, url: str, answer: aiohttp.ClientResponse) -> str | None:
    """Return the address of another host where the answer is; None for an answer that a pod is given.

    Raises:
        Refusal: it leads to where the gateway does not follow.
    """
    if answer.status not in REDIRECTS or "Location" not in answer.headers:
        return None
    target = resolve(url, answer.headers["Location"])
    if target is not None and url.startswith(api.url) and mend(target, (api,)) is not None:
        return None  # the pod asks again, and the rules are asked too
    if target is None or method not in ("GET", "HEAD") or not is_listed(target, api):
        where = URL(target).host if target is not None else "an address that cannot be read"
        raise Refusal(502, f"{api.name} leads to {where}, which is not among the hosts of the connection.")
    return target


def _keep_few(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, headers[name]) for name in _FOLLOWED if name in headers)
