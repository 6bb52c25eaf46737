"""Requests that no tool would send, made from honest ones: each is one way to have an address read here as one and there as another."""

from __future__ import annotations

import posixpath
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

METHODS = (
    "GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "G ET", "PURGE", "MOVE", "PRI",
)  # fmt: skip
FRONTS = (
    "/http/api/", "/http/api/", "/http/api/", "/http/api/", "/http/npm/", "/http/npm/", "/http/api", "/http//api/", "/http/other/", "/http/API/",
    "/HTTP/api/", "/http/api%2f", "/http/./api/", "/git/api/", "http://evil.example/http/api/", "//evil.example/http/api/", "/http/api/../api/",
    "/http/api?/", "/http/api;x/", "*", "",
)  # fmt: skip
INNER = (
    "v1/x", "v1/x", "v1/x", "v1/", "v1", "v2/secret", "secret", "v1/../v2/secret", "v1/%2e%2e/v2/secret", "v1/..%2fv2/secret", "v1/.%2e/v2/secret",
    "v1/..;/v2/secret", "v1/%252e%252e/v2/secret", "v1/..\\v2/secret", "v1/..%5cv2/secret", "v1//../v2/secret", "v1/%c0%ae%c0%ae/v2/secret",
    "v1/%u002e%u002e/v2", "v1/\uff0e\uff0e/v2/secret", "v1/%EF%BC%8E%EF%BC%8E/v2/secret", "v1/x%00/../../v2", "v1/x%0d%0aX-Evil:%201", "v1/x#/../v2",
    "v1/x?a=b", "v1/x?_method=DELETE", "v1/x?a=%2e%2e", "v1/x?\x7f", "./v2/secret", "%76%32/secret", "V2/secret", "v1%2fx", "v1/@a%2fb", "@a%2fb", "@a%2f..",
    "@a%2f%2e%2e%2fv2", "@a/../v2", "v1/x%20y", "v1/x+y", "v1/%", "v1/%zz", "v1/" + "a" * 3000, "v1/x y", "v1/x\ty", "..", ".", "%2e", "@a%2F@b%2Fc",
    "v1/\u202e", "v1/a:b@c", "v1/x%3f/../../v2", "v1/%2520", "v1/.../x", "v1/x./y", "v1/..%00/x", "v1/. ./x",
)  # fmt: skip
HEADERS = (
    "Host: evil.example", "Authorization: Basic b3RoZXI6eA==", "Cookie: a=b", "X-Forwarded-Host: evil.example", "X-Original-URL: /base/v2/secret",
    "X-Rewrite-URL: /base/v2/secret", "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: PUT", "Connection: Authorization", "Connection: close, X-Key",
    "Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk", "TE: trailers",
    "Expect: 100-continue", "Expect: something", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked",
    "Transfer-Encoding: xchunked", "Transfer-Encoding:\tchunked\r\nContent-Length: 4", "Content-Length: 0\r\nContent-Length: 44", "Content-Length: +4",
    "Content-Length: 4, 4", "Content-Length: -1", "Content-Length: 99999999999999", "Range: bytes=0-0,1-1", "Accept: x\r\n y", "X-Empty:", ": x", "X Y: z",
    "Accept: a\x00b", "Accept: \u00fc", "Content-Encoding: gzip", "Trailer: Authorization", "Proxy-Authorization: Basic eA==", "Origin: null",
    "If-None-Match: " + "x" * 5000, "Accept-Encoding: gzip, br", "Content-Type: a\r\nX-Evil: 1", "User-Agent: npm/1 \r", "Via: 1.1 x", "Forwarded: for=x",
)  # fmt: skip
BODIES = (
    b"", b"", b"", b"body", b"0\r\n\r\n", b"4\r\nbody\r\n0\r\n\r\n", b"GET /http/api/v2/secret HTTP/1.1\r\nHost: x\r\n\r\n",
    b"0\r\n\r\nGET /base/v2/secret HTTP/1.1\r\nHost: x\r\n\r\n", b"x" * 2000, b"ffffffff\r\n", b"4;a=b\r\nbody\r\n0\r\nAuthorization: x\r\n\r\n",
)  # fmt: skip


_PARTS: tuple[tuple[Any, ...], ...] = (METHODS, FRONTS, INNER, HEADERS, BODIES)


def read_loosely(path: str) -> str:
    """Return a path as the most helpful server would understand it."""
    for _ in range(4):
        path = unquote(path)
    parts = [
        part.partition(";")[0] for part in path.replace("\\", "/").replace("\uff0e", ".").replace("\x00", "").split("/")
    ]
    return posixpath.normpath("/" + "/".join(part.strip() or "." for part in parts))


@dataclass(frozen=True)
class Raw:
    """One request, as bytes on the wire."""

    data: bytes


class HostileRequests:
    """Makes them from a seed.

    Args:
        token: What a pod shows.
        seed: Of the choice.
    """

    def __init__(self, token: str, seed: int) -> None:
        self._random = random.Random(seed)
        self._token = token
        self._each = iter([(number, value) for number, values in enumerate(_PARTS) for value in values])

    def make(self) -> Raw:
        """Make one: each odd part once in a request that is honest otherwise, then as the seed has it."""
        pick = self._random.choice
        odd = dict([one]) if (one := next(self._each, None)) is not None else self._choose()
        method = odd.get(0) or pick(("GET", "GET", "POST"))
        path = odd.get(1, "/http/api/") + odd.get(2, "v1/x")
        if 5 in odd:
            path = self._mutate(path)
        lines = [f"{method} {path} HTTP/1.{pick('11111110')}", f"Authorization: Bearer {self._token}", "Host: gateway"]
        lines += [odd[3]] if 3 in odd else []
        body = odd.get(4, b"body" if method == "POST" else b"")
        if body and self._random.random() < 0.8:
            lines.append(f"Content-Length: {len(body)}")
        return Raw("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + body)

    def _choose(self) -> dict[int, Any]:
        """Choose odd parts, mostly one: a request that is refused for another would hide it."""
        numbers = self._random.choices(
            range(6), weights=(1, 2, 6, 3, 2, 3), k=self._random.choice((0, 1, 1, 1, 1, 2, 3))
        )
        return {number: self._random.choice(_PARTS[number]) if number < 5 else None for number in numbers}

    def _mutate(self, path: str) -> str:
        at = self._random.randrange(len(path) + 1)
        sign = self._random.choice(
            ("/", ".", "%", "%2f", "%2e", "\\", "?", "#", ";", "@", "//", "/../", "\t", "%00", "\u00e9", "*", " ")
        )
        return path[:at] + sign + path[at + self._random.randrange(2) :]
