"""Gives a pod what a tool server answers: message by message, each looked at, none held longer than it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import aiohttp
from aiohttp import web

from agent_gateway.bulk import do_aside
from agent_gateway.connections.upstream import Refusal
from agent_gateway.mcp.answers import MAX_MESSAGE, build_error, encode_hidden, filter_message
from agent_gateway.mcp.events import EventReader, TooLong, build_event
from agent_gateway.mcp.requests import FAILED, Malformed, Said, TooMany, read_object
from agent_gateway.mcp.room import Share
from agent_gateway.mcp.rules import Allowed
from agent_gateway.rates import Bucket

WRITE_SECONDS: Final = 30.0
"""For a pod to take what it is given."""
_EVENTS: Final = "text/event-stream"
_JSON: Final = "application/json"
_NO_CACHE: Final = {"Cache-Control": "no-store"}


class _NotTaken(Exception):
    """The pod does not take what it is given."""


@dataclass(frozen=True, slots=True)
class Relay:
    """One answer, for one pod.

    Attributes:
        request: The pod's.
        said: What went to the server.
        allowed: What the agent may do there.
        secrets: What no answer may hold.
        name: The connection's.
        headers: That the answer bears.
        share: What the call holds of the room: what it said, and here what is answered.
        bucket: Bytes that the run may still move.
        alone: Held by whoever reads a large message.
        deadline: On the event loop's clock.
        write_seconds: For the pod to take a part of it.
    """

    request: web.Request
    said: Said
    allowed: Allowed
    secrets: Sequence[bytes]
    name: str
    headers: dict[str, str]
    share: Share
    bucket: Bucket
    alone: asyncio.Lock
    deadline: float
    write_seconds: float = WRITE_SECONDS

    async def give(self, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        """Pass on what the server answers.

        Raises:
            Refusal: it is none that a pod is given, and nothing was begun.
            TimeoutError: it is late, and nothing was begun.
        """
        if self.said.id is None or answer.status == 202:
            return web.Response(status=202, headers=self.headers)
        if "Content-Encoding" in answer.headers:
            raise self._odd()
        if answer.content_type == _JSON:
            return await self._give_whole(answer)
        if answer.content_type == _EVENTS:
            return await self._give_stream(answer)
        raise self._odd()

    async def _give_whole(self, answer: aiohttp.ClientResponse) -> web.Response:
        """Pass on the answer, and return when the pod has it: until then its bytes are held."""
        found = await self._read_whole(answer)
        self._hold(len(found))
        response = web.Response(body=found, content_type=_JSON, headers={**self.headers, **_NO_CACHE})
        with suppress(_NotTaken):
            await self._write(response.prepare(self.request))
            await self._write(response.write_eof())
        return response

    async def _read_whole(self, answer: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async with asyncio.timeout_at(self.deadline):
            async for piece in answer.content.iter_any():
                await self._wait(len(piece))
                self._hold(len(data) + len(piece))
                data += piece
                if len(data) > MAX_MESSAGE:
                    raise self._too_large()
        found = await self._read(data)
        if found is None:
            raise self._odd()
        self._hold(len(data) + len(found[0]))
        return found[0]

    async def _give_stream(self, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        """Pass on events until the answer is there; what goes wrong by then is told as the answer."""
        response = web.StreamResponse(headers={**self.headers, **_NO_CACHE, "Content-Type": _EVENTS})
        await response.prepare(self.request)
        words = f"{self.name} ended its answer before it was whole."
        try:
            async with asyncio.timeout_at(self.deadline) as bound:
                if await self._copy(answer, response, bound):
                    words = ""
        except TimeoutError:
            words = build_late(self.name)
        except Refusal as refusal:
            refusal.count()
            words = str(refusal)
        except aiohttp.ClientError:
            pass
        except _NotTaken:
            return response
        with suppress(_NotTaken):
            if words:
                told = encode_hidden(build_error(self.said.id, FAILED, words), ())
                await self._write(response.write(build_event(told)))
            await self._write(response.write_eof())
        return response

    async def _copy(self, answer: aiohttp.ClientResponse, response: web.StreamResponse, bound: asyncio.Timeout) -> bool:
        """Pass on events; say whether the answer was among them. While the pod takes one, the server's time stands still."""
        reader = EventReader(MAX_MESSAGE)
        try:
            async for piece in answer.content.iter_any():
                await self._wait(len(piece))
                for data in reader.feed(piece):
                    found = await self._read(data)
                    if found is not None:
                        self._hold(len(piece) + len(data) + len(found[0]))
                        bound.reschedule(None)
                        await self._write(response.write(build_event(found[0])))
                        bound.reschedule(self.deadline)
                        if found[1]:
                            return True
                self._hold(reader.size)
        except TooLong as error:
            raise self._too_large() from error
        return False

    async def _read(self, data: bytes | bytearray) -> tuple[bytes, bool] | None:
        """Return a message as the pod is given it, and whether it is the answer; None for one that is not passed on."""
        try:
            return await do_aside(len(data), self.alone, partial(self._rewrite, data))
        except Malformed as error:
            raise self._odd() from error
        except TooLong as error:
            raise self._too_large() from error
        except TooMany as error:
            words = f"{self.name} answers with more values than are read (limit: mcp-values)."
            raise Refusal(502, words, "mcp-values") from error

    def _rewrite(self, data: bytes | bytearray) -> tuple[bytes, bool] | None:
        kept = filter_message(read_object(data), self.said, self.allowed)
        return None if kept is None else (encode_hidden(kept, self.secrets), "method" not in kept)

    def _hold(self, count: int) -> None:
        self.share.set(len(self.said.body) + count)

    async def _wait(self, count: int) -> None:
        """Wait until the run may have these bytes; raises Refusal where that is after the deadline."""
        if not (wait := self.bucket.owe(count)):
            return
        if asyncio.get_running_loop().time() + wait > self.deadline:
            words = (
                f"{self.name} answers with more than the agent may have now: try again in a moment (limit: mcp-bytes)."
            )
            raise Refusal(429, words, "mcp-bytes")
        await asyncio.sleep(wait)

    async def _write(self, writing: Awaitable[object]) -> None:
        """Wait until a part of the answer is written; a pod that does not take it loses its connection."""
        try:
            async with asyncio.timeout(self.write_seconds):
                await writing
        except TimeoutError as error:
            if self.request.transport is not None:
                self.request.transport.abort()
            raise _NotTaken from error

    def _odd(self) -> Refusal:
        return Refusal(502, f"{self.name} answers as no tool server would.")

    def _too_large(self) -> Refusal:
        return Refusal(
            502, f"{self.name} answers with more than {MAX_MESSAGE >> 20} MiB (limit: mcp-message).", "mcp-message"
        )


def build_late(name: str) -> str:
    """Return the words for a server that takes longer than the class lets it."""
    return f"{name} did not answer in time."
