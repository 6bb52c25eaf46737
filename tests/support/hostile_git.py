"""Requests of a pod that no git would make, as bytes: odd methods, paths, headers, lengths, LFS lists and APIs of forges."""

from __future__ import annotations

import asyncio
import gzip
import json
import random

LONG = 10_000
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "GIT", "get", "PROPFIND")
RESTS = (
    "info/refs?service=git-upload-pack", "info/refs?service=git-receive-pack", "info/refs", "info/refs?service=git-upload-archive",
    "info/refs?service=git-upload-pack&service=git-receive-pack", "info/refs?service=git%2dupload-pack", "git-upload-pack", "git-receive-pack",
    "git-upload-archive", "HEAD", "objects/info/packs", "objects/pack/pack-1.pack", "config", "hooks/post-receive", "info/lfs/objects/batch",
    "info/lfs/locks", "info/lfs/locks/verify", "info/lfs/objects/../../../secret.git/HEAD", "info/lfs/sealed/AAAA", "info/lfs/objects/" + "a" * 64,
    "info/lfs/objects/verify", "git-receive-pack?x=1", "git-upload-pack#x", "./git-upload-pack", "git-upload-pack/..", "",
)  # fmt: skip
PLACES = (
    "/git/lab/acme/api.git", "/git/lab/acme/api", "/git/lab/acme/secret.git", "/git/lab/other/api.git", "/git/lab/acme/api.git/../secret.git",
    "/git/lab/acme%2fsecret.git", "/git/lab/acme/%73ecret.git", "/git/lab//acme/secret.git", "/git/lab/acme/api.git;x", "/git/lab/acme\\api.git",
    "//git/lab/acme/secret.git", "/git/../git/lab/acme/secret.git", "/git/lab/acme/api.git%00", "/git/lab/acme/api.git\t", "/git/lab/acme/\u0430pi.git",
    "/git/LAB/acme/api.git", "/git/lab/.git/acme", "/git/lab/-acme/api.git", "/git/lab", "/git/lab/api/v4/projects", "/git/lab/api/v3/user",
    "/git/lab/../../api/v1/user", "/git/lab@forge.example/acme/secret.git", "/git/lab/acme/api.git?/../secret.git", "/git/" + "a/" * 3000,
    "http://forge.example/acme/secret.git", "/git/http://forge.example/acme/secret.git", "/GIT/lab/acme/secret.git",
)  # fmt: skip
HEADERS = (
    "Host: forge.example", "X-Forwarded-Host: forge.example", "X-Original-URL: /git/lab/acme/secret.git/HEAD", "Git-Protocol: version=2\n X: y",
    "Git-Protocol: version=2:x", "X-HTTP-Method-Override: DELETE", "Connection: Authorization", "Proxy-Authorization: Basic eDp5",
    "Authorization: Basic eDp5", "Cookie: a=b", "Range: bytes=0-9", "Expect: 100-continue", "Upgrade: h2c", "Content-Encoding: gzip",
    "Content-Encoding: br", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked", "Content-Length: 4",
    "Content-Length: -1", "Content-Length: 99999999999", "Accept-Encoding: gzip, br", "X: " + "y" * LONG, "Te: trailers", "\0: x", "Referer: x",
)  # fmt: skip
TYPES = (
    "application/x-git-upload-pack-request", "application/x-git-receive-pack-request", "application/vnd.git-lfs+json", "text/plain",
    "application/json",
)  # fmt: skip


def pkt(payload: bytes) -> bytes:
    return b"%04x" % (len(payload) + 4) + payload


class HostileRequests:
    """Makes them from a seed.

    Args:
        token: Of the pod.
        commit: One that upstream has.
        seed: Of the choice.
    """

    def __init__(self, token: str, commit: str, seed: int) -> None:
        self._token = token
        self._commit = commit
        self._random = random.Random(seed)

    def make(self) -> bytes:
        """Return one, head and body: two in five are nearly honest."""
        choose = self._random.choice
        if self._random.random() < 0.4:
            return self._make_near()
        place = PLACES[0] if self._random.random() < 0.5 else choose(PLACES)
        rest = choose(RESTS)
        method = choose(("GET", "POST")) if self._random.random() < 0.8 else choose(METHODS)
        body = choose(
            (
                b"",
                self._build_fetch(),
                self._build_fetch(),
                self._build_list(),
                self._build_list(),
                gzip.compress(b"\0" * (1 << 20)),
            )
        )
        lines = [
            f"{method} {place}/{rest} HTTP/1.1",
            "Host: gateway",
            f"Authorization: Bearer {self._token}",
            "Connection: close",
        ]
        if self._random.random() < 0.8:
            lines.append(f"Content-Type: {choose(TYPES)}")
        lines += self._random.sample(HEADERS, choose((0, 0, 1, 1, 2)))
        if not any("ength" in line or "ncoding" in line for line in lines):
            lines.append(f"Content-Length: {len(body)}")
        end = "\n" if self._random.random() < 0.02 else "\r\n"
        return (end.join(lines) + end + end).encode("utf-8", "replace") + body

    def _make_near(self) -> bytes:
        """Build what git, or git-lfs, may well send, with one odd header."""
        rest, content, build = self._random.choice(
            (
                ("info/refs?service=git-upload-pack", "", bytes), ("git-upload-pack", TYPES[0], self._build_fetch),
                ("info/lfs/objects/batch", TYPES[2], self._build_list),
            )
        )  # fmt: skip
        body = build()
        lines = [f"{'POST' if content else 'GET'} {PLACES[0]}/{rest} HTTP/1.1", f"Authorization: Bearer {self._token}"]
        lines += ["Host: gateway", "Connection: close", self._random.choice(HEADERS)]
        if content:
            lines += [f"Content-Type: {content}", "Accept: application/vnd.git-lfs+json"]
        if not any("ength" in line or "ncoding:" in line for line in lines[4:]):
            lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace") + body

    def _build_fetch(self) -> bytes:
        command = self._random.choice(("fetch", "ls-refs", "object-info", "bundle-uri", "receive-pack", "x" * 300))
        lines = [
            b"want " + self._commit.encode() + b"\n",
            b"want " + b"f" * 40 + b"\n",
            b"ref-prefix refs/\n",
            b"done\n",
            b"want-ref refs/heads/main\n",
        ]
        some = b"".join(map(pkt, self._random.sample(lines, self._random.randrange(5))))
        return (
            pkt(f"command={command}".encode()) + self._random.choice((b"0001", b"0000", b"0002", b"")) + some + b"0000"
        )

    def _build_list(self) -> bytes:
        """Build a list of Git LFS: more than may be, names that are none, actions of one's own."""
        oid = self._random.choice(("a" * 64, "../" * 20, "A" * 64, "", None, 7))
        size = self._random.choice((1, -1, 10**15, "1", None))
        objects = [{"oid": oid, "size": size, "actions": {"download": {"href": "http://forge.example/acme/secret"}}}]
        asked = {
            "operation": self._random.choice(("download", "upload", "delete", None)), "transfers": ["basic", "custom"],
            "ref": {"name": "refs/heads/main"}, "objects": objects * self._random.choice((0, 1, 2, 2000)),
            "href": "http://forge.example/",
        }  # fmt: skip
        return self._random.choice((json.dumps(asked), "[" * LONG, json.dumps([asked]), '{"objects": NaN}')).encode()


async def send(port: int, request: bytes, seconds: float) -> bytes:
    """Send bytes, and return whatever comes back, for so long at most."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    try:
        async with asyncio.timeout(seconds):
            writer.write(request)
            await writer.drain()
            while chunk := await reader.read(1 << 16):
                found += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return found
