"""What is fetched from the gateway and handed over to it beside the connection: sessions, workspaces, files."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_contract.base import Wire
from agent_contract.keptfiles import STATE_TYPE
from agent_contract.memory import MemoryAnswer, MemoryCall
from agent_contract.names import (
    PATH_FILES,
    PATH_LOOKS,
    PATH_MEMORY,
    PATH_PACKS,
    PATH_PULLS,
    PATH_SESSION,
    PATH_STATES,
    PATH_WORKSPACE,
)
from agent_contract.pulls import PullAnswer, PullCall
from agent_runner.httpclient import Bounds, Response, request
from agent_runner.workspace import WorkspaceError

_SESSION = Bounds(silence=30)
_STREAM = Bounds(silence=60)
_KEPT = Bounds(silence=60, total=120)
_PULLS = Bounds(silence=180, total=180)
"""A few calls of a forge's API, each with a deadline at the gateway."""
_OK = 200
_UNAVAILABLE = 503
_ANSWERED = (400, 403, 404, 409, 413)
"""Answers that asking again does not change; their words are for a person."""


class Declined(Exception):
    """The gateway will not move this file; the text says why."""


class Unavailable(ConnectionError):
    """The gateway cannot move this file now; the text says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the gateway is, and the file that holds what proves us."""

    url: str
    token: Path

    def headers(self) -> dict[str, str]:
        """Return the headers of one request; the kubelet replaces the token, so it is read each time."""
        return {"Authorization": f"Bearer {self.token.read_text().strip()}"}


