"""A GitHub App's tokens: each for one repository, with no more rights than the call at hand needs.

Source: GitHub's REST API of 2022-11-28, "Authenticating as a GitHub App installation".
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import jwt

from agent_gateway.connections.credentials import NoCredential, encode_basic

EARLY_SECONDS: Final = 300.0
"""How long before its end a token is no longer used: a clone that begins with it may still be at work then."""
MOST_KEPT: Final = 1024
"""Tokens, and installations, that are remembered."""
_REASONS: Final = {401: "KeyRefused", 403: "KeyRefused", 404: "NotInstalled", 422: "KeyLacksRights"}
_CALL_SECONDS: Final = 20.0
_LIFETIME: Final = 540
_CLOCKS_APART: Final = 60


_Key = tuple[str, tuple[tuple[str, str], ...]]
"""A repository and the permissions."""


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    until: float


class GithubApp:
    """Asks GitHub for installation tokens, and keeps them until shortly before they end.

    Args:
        session: The HTTP connections.
        api: The API's address, as https://api.github.com.
        app_id: The App's number or client id.
        key_file: Its private key (PEM), read for each token that is asked for.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        api: str,
        app_id: str,
        key_file: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._session = session
        self._api = api.rstrip("/")
        self._app_id = app_id
        self._key_file = key_file
        self._clock = clock
        self._minted: OrderedDict[_Key, _Minted] = OrderedDict()
        self._installations: OrderedDict[str, int] = OrderedDict()
        self._asking: weakref.WeakValueDictionary[_Key, asyncio.Lock] = weakref.WeakValueDictionary()
        """Held by whoever asks for a repository's token, so that others wait for that one and for no other's."""

    async def build_header(self, path: str, *, write: bool) -> str:
        """Return the value of git's Authorization header, with a token for one repository that may read it, or write too.

        Raises:
            NoCredential: GitHub gives none; the text says why.
        """
        rights = {"metadata": "read", "contents": "write" if write else "read"}
        return encode_basic("x-access-token", await self.read_token(path, rights))

    async def read_token(self, path: str, rights: Mapping[str, str]) -> str:
        """Return a token for one repository that has these permissions and no others.

        Raises:
            NoCredential: GitHub gives none; the text says why.
        """
        key = path.casefold(), tuple(sorted(rights.items()))
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._minted.get(key)
            if known is None or known.until - EARLY_SECONDS <= self._clock():
                known = self._minted[key] = await self._mint(path, rights)
                while len(self._minted) > MOST_KEPT:
                    self._minted.popitem(last=False)
        return known.token

    async def check(self) -> None:
        """Ask whether GitHub knows the App by its key, and whether it is installed anywhere.

        Raises:
            NoCredential: it does not, or it is not; the text says which.
        """
        try:
            found = await self._ask("GET", "/app", None, "")
        except NoCredential as error:
            if error.reason != "NotInstalled":
                raise
            raise NoCredential("GitHub knows no App of this id.", "KeyRefused") from error
        if found.get("installations_count") == 0:
            raise NoCredential("The GitHub App is installed nowhere yet.", "NotInstalled")

    def drop(self, path: str) -> None:
        """Forget a repository's tokens and installation: a revoked token or a moved installation is 401 or 404."""
        name = path.casefold()
        self._installations.pop(name, None)
        for key in [key for key in self._minted if key[0] == name]:
            del self._minted[key]

    async def _mint(self, path: str, rights: Mapping[str, str]) -> _Minted:
        installation = self._installations.get(path.casefold())
        if installation is None:
            found = await self._ask("GET", f"/repos/{path}/installation", None, path)
            installation = self._installations[path.casefold()] = _read_number(found)
            while len(self._installations) > MOST_KEPT:
                self._installations.popitem(last=False)
        body = {"repositories": [path.partition("/")[2]], "permissions": dict(rights)}
        made = await self._ask("POST", f"/app/installations/{installation}/access_tokens", body, path)
        try:
            return _Minted(str(made["token"]), datetime.fromisoformat(str(made["expires_at"])).timestamp())
        except (KeyError, ValueError) as error:
            raise NoCredential("GitHub gives a token in a form that nobody knows.") from error

    async def _ask(self, method: str, rest: str, body: Mapping[str, Any] | None, path: str) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._sign()}", "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "openclaw-gateway",
        }  # fmt: skip
        try:
            async with self._session().request(
                method, self._api + rest, json=body, headers=headers, allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS),
            ) as answer:  # fmt: skip
                status = answer.status
                raw: Any = await answer.json(content_type=None) if status in (200, 201) else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            reason = "CertificateRefused" if isinstance(error, aiohttp.ClientSSLError) else "HostAway"
            raise NoCredential("GitHub does not answer the gateway's request for a token.", reason) from error
        if isinstance(raw, dict):
            return raw
        self.drop(path)
        reasons = {
            401: "GitHub does not accept the App's key or id.",
            403: "GitHub gives the App no token now: it is suspended, or asked too often.",
            404: f"The GitHub App is not installed for {path}.",
            422: f"The GitHub App may not do this with {path}: its installation lacks a permission of {_describe(body)}.",
        }
        words = reasons.get(status, f"GitHub answers {status} where the gateway asks for a token.")
        raise NoCredential(words, _REASONS.get(status, "HostAway"))

    def _sign(self) -> str:
        now = int(self._clock())
        claims = {"iat": now - _CLOCKS_APART, "exp": now + _LIFETIME - _CLOCKS_APART, "iss": self._app_id}
        try:
            return jwt.encode(claims, self._key_file.read_text(encoding="utf-8"), algorithm="RS256")
        except (OSError, ValueError, TypeError, jwt.PyJWTError) as error:
            raise NoCredential("The GitHub App's private key cannot be used.", "KeyMissing") from error


def _describe(body: Mapping[str, Any] | None) -> str:
    rights = (body or {}).get("permissions", {})
    return ", ".join(f"{name}: {level}" for name, level in rights.items())


def _read_number(found: Mapping[str, Any]) -> int:
    try:
        return int(found["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise NoCredential("GitHub names the App's installation in a form that nobody knows.") from error
