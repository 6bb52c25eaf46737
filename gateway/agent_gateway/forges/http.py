"""Calls of forges' APIs: bounded in size and time, never redirected, and every failure in words without a secret."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from agent_contract.text import clean
from agent_gateway.connections.credentials import NoCredential
from agent_gateway.forges.pages import find_last_page
from agent_gateway.forges.rests import Rests
from agent_gateway.forges.values import Place
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Buckets, Rate

CALL_SECONDS: Final = 20.0
"""For one call."""
MAX_ANSWER: Final = 2 << 20
"""Bytes of an answer: a hundred long comments have less."""
LONGEST_REST: Final = 3600.0
"""A forge that says that it was asked too often is left alone no longer than this."""
_LEAST_REST: Final = 30.0
_DROPS: Final = Rate(1 / 60, 1)
"""Of what is known for a repository that is missing: it costs a forge two calls to know it again."""
_MOST_SAID: Final = 300
_ETAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,200}"')
_SCHEMES: Final = {"gitea": "token"}
_OK: Final = (200, 201)


class ForgeError(Exception):
    """A call was not done; the text is for a person or an agent, and holds no secret."""


class ForgeAway(ForgeError):
    """Nobody knows whether it was done: the forge does not answer."""


class ForgeRefused(ForgeError):
    """The forge refuses it."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class Exists(ForgeRefused):
    """There is an open pull request of these branches already."""


class ForgeLimited(ForgeError):
    """The forge was asked too often."""

    def __init__(self, words: str, seconds: float) -> None:
        super().__init__(words)
        self.seconds = seconds


class ForgeSpent(ForgeError):
    """A conversation asked as often as it may."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `data` is None where the forge says that nothing changed, `last` the number of a list's last page."""

    status: int
    data: Any
    etag: str
    last: int = 1


class ForgeHttp:
    """Calls.

    Args:
        session: The HTTP connections.
        clock: Seconds since 1970, which forges tell their limits by.
        rests: Knows which connections are left alone, and is told.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        clock: Callable[[], float] = time.time,
        rests: Rests | None = None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._rests = rests or Rests()
        self._drops: Buckets[tuple[str, str]] = Buckets(_DROPS, time.monotonic)

    async def call(
        self,
        place: Place,
        method: str,
        rest: str,
        rights: Mapping[str, str],
        *,
        body: Mapping[str, Any] | None = None,
        etag: str = "",
    ) -> Reply:
        """Make one call.

        Args:
            place: The repository.
            method: Of HTTP.
            rest: What stands behind the API's address, encoded.
            rights: What a token made for this call may do.
            body: What is sent, as JSON.
            etag: Of the answer that is known.

        Raises:
            ForgeAway: there is no answer.
            ForgeRefused: it is refused.
            ForgeLimited: it was asked too often.
            ForgeSpent: the conversation that asks has asked as often as it may.
        """
        self._let_pass(place)
        headers = {
            "Accept": _ACCEPT.get(place.connection.forge, "application/json"),
            "User-Agent": "openclaw-gateway",
            "Authorization": await self._authorize(place, rights),
        }
        if place.connection.forge == "github":
            headers["X-GitHub-Api-Version"] = "2022-11-28"
        if etag:
            headers["If-None-Match"] = etag
        try:
            async with self._session().request(
                method, URL(place.connection.api + rest, encoded=True), json=body, headers=headers,
                allow_redirects=False, timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
            ) as answer:  # fmt: skip
                if answer.status == 304:
                    return Reply(304, None, etag)
                raw = await _read(answer, place)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ForgeAway(f"{place.connection.name} does not answer the gateway: try again in a moment.") from error
        self._drop_stale(place, answer.status, rest)
        return self._judge(place, answer, raw, rights)

    def _let_pass(self, place: Place) -> None:
        """Let pass what may be asked now; a person's own key has limits of its own."""
        name = place.connection.name
        left = self._rests.find_left(name) if place.token is None else 0.0
        if left > 0:
            raise ForgeLimited(f"{name} was asked too often: try again in {left:.0f} seconds.", left)
        if place.calls is not None and not place.calls.take():
            LIMITS.labels("forge-calls").inc()
            raise ForgeSpent(f"This conversation asks {name} too often: try again in a minute (limit: forge-calls).")

    def _drop_stale(self, place: Place, status: int, rest: str) -> None:
        """Forget a token that the forge refuses, or one for a repository that it does not reach any more.

        Of what is missing in a repository anybody may ask: that says nothing of the token.
        """
        credential = place.connection.credential
        if place.token is not None or credential is None:
            return
        missing = status == 404 and rest in (f"/repos/{place.path}", f"/projects/{quote(place.path, safe='')}")
        if status == 401 or (missing and self._drops.of((place.connection.name, place.path.casefold())).take()):
            credential.drop(place.path)

    async def _authorize(self, place: Place, rights: Mapping[str, str]) -> str:
        connection = place.connection
        token = place.token
        if token is None:
            if connection.credential is None:
                raise ForgeRefused(f"The connection {connection.name} has no token, which its API needs.", 401)
            try:
                token = await connection.credential.read_token(place.path, rights)
            except NoCredential as error:
                raise ForgeRefused(str(error), 403) from error
        return f"{_SCHEMES.get(connection.forge, 'Bearer')} {token}"

    def _judge(self, place: Place, answer: aiohttp.ClientResponse, raw: bytes, rights: Mapping[str, str]) -> Reply:
        if answer.status in _OK:
            try:
                data = json.loads(raw)
            except (ValueError, RecursionError) as error:
                raise ForgeAway(f"{place.connection.name} answers as no forge would.") from error
            etag = answer.headers.get("ETag", "")
            last = find_last_page(answer.headers, data)
            return Reply(answer.status, data, etag if _ETAG.fullmatch(etag) else "", last)
        rest = self._find_rest(answer)
        if rest is not None:
            if place.token is None:
                self._rests.begin(place.connection.name, rest)
            raise ForgeLimited(f"{place.connection.name} was asked too often: try again in {rest:.0f} seconds.", rest)
        if answer.status >= 500:
            raise ForgeAway(f"{place.connection.name} answers {answer.status}: try again in a moment.")
        raise ForgeRefused(_explain(place, answer.status, _read_words(raw), rights), answer.status)

    def _find_rest(self, answer: aiohttp.ClientResponse) -> float | None:
        """Return for how long the forge is to be left alone; None where it says nothing of that.

        Source: GitHub, "Rate limits for the REST API"; GitLab, "Rate limit response headers".
        """
        if answer.status not in (403, 429):
            return None
        after = _read_number(answer.headers.get("Retry-After"))
        if after is None and answer.headers.get("X-RateLimit-Remaining") == "0":
            until = _read_number(answer.headers.get("X-RateLimit-Reset"))
            after = until - self._clock() if until is not None else _LEAST_REST
        if after is None and answer.status == 429:
            after = _LEAST_REST
        return None if after is None else min(max(after, _LEAST_REST), LONGEST_REST)