class Transfers:
    """Streams over connections of their own, each with a bound on its silence.

    Args:
        address: The gateway's.
    """

    def __init__(self, address: Address) -> None:
        self._address = address

    async def fetch_session(self, target: Path, header: str, lines: int) -> str:
        """Write the stored session below a header line into `target`; return the last line.

        Raises:
            OSError: the stream broke or is not of the length it was announced with.
        """
        ends = _Ends()
        url = self._address.url + PATH_SESSION
        async with request("GET", url, self._address.headers(), _SESSION) as response:
            response.raise_for_status()
            with target.open("w+b") as file:
                ends.add(file.write(header.encode() + b"\n"), b"\n")
                async for chunk in response.iter_any():
                    ends.add(file.write(chunk), chunk)
                if not ends.closed:
                    ends.add(file.write(b"\n"), b"\n")
                if ends.count - 1 < lines:
                    raise ConnectionError(f"{ends.count - 1} session lines came instead of {lines}")
                file.seek(ends.before)
                return file.read(ends.last - ends.before).decode()

    @contextlib.asynccontextmanager
    async def open_workspace(self) -> AsyncIterator[tuple[bool, AsyncIterator[bytes]]]:
        """Fetch the files that this run begins with: whether they are a kept state, not a packed workspace, and their parts.

        Raises:
            OSError: the stream broke.
        """
        url = self._address.url + PATH_WORKSPACE
        headers = self._address.headers() | {"Accept": STATE_TYPE}
        async with request("GET", url, headers, _STREAM) as response:
            response.raise_for_status()
            yield response.content_type == STATE_TYPE, response.iter_any()

    async def put_pack(self, name: str, body: bytes) -> None:
        """Store a part of what is kept; the same twice is one.

        Raises:
            WorkspaceError: the gateway does not take it.
            OSError: the gateway is away, or cannot take it now.
        """
        await self._put_kept(f"{PATH_PACKS}/{name}", {}, body)

    async def put_state(self, body: bytes, turn: int, call_id: str | None = None) -> list[str]:
        """Store what the parts are of, or with nothing that it is as it was; return the parts that are not stored.

        Raises:
            WorkspaceError: the gateway does not take it.
            OSError: the gateway is away, or cannot take it now.
        """
        query = {"turn": str(turn)} | ({} if call_id is None else {"call": call_id})
        answer = await self._put_kept(PATH_STATES, query, body)
        return [str(name) for name in answer.get("missing", ())]

    async def _put_kept(self, path: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
        headers = self._address.headers() | {"Content-Type": "application/octet-stream"}
        url = self._address.url + path
        async with request("PUT", url, headers, _KEPT, query=query, body=body) as response:
            if response.status in _ANSWERED:
                words = str((await response.json())["error"]["message"])
                raise WorkspaceError(words)
            response.raise_for_status()
            return dict(await response.json()) if response.status == _OK else {}

    async def fetch_file(self, turn: int, number: int) -> AsyncIterator[bytes]:
        """Yield a file that came with a turn.

        Raises:
            Declined: it cannot be had.
            OSError: the stream broke.
        """
        url = f"{self._address.url}{PATH_FILES}/{turn}/{number}"
        async with request("GET", url, self._address.headers(), _STREAM) as response:
            await _check(response)
            async for chunk in response.iter_any():
                yield chunk

    async def put_file(self, path: Path, name: str, turn: int, call_id: str, caption: str) -> None:
        """Hand over a file for the chat; the same call id twice is one file.

        Raises:
            Declined: the gateway does not take it.
            OSError: the stream broke.
        """
        url = self._address.url + PATH_FILES
        said = base64.urlsafe_b64encode(caption.encode()).decode()
        query = {"turn": str(turn), "call": call_id, "name": name, "caption": said}
        with path.open("rb") as file:
            headers = self._address.headers()
            async with request("PUT", url, headers, _STREAM, query=query, body=file) as response:
                await _check(response)

    async def post_pull(self, call: PullCall) -> PullAnswer:
        """Ask the gateway what an agent asks of a forge; the same call id twice is one.

        Raises:
            Declined: it is refused; the text says why.
            OSError, ValueError: the gateway is away, or cannot tell now.
        """
        return PullAnswer.model_validate_json(await self._post(PATH_PULLS, call))

    async def post_memory(self, call: MemoryCall) -> MemoryAnswer:
        """Ask the gateway what an agent asks of what is remembered; the same call id twice is one.

        Raises:
            Declined: it is refused; the text says why.
            OSError, ValueError: the gateway is away, or cannot tell now.
        """
        return MemoryAnswer.model_validate_json(await self._post(PATH_MEMORY, call))

    async def _post(self, path: str, call: Wire) -> bytes:
        headers = self._address.headers() | {"Content-Type": "application/json"}
        body = call.model_dump_json(by_alias=True, exclude_none=True).encode()
        async with request("POST", self._address.url + path, headers, _PULLS, body=body) as response:
            await _check(response)
            return await response.read()

    async def put_look(self, look_id: str, body: bytes) -> None:
        """Hand over what somebody wanted to see.

        Raises:
            Declined: nobody waits for it any more.
            OSError: the gateway is away.
        """
        url = f"{self._address.url}{PATH_LOOKS}/{look_id}"
        async with request("PUT", url, self._address.headers(), _KEPT, body=body) as response:
            await _check(response)


class _Ends:
    """Where the last line of a file stands, whose lines come in pieces of any size."""

    def __init__(self) -> None:
        self.count = 0
        """Of lines."""
        self.before = 0
        """Where the last line begins."""
        self.last = -1
        """Where its end is."""
        self._size = 0

    @property
    def closed(self) -> bool:
        """Whether the file ends with the end of a line."""
        return self.last == self._size - 1

    def add(self, size: int, piece: bytes) -> None:
        """Know that so many bytes were written, which end as this piece does."""
        self.count += piece.count(b"\n")
        begin = self._size + size - len(piece)
        self._size += size
        last = piece.rfind(b"\n")
        if last < 0:
            return
        earlier = piece.rfind(b"\n", 0, last)
        self.before = (self.last if earlier < 0 else begin + earlier) + 1
        self.last = begin + last


async def _check(response: Response) -> None:
    """Raise for an answer that is none of what was asked for."""
    if response.status in _ANSWERED:
        raise Declined(str((await response.json())["error"]["message"]))
    if response.status == _UNAVAILABLE:
        raise Unavailable(str((await response.json())["error"]["message"]))
    response.raise_for_status()
