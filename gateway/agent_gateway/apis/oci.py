"""Tokens of container registries: the gateway asks for them itself, each for one repository and what is done with it.

Source: OCI Distribution Specification 1.1; Distribution's "Token Authentication Specification".
"""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from yarl import URL

from agent_gateway.apis.redirects import is_listed, is_same_origin
from agent_gateway.apis.settings import Api
from agent_gateway.connections.upstream import Refusal

MOST_KEPT: Final = 256
"""Tokens that are remembered."""
EARLY_SECONDS: Final = 10.0
"""How long before its end a token is no longer used."""
_LEAST_SECONDS: Final = 60.0
_MOST_SECONDS: Final = 3600.0
_CHALLENGE_SECONDS: Final = 600.0
_CALL: Final = aiohttp.ClientTimeout(total=20)
_MAX_ANSWER: Final = 64 << 10
_NAMED = re.compile(r'([a-z]{1,32})="([^"]{0,1024})"')
_REPOSITORY = re.compile(r"v2/([a-z0-9._/-]{1,255}?)/(?:manifests|blobs|tags|referrers)/.*")


@dataclass(frozen=True, slots=True)
class _Challenge:
    """How a registry wants the key."""

    scheme: str
    realm: str = ""
    service: str = ""


class Tokens:
    """Learns how each registry wants its key, and keeps the tokens that it makes.

    Args:
        session: The HTTP connections.
        clock: Seconds that never go back.
    """

    def __init__(
        self, session: Callable[[], aiohttp.ClientSession], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._clock = clock
        self._challenges: dict[str, tuple[float, _Challenge]] = {}
        self._tokens: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

    async def build_header(self, api: Api, path: str, method: str) -> dict[str, str]:
        """Return the header that a request of a registry must bear.

        Args:
            api: The registry.
            path: Below its address.
            method: As HTTP writes it.

        Raises:
            NoCredential: there is no key.
            Refusal: the registry makes no token.
            aiohttp.ClientError, TimeoutError: it does not answer.
        """
        challenge = await self._learn(api)
        if challenge.scheme == "bearer":
            return {"Authorization": f"Bearer {await self._get(api, challenge, compute_scope(path, method))}"}
        if api.key is None:
            return {}
        if challenge.scheme == "basic" and api.key.header is None:
            return {"Authorization": api.key.build_basic()}
        return api.key.build_header()

    def drop(self, api: Api, path: str, method: str) -> None:
        """Forget what is known for a request: the registry refused it."""
        self._tokens.pop((api.name, compute_scope(path, method)), None)
        self._challenges.pop(api.name, None)

    async def _learn(self, api: Api) -> _Challenge:
        until, known = self._challenges.get(api.name, (0.0, None))
        if known is not None and self._clock() < until:
            return known
        url = URL(f"{api.url}/v2/", encoded=True)
        async with self._session().get(url, allow_redirects=False, timeout=_CALL) as answer:
            shown = answer.headers.get("WWW-Authenticate", "")[:4096] if answer.status == 401 else ""
        scheme, _, rest = shown.partition(" ")
        named = dict(_NAMED.findall(rest))
        found = _Challenge(scheme.lower(), named.get("realm", ""), named.get("service", ""))
        self._challenges[api.name] = (self._clock() + _CHALLENGE_SECONDS, found)
        return found

    async def _get(self, api: Api, challenge: _Challenge, scope: str) -> str:
        until, known = self._tokens.get((api.name, scope), (0.0, ""))
        if known and self._clock() < until:
            return known
        if not _is_safe(challenge.realm, api):
            raise Refusal(502, f"{api.name} has its tokens made at a host that the connection does not list.")
        query = {"service": challenge.service} | ({"scope": scope} if scope else {})
        shown = {} if api.key is None else {"Authorization": api.key.build_basic()}
        url = URL(challenge.realm).extend_query(query)
        async with self._session().get(url, headers=shown, allow_redirects=False, timeout=_CALL) as answer:
            body = await _read_some(answer) if answer.status == 200 else b""
        token, seconds = _read(body)
        if not token:
            raise Refusal(502, f"{api.name} makes the gateway no token ({answer.status}).")
        self._tokens[api.name, scope] = (self._clock() + seconds - EARLY_SECONDS, token)
        while len(self._tokens) > MOST_KEPT:
            self._tokens.popitem(last=False)
        return token


def compute_scope(path: str, method: str) -> str:
    """Return what a token must be for: one repository, and no more than the request needs."""
    if path == "v2/_catalog":
        return "registry:catalog:*"
    found = _REPOSITORY.fullmatch(path)
    if found is None:
        return ""
    actions = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(method, "pull,push")
    return f"repository:{found[1]}:{actions}"


def _is_safe(realm: str, api: Api) -> bool:
    try:
        return bool(URL(realm).host) and (is_same_origin(realm, api) or is_listed(realm, api))
    except ValueError:
        return False


async def _read_some(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > _MAX_ANSWER:
            return b""
    return bytes(body)


def _read(body: bytes) -> tuple[str, float]:
    try:
        raw: Any = json.loads(body or b"{}")
        token = str(raw.get("token") or raw.get("access_token") or "")
        seconds = float(raw.get("expires_in") or _LEAST_SECONDS)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return "", 0.0
    good = token.isascii() and token.isprintable() and len(token) <= 16_384
    return (token if good else ""), min(max(seconds, _LEAST_SECONDS), _MOST_SECONDS)