_ACCEPT: Final = {"github": "application/vnd.github+json"}


async def _read(answer: aiohttp.ClientResponse, place: Place) -> bytes:
    """Return the whole body.

    Raises:
        ForgeRefused: it is larger than `MAX_ANSWER`.
    """
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > MAX_ANSWER:
            LIMITS.labels("forge-answer").inc()
            raise ForgeRefused(f"{place.connection.name} says more than {MAX_ANSWER >> 20} MiB (forge-answer).", 413)
        parts.append(part)
    return b"".join(parts)


def _read_number(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() and len(text) < 12 else None


def _read_words(raw: bytes) -> str:
    """Return the forge's own words of what is wrong, on one line and bounded; empty where it has none."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    said = [data.get("message"), data.get("error"), *(errors[:4] if isinstance(errors, list) else ())]
    flat = [word for one in said for word in _list_words(one)]
    return " ".join(clean(" ".join(flat)[: 4 * _MOST_SAID]).split())[:_MOST_SAID]


def _list_words(one: Any) -> list[str]:
    """Return the words of one error: GitHub's are objects, GitLab's may be lists, others texts."""
    match one:
        case str():
            return [one]
        case list():
            return [word for word in one[:4] if isinstance(word, str)]
        case dict():
            return [word for name in ("message", "code", "field") if isinstance(word := one.get(name), str)]
        case _:
            return []


_NEEDED: Final = {
    "gitlab": "the scope api, and the role Developer in the project",
    "gitea": "the rights write:repository and write:issue",
}


def _explain(place: Place, status: int, said: str, rights: Mapping[str, str]) -> str:
    name, path = place.connection.name, place.path
    needed = _NEEDED.get(place.connection.forge) or ", ".join(f"{right}: {level}" for right, level in rights.items())
    whose = "the gateway's key" if place.token is None else "the person's key"
    again = f" It says: {said}" if said else ""
    if 300 <= status < 400:
        return f"{path} has moved on {name}: name it as it is called there now."
    match status:
        case 401:
            return f"{name} does not accept {whose} for {path}."
        case 403:
            return f"{name} does not let {whose} do this with {path}: it needs {needed}.{again}"
        case 404:
            return f"{name} has no such thing in {path}, or {whose} does not reach it: it needs {needed}."
        case _:
            return f"{name} refuses this ({status}).{again}"
