"""A small client of the Kubernetes API.

A generated client costs 67 MB and two seconds of each start; what gateway and operator ask for are a handful of JSON
calls. Each has a deadline and a bound on what it reads, and fails with a `KubeError` and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiohttp

from agent_kube.answers import build_error, read_json, read_object
from agent_kube.calls import Called, tell_nobody, told
from agent_kube.clock import ServerClock
from agent_kube.credentials import ACCOUNT_DIR, Token, in_cluster
from agent_kube.errors import Away, KubeError, Refused

MAX_CONNECTIONS = 64
TOO_LARGE = "AnswerTooLarge"
"""Reason of the `Refused` that says that an answer exceeds its bound."""
MERGE_PATCH = "application/merge-patch+json"
_UNAUTHORIZED = 401
_OK = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call.

    Attributes:
        connect: Seconds until a connection stands.
        call: Seconds for a call as a whole, and until a watch has begun.
        silence: Seconds that a watch may be silent; bookmarks come about once a minute.
        answer: Bytes of an answer and of a watch's event; etcd keeps no object above 1.5 MiB.
        page: Bytes of one page of a list.
    """

    connect: float = 5.0
    call: float = 15.0
    silence: float = 70.0
    answer: int = 8 * 2**20
    page: int = 64 * 2**20


