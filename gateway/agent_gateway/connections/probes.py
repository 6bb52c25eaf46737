"""Asks whether a connection can be used: by a repository that a rule names, or else by what its forge tells of the key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import aiohttp
from yarl import URL

from agent_gateway.connections.credentials import FileToken, NoCredential
from agent_gateway.connections.githubapp import GithubApp
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Refusal, Upstream, build_authorization

CALL_SECONDS: Final = 15.0
MOST_TRIED: Final = 3
"""Repositories by which a connection is tried."""
_ADVERTISED: Final = "application/x-git-upload-pack-advertisement"


@dataclass(frozen=True, slots=True)
class State:
    """Whether a connection can be used; the message is for an administrator and holds no key."""

    usable: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""


USABLE: Final = State("True", "Usable")
NOT_TRIED: Final = State(
    "Unknown", "NotTried", "The host answers. No rule names one repository by which the key could be tried."
)


class Prober:
    """Asks.

    Args:
        upstream: The HTTP connections.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def probe(self, connection: Connection, repositories: Sequence[str]) -> State:
        """Return whether a connection can be used.

        Args:
            connection: It.
            repositories: Some that rules name.
        """
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._probe(connection, repositories[:MOST_TRIED])
        except NoCredential as error:
            return State("False", error.reason, str(error))
        except aiohttp.ClientSSLError:
            words = (
                f"{connection.host} shows a certificate that the gateway does not trust: extraCaConfigMap adds others."
            )
            return State("False", "CertificateRefused", words)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return State(
                "False", "HostAway", f"{connection.host} does not answer the gateway ({type(error).__name__})."
            )

    async def _probe(self, connection: Connection, repositories: Sequence[str]) -> State:
        if isinstance(connection.credential, GithubApp):
            await connection.credential.check()
        found = [await self._try_repository(connection, one) for one in repositories]
        if found:
            return next((one for one in found if one is USABLE), found[0])
        if isinstance(connection.credential, GithubApp):
            return USABLE
        if isinstance(connection.credential, FileToken):
            return await self._try_key(connection, connection.credential.read())
        status = await self._get(connection.url + "/", {})
        return _judge_host(connection, status) or NOT_TRIED

    async def _try_repository(self, connection: Connection, path: str) -> State:
        try:
            headers = await build_authorization(connection, path, write=False)
        except Refusal as error:
            if isinstance(error.__cause__, NoCredential):
                raise error.__cause__ from None
            raise
        url = f"{connection.url}/{path}.git/info/refs?service=git-upload-pack"
        status = await self._get(url, headers, _ADVERTISED)
        if status == 200:
            return USABLE
        if status == 401:
            return State("False", "KeyRefused", f"{connection.host} does not accept the gateway's key for {path}.")
        if 300 <= status < 400:
            return State("False", "NotReached", f"{path} has moved on {connection.host}.")
        if status in (403, 404):
            words = f"{connection.host} has no {path}, or the gateway's key does not reach it."
            return State("False", "NotReached", words)
        return _judge_host(connection, status) or State(
            "False", "NotGit", f"{connection.host} answers as no git server would ({status})."
        )

    async def _try_key(self, connection: Connection, token: str) -> State:
        match connection.forge:
            case "github":
                status = await self._get(f"{connection.api}/rate_limit", {"Authorization": f"Bearer {token}"})
            case "gitlab":
                status = await self._get(f"{connection.api}/personal_access_tokens/self", {"PRIVATE-TOKEN": token})
            case "gitea":
                status = await self._get(f"{connection.api}/user", {"Authorization": f"token {token}"})
            case _:
                return _judge_host(connection, await self._get(connection.url + "/", {})) or NOT_TRIED
        if status == 401:
            return State("False", "KeyRefused", f"{connection.host} does not accept the gateway's key.")
        # 403: the key is known, and may not ask for this
        return _judge_host(connection, status) or USABLE

    async def _get(self, url: str, headers: dict[str, str], expected: str | None = None) -> int:
        """Return the status of an answer; 0 for one that is not of the type that is expected."""
        async with self._upstream.get_session().get(
            URL(url, encoded=True),
            headers={"User-Agent": "git/2.0 (openclaw-gateway)", **headers},
            allow_redirects=False,
        ) as answer:
            return 0 if answer.status == 200 and expected and answer.content_type != expected else answer.status


def _judge_host(connection: Connection, status: int) -> State | None:
    if status == 429 or status >= 500:
        return State("False", "HostAway", f"{connection.host} answers {status}.")
    return None
