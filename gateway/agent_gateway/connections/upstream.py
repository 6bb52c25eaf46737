"""Asks a git server over smart HTTP: one place where the key is put on, and where it can go.

Source: gitprotocol-http(5), gitprotocol-v2(5).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from yarl import URL

from agent_gateway.connections.credentials import NoCredential
from agent_gateway.connections.packs import PackHead, Proof
from agent_gateway.connections.pktline import (
    BAND_DATA,
    BAND_FAILURE,
    DELIMITER,
    FLUSH,
    Malformed,
    PktReader,
    encode,
    encode_lines,
)
from agent_gateway.connections.settings import Connection
from agent_gateway.httppool import CONNECT_SECONDS, HttpPool
from agent_gateway.metrics import LIMITS

READ_SECONDS: Final = 600.0
"""The longest silence of a server: it may have a large repository to pack."""
ASK_BYTES: Final = 8 << 20
"""Of the commits between two, as far as they are walked."""
MOST_ASKED: Final = 8
"""Commits that one question is about."""
MAX_CAPABILITIES: Final = 64
ABLE_SECONDS: Final = 60.0
MOST_ABLE: Final = 256
"""Repositories of which it is remembered so long what their server can do."""


class Refusal(Exception):
    """A request that is answered here. The text is for a person and holds no key.

    Args:
        status: Of HTTP.
        message: For the person.
        limit: The name of the limit that was reached, as it is counted.
    """

    def __init__(self, status: int, message: str, limit: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self._limit = limit

    def count(self) -> None:
        """Count it, where a limit was reached; whoever answers with it does so."""
        if self._limit is not None:
            LIMITS.labels(self._limit).inc()


class Upstream:
    """The HTTP connections to all git servers."""

    def __init__(self) -> None:
        self._pool = HttpPool(
            aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
            auto_decompress=False, read_bufsize=256 << 10, skip_auto_headers=("Accept-Encoding", "Content-Type"),
        )  # fmt: skip
        self._able: OrderedDict[tuple[str, str], tuple[float, list[str]]] = OrderedDict()

    def get_session(self) -> aiohttp.ClientSession:
        """Return the one pool; nothing is unpacked."""
        return self._pool.get()

    async def close(self) -> None:
        """Close them."""
        await self._pool.close()

    @asynccontextmanager
    async def call(
        self,
        connection: Connection,
        path: str,
        rest: str,
        *,
        write: bool,
        headers: Mapping[str, str],
        expected: str,
        body: bytes | AsyncIterator[bytes] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request to a repository, and give its answer if it is a git server's.

        A redirect is never followed: neither the key nor the rules would fit.

        Raises:
            Refusal: it is not.
        """
        url = URL(f"{connection.url}/{path}.git/{rest}", encoded=True)
        sent = {**headers, **(await build_authorization(connection, path, write=write))}
        try:
            async with self.get_session().request(
                "GET" if body is None else "POST", url, headers=sent, data=body, allow_redirects=False
            ) as answer:  # fmt: skip
                if answer.status == 200 and answer.content_type == expected:
                    yield answer
                    return
                if answer.status in (401, 404) and connection.credential is not None:
                    connection.credential.drop(path)
                raise Refusal(*explain(connection, path, answer))
        except aiohttp.ClientSSLError as error:
            raise Refusal(502, f"{connection.name} shows a certificate that the gateway does not trust.") from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if isinstance(error.__cause__, Refusal):
                raise error.__cause__ from None
            raise Refusal(502, f"{connection.name} does not answer the gateway: try again in a moment.") from error

    async def descends(self, connection: Connection, path: str, old: str, border: Iterable[str], form: str) -> bool:
        """Ask whether one of some commits, which upstream has, descends from `old`, or is it.

        It fetches the commits between them, without files where the server can leave them out, and walks their parents.
        What is too far to be walked within the budget is not proven.
        """
        wanted = sorted(border)
        if old in wanted:
            return True
        if not wanted or len(wanted) > MOST_ASKED:
            return False
        able = await self._capabilities(connection, path)
        if "version 2" not in able:
            return False
        fetch = next((line for line in able if line.startswith("fetch=")), "")
        lines = ["thin-pack", "no-progress", "ofs-delta", *(["filter tree:0"] if "filter" in fetch else [])]
        lines += [*(f"want {oid}" for oid in wanted), f"have {old}", "done"]
        head = PackHead(form)
        read = 0
        async for payload in self.command(connection, path, "fetch", lines, form):
            if payload[:1] == bytes([BAND_DATA]):
                head.feed(payload[1:])
                read += len(payload)
            if any(head.prove(old, oid)[0] is Proof.FORWARD for oid in wanted):
                return True
            if head.ended or read > ASK_BYTES:
                break
        return False

    async def find_aliases(self, connection: Connection, path: str, refs: Iterable[str], form: str) -> dict[str, str]:
        """Return those of some refs that stand for others, with these: a rule for the one would be none for the other."""
        found: dict[str, str] = {}
        names = set(refs)
        lines = ["symrefs", *(f"ref-prefix {ref}" for ref in sorted(names))]
        async for payload in self.command(connection, path, "ls-refs", lines, form):
            _, ref, *words = payload.decode("utf-8", "replace").split()
            target = next((word for word in words if word.startswith("symref-target:")), None)
            if ref in names and target:
                found[ref] = target.partition(":")[2]
        return found

    async def find_head(self, connection: Connection, path: str, form: str) -> str | None:
        """Return the commit that a repository's default branch names; None where there is none."""
        async for payload in self.command(connection, path, "ls-refs", ["symrefs", "ref-prefix HEAD"], form):
            oid, ref, *_ = [*payload.decode("utf-8", "replace").split(), "", ""]
            if ref == "HEAD":
                return oid
        return None

    async def fetch_objects(
        self, connection: Connection, path: str, names: Iterable[str], form: str, most: int
    ) -> bytes | None:
        """Fetch objects by their names, and of a commit not what it stands on; return the pack.

        Where a server cannot leave out files, it sends them too. None: it has not all of them, or they are larger than
        `most` bytes.

        Raises:
            Refusal: it does not answer as a git server.
        """
        able = await self._capabilities(connection, path)
        fetch = next((line for line in able if line.startswith("fetch=")), "")
        if "version 2" not in able or "shallow" not in fetch:
            return None
        lines = ["no-progress", "ofs-delta", "deepen 1", *(["filter tree:0"] if "filter" in fetch else [])]
        lines += [*(f"want {name}" for name in sorted(set(names))), "done"]
        parts: list[bytes] = []
        size = 0
        async for payload in self.command(connection, path, "fetch", lines, form):
            if payload.startswith(b"ERR "):
                return None
            if payload[:1] == bytes([BAND_DATA]):
                parts.append(payload[1:])
                size += len(payload)
            if size > most or payload[:1] == bytes([BAND_FAILURE]):
                return None
        return b"".join(parts) or None

    async def _capabilities(self, connection: Connection, path: str) -> list[str]:
        """Return what a server can do for a repository, as it said lately."""
        key, now = (connection.name, path), time.monotonic()
        if key not in self._able or self._able[key][0] < now - ABLE_SECONDS:
            self._able[key] = now, await self._ask_capabilities(connection, path)
            self._able.move_to_end(key)
            while len(self._able) > MOST_ABLE:
                self._able.popitem(last=False)
        return self._able[key][1]

    async def _ask_capabilities(self, connection: Connection, path: str) -> list[str]:
        async with self.call(
            connection, path, "info/refs?service=git-upload-pack", write=False,
            headers={"Git-Protocol": "version=2"}, expected="application/x-git-upload-pack-advertisement",
        ) as answer:  # fmt: skip
            reader = PktReader(answer.content.iter_any())
            line = await _read(connection, reader)
            if line is not None and line.startswith(b"# service="):
                await _read(connection, reader)
                line = await _read(connection, reader)
            found: list[str] = []
            while line is not None and len(found) < MAX_CAPABILITIES:
                found.append(line.decode("utf-8", "replace").strip())
                line = await _read(connection, reader)
            return found

    async def command(
        self, connection: Connection, path: str, command: str, lines: list[str], form: str
    ) -> AsyncIterator[bytes]:
        """Send one command of git's protocol 2; yield the lines of its answer.

        Raises:
            Refusal: it is not answered, or not as a git server would.
        """
        start = encode_lines([f"command={command}", "agent=openclaw-gateway", f"object-format={form}"])
        body = start + DELIMITER + b"".join(encode(f"{line}\n".encode()) for line in lines) + FLUSH
        headers = {"Git-Protocol": "version=2", "Content-Type": "application/x-git-upload-pack-request"}
        async with self.call(
            connection, path, "git-upload-pack", write=False, headers=headers, body=body,
            expected="application/x-git-upload-pack-result",
        ) as answer:  # fmt: skip
            reader = PktReader(answer.content.iter_any())
            while (line := await _read(connection, reader)) is not None:
                yield line