class KubeClient:
    """Calls by path; objects are plain JSON values.

    Args:
        base_url: Where the API server is.
        ssl_context: What to trust and what proves us; the system's certificates where None.
        token: What proves us beside certificates.
        limits: Bounds of each call.
        clock: Keeps the API server's time.
        called: Is told of each call; of a watch, of its beginning.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        token: Token | None = None,
        limits: Limits | None = None,
        clock: ServerClock | None = None,
        called: Called = tell_nobody,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._ssl = ssl_context
        self._token = token or Token()
        self._limits = limits or Limits()
        self._clock = clock or ServerClock()
        self._called = called
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def in_cluster(cls, account_dir: Path = ACCOUNT_DIR, called: Called = tell_nobody) -> Self:
        """Return a client with the pod's own ServiceAccount; `called` as in the class.

        Raises:
            Refused: this is no pod, or it has no ServiceAccount mounted.
        """
        found = in_cluster(account_dir)
        return cls(found.url, ssl_context=found.trust, token=found.token, called=called)

    @property
    def limits(self) -> Limits:
        """Return the bounds of each call."""
        return self._limits

    def now(self) -> datetime:
        """Return the API server's time, as its answers told it; this machine's before the first one."""
        return self._clock.now()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Make one call and return the object it answers.

        Raises:
            KubeError: by what the answer means; see `agent_kube.answers`.
        """
        data = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": content_type}
        with told(self._called, method, path):
            status, answer = await self._call(method, path, params, self._limits.answer, data, headers)
            return read_object(status, answer)

    async def page(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """Read one page of a list and return its JSON, not parsed yet.

        Raises:
            KubeError: by what the answer means; `Refused` with reason `TOO_LARGE` where fewer objects should be asked for.
        """
        with told(self._called, "LIST", path):
            _, answer = await self._call("GET", path, params, self._limits.page)
        return answer.decode(errors="replace")

    @contextlib.asynccontextmanager
    async def watch(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
        """Begin a watch and give its events until the API server ends it; to have entered means that it was accepted.

        Ask for bookmarks (`allowWatchBookmarks=true`): a watch that is silent for `Limits.silence` is taken for dead.

        Raises:
            KubeError: on entry or from the events; `Gone` where a new list is due.
        """
        with told(self._called, "WATCH", path):
            response = await self._begin_watch(path, params)
        try:
            async with contextlib.aclosing(self._events(response, path)) as events:
                yield events
        finally:
            _leave(response)

    async def _begin_watch(self, path: str, params: Mapping[str, str] | None) -> aiohttp.ClientResponse:
        begun = self._clock.stamp()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect, sock_read=self._limits.silence)
        with self._translated(f"The watch of {path} was not answered"):
            async with asyncio.timeout(self._limits.call):
                response = await self._open().get(
                    self._base + path,
                    params={"watch": "true", **(params or {})},
                    headers=self._headers(),
                    timeout=timeout,
                    allow_redirects=False,
                )
                self._note(response, begun)
                if response.status == _OK:
                    return response
                async with response:
                    raise self._build_error(response, await _read(response, self._limits.answer))

    async def _events(self, response: aiohttp.ClientResponse, path: str) -> AsyncGenerator[dict[str, Any], None]:
        with self._translated(f"The watch of {path} broke"):
            async for line in _lines(response.content, self._limits.answer):
                event = read_json(line)
                if event is None or not isinstance(event.get("object"), dict):
                    raise Away(f"The watch of {path} sent something that is no event.", _OK, "NoObject")
                if event.get("type") == "ERROR":
                    raise self._build_event_error(line)
                yield event

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        bound: int,
        data: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Make a call and return status and body of an answer that accepts it."""
        begun = self._clock.stamp()
        timeout = aiohttp.ClientTimeout(total=self._limits.call, sock_connect=self._limits.connect)
        with self._translated("The Kubernetes API does not answer"):
            async with self._open().request(
                method,
                self._base + path,
                data=data,
                params=params,
                headers=self._headers() | dict(headers or {}),
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                self._note(response, begun)
                answer = await _read(response, bound)
                if not 200 <= response.status < 300:
                    raise self._build_error(response, answer)
                return response.status, answer

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._ssl if self._ssl is not None else True, keepalive_timeout=60, limit=MAX_CONNECTIONS
            )
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    def _headers(self) -> dict[str, str]:
        # not compressed: to unpack a page costs more here than to receive it, and to pack it costs the API server
        base = {"Accept": "application/json", "Accept-Encoding": "identity"}
        token = self._token.read()
        return base if token is None else base | {"Authorization": f"Bearer {token}"}

    def _note(self, response: aiohttp.ClientResponse, begun: float) -> None:
        if response.status < 500:  # beyond that a proxy may have answered, with a clock of its own
            self._clock.note(response.headers.get("Date"), begun)
        if response.status == _UNAUTHORIZED:
            self._token.distrust()

    def _build_error(self, response: aiohttp.ClientResponse, answer: bytes) -> KubeError:
        told = read_json(self._token.blot(answer.decode(errors="replace")))
        return build_error(response.status, response.headers, told)

    def _build_event_error(self, line: bytes) -> KubeError:
        event = read_json(self._token.blot(line.decode(errors="replace"))) or {}
        told = event.get("object") or {}
        code = told.get("code")
        return build_error(code if isinstance(code, int) else 500, {}, told)

    @contextlib.contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Turn every fault of the connection into `Away`."""
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            words = self._token.blot(str(error)) or type(error).__name__
            raise Away(f"{what}: {words}", None, "Unreachable") from error


def _leave(response: aiohttp.ClientResponse) -> None:
    """Drop the connection of a watch at once: to part in order, TLS waits for a server that may be silent."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()


async def _read(response: aiohttp.ClientResponse, bound: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > bound:
            raise Refused(f"An answer of the Kubernetes API is larger than {bound} bytes.", response.status, TOO_LARGE)
        parts.append(chunk)
    return b"".join(parts)


async def _lines(content: aiohttp.StreamReader, bound: int) -> AsyncIterator[bytes]:
    """Yield what lies between line feeds, each piece looked through once."""
    rest = bytearray()
    async for chunk in content.iter_any():
        *whole, last = chunk.split(b"\n")
        for part in whole:
            line = bytes(rest) + part
            rest.clear()
            if line.strip():
                yield line
        rest += last
        if len(rest) > bound:
            raise Refused(f"An event of a watch is larger than {bound} bytes.", _OK, TOO_LARGE)
