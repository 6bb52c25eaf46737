"""A small client of the Kubernetes API.

A generated client costs the gateway 67 MB and two seconds of every start; what the gateway asks for are a handful of
JSON calls.
"""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

ACCOUNT_DIR = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TOKEN_AGE = 60.0
"""Seconds after which the token's file is read again: the kubelet replaces it in place."""
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


class KubeError(Exception):
    """The API server refused a call, or did not answer (`status` is None then)."""

    def __init__(self, status: int | None, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class KubeClient:
    """Calls by path; objects are plain JSON values."""

    def __init__(
        self,
        base_url: str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        token: str | None = None,
        token_file: Path | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._ssl = ssl_context
        self._token = token
        self._token_file = token_file
        self._token_read = 0.0
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def in_cluster(cls, account_dir: Path = ACCOUNT_DIR) -> Self:
        """Return a client with the pod's own ServiceAccount.

        Raises KubeError with words where there is none.
        """
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        authority = account_dir / "ca.crt"
        if not host or not authority.exists():
            raise KubeError(None, "NotInCluster", "This is no pod of a cluster: no ServiceAccount is mounted.")
        bracketed = f"[{host}]" if ":" in host else host
        return cls(
            f"https://{bracketed}:{port}",
            ssl_context=ssl.create_default_context(cafile=str(authority)),
            token_file=account_dir / "token",
        )

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

        Raises KubeError; its message is the API server's own.
        """
        data = None if body is None else json.dumps(body)
        headers = self._headers() | ({} if body is None else {"Content-Type": content_type})
        try:
            async with self._open().request(
                method, self._base + path, data=data, params=params, headers=headers, timeout=_TIMEOUT
            ) as response:
                return _check(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KubeError(None, "Unreachable", f"The Kubernetes API does not answer: {_words(error)}") from error

    async def watch(
        self, path: str, *, params: Mapping[str, str] | None = None, idle: float = 60.0
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the events of a watch until the API server ends it.

        Ask for bookmarks (`allowWatchBookmarks=true`), which come about once a minute, and set `idle` above that:
        a watch silent for longer is taken for dead. Raises KubeError, with status 410 where a new list is due.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=idle)
        query = {"watch": "true", **(params or {})}
        try:
            async with self._open().get(
                self._base + path, params=query, headers=self._headers(), timeout=timeout
            ) as response:
                if response.status != 200:
                    _check(response.status, await response.read())
                async for line in _lines(response.content):
                    yield _event(line)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KubeError(None, "Unreachable", f"The watch of {path} broke: {_words(error)}") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._ssl if self._ssl is not None else True, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    def _headers(self) -> dict[str, str]:
        now = time.monotonic()
        if self._token_file is not None and (self._token is None or now - self._token_read > _TOKEN_AGE):
            self._token = self._token_file.read_text(encoding="utf-8").strip()
            self._token_read = now
        base = {"Accept": "application/json"}
        return base if self._token is None else base | {"Authorization": f"Bearer {self._token}"}


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line


def _event(line: bytes) -> dict[str, Any]:
    event = json.loads(line)
    if event.get("type") == "ERROR":
        status = event.get("object", {})
        raise KubeError(status.get("code"), status.get("reason", "Error"), status.get("message", "the watch failed"))
    return dict(event)


def _check(status: int, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    if status < 300 and isinstance(answer, dict):
        return answer
    found = answer if isinstance(answer, dict) else {}
    message = str(found.get("message") or f"The Kubernetes API answered with status {status}.")
    raise KubeError(status, str(found.get("reason") or "Error"), message)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