async def build_authorization(connection: Connection, path: str, *, write: bool) -> dict[str, str]:
    """Return the header that bears the key.

    Raises:
        Refusal: the gateway has none, though it should.
    """
    if connection.credential is None:
        return {}
    try:
        return {"Authorization": await connection.credential.build_header(path, write=write)}
    except NoCredential as error:
        raise Refusal(502, str(error)) from error


def explain(connection: Connection, path: str, answer: aiohttp.ClientResponse) -> tuple[int, str]:
    """Return status and words for an answer that is no git server's, or none that helps."""
    name, status = connection.name, answer.status
    if 300 <= status < 400:
        return 404, f"{path} has moved on {name}: name it as it is called there now."
    words = {
        401: (502, f"{name} does not accept the gateway's key for {path}."),
        403: (403, f"{name} does not let the gateway's key do this with {path}."),
        404: (404, f"{name} has no {path}, or the gateway's key does not reach it."),
        413: (413, f"{name} takes no push as large as this."),
    }
    if status in words:
        return words[status]
    if status == 429 or status >= 500:
        return 503, f"{name} answers {status}: try again in a moment."
    return 502, f"{name} answers as no git server would ({status})."


async def _read(connection: Connection, reader: PktReader) -> bytes | None:
    try:
        return await reader.line(delimiters=True)
    except Malformed as error:
        raise Refusal(502, f"{connection.name} answers as no git server would.") from error
