"""Asks forges for codes, tokens and names: one place where a person's tokens come in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from agent_gateway.accounts.answers import Ended, Granted, Pending, Started, read_start, read_token
from agent_gateway.accounts.linkable import Linkable
from agent_gateway.httppool import HttpPool

CALL_SECONDS: Final = 15.0
MOST_BYTES: Final = 64 << 10
"""Of an answer."""
_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_PATHS: Final = {
    "github": ("/login/device/code", "/login/oauth/access_token"),
    "gitlab": ("/oauth/authorize_device", "/oauth/token"),
}


class ForgeAway(Exception):
    """The forge does not answer, or not now; the text names the connection alone."""


class TokenRefused(Exception):
    """The forge does not take a token."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a token is of.

    Attributes:
        login: As the forge calls them.
        email: The forge's own address for commits, which shows no other.
    """

    login: str
    email: str


class DeviceFlow:
    """Speaks to forges; nothing is followed elsewhere, and no cookie is kept."""

    def __init__(self) -> None:
        self._pool = HttpPool(aiohttp.ClientTimeout(total=CALL_SECONDS))

    async def start(self, forge: Linkable) -> Started | Ended:
        """Ask for a code that a person is to enter.

        Raises:
            ForgeAway: it is to be asked later.
        """
        fields = {"client_id": forge.client_id} | ({"scope": forge.scopes} if forge.scopes else {})
        return read_start(await self._post(forge, _PATHS[forge.forge][0], fields))

    async def ask(self, forge: Linkable, device_code: str, pause: int) -> Pending | Granted | Ended:
        """Ask whether the person entered it.

        Raises:
            ForgeAway: it is to be asked later.
        """
        fields = {"client_id": forge.client_id, "device_code": device_code, "grant_type": _GRANT}
        return read_token(await self._post(forge, _PATHS[forge.forge][1], fields), pause)

    async def refresh(self, forge: Linkable, refresh_token: str) -> Pending | Granted | Ended:
        """Ask for new tokens; the old ones end with the answer. What came by a code needs no secret of the client's.

        Raises:
            ForgeAway: it is to be asked later.
        """
        fields = {"client_id": forge.client_id, "grant_type": "refresh_token", "refresh_token": refresh_token}
        return read_token(await self._post(forge, _PATHS[forge.forge][1], fields), 0)

    async def identify(self, forge: Linkable, access_token: str) -> Profile:
        """Ask who a token is of.

        Raises:
            TokenRefused: it opens nothing.
            ForgeAway: it is to be asked later.
        """
        headers = {"Authorization": f"Bearer {access_token}"}
        status, raw = await self._call(forge, "GET", f"{forge.api}/user", None, headers)
        if status in (401, 403):
            raise TokenRefused
        try:
            number, login = int(raw["id"]), str(raw["login" if forge.forge == "github" else "username"])[:100]
        except (KeyError, TypeError, ValueError) as error:
            raise ForgeAway(forge.name) from error
        mark = "+" if forge.forge == "github" else "-"
        host = forge.host.partition(":")[0]
        return Profile(login, f"{number}{mark}{login}@users.noreply.{host}")

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _post(self, forge: Linkable, path: str, fields: Mapping[str, str]) -> Any:
        status, raw = await self._call(forge, "POST", forge.url + path, fields, {})
        # RFC 6749 answers errors with 400 or 401; a client that GitHub does not know is a 404
        return {"error": "not_found"} if status == 404 else raw

    async def _call(
        self, forge: Linkable, method: str, url: str, fields: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> tuple[int, Any]:
        sent = {"Accept": "application/json", "User-Agent": "openclaw-gateway", **headers}
        try:
            async with self._pool.get().request(
                method, url, data=fields, headers=sent, allow_redirects=False
            ) as answer:  # fmt: skip
                body = b""
                async for part in answer.content.iter_any():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise ForgeAway(forge.name)
                if answer.status == 429 or answer.status >= 500:
                    raise ForgeAway(forge.name)
                return answer.status, None if answer.status == 404 else json.loads(body)
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            raise ForgeAway(forge.name) from error
