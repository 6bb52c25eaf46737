"""A push that may go is passed on, and seen to its end: once its body is upstream, it goes through with its pod or without."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from aiohttp import web

from agent_gateway.connections.answers import SMALL, chain, collect, pass_on, start
from agent_gateway.connections.pushed import Seen
from agent_gateway.connections.pushes import Push
from agent_gateway.connections.underway import Reading, Receiving
from agent_gateway.connections.upstream import Refusal, Upstream

log = logging.getLogger(__name__)

RESULT: Final = "application/x-git-receive-pack-result"
ANSWER_SECONDS: Final = 600.0
"""So long a server's answer is waited for when its pod has gone."""
CLOSE_SECONDS: Final = 2.0
"""So long the answers of servers are waited for when we end."""
MOST_WAITING: Final = 1 << 20
"""Bytes of an answer that a pod may leave lying; then it gets no more of it."""
MOST_OF_ONE: Final = 32
"""Pushes of a conversation whose answers are waited for."""
MOST_IN_ALL: Final = 256


class PushRecord(Protocol):
    """Records what was pushed."""

    async def note(self, thread_id: int, connection: str, path: str, push: Push, seen: Seen) -> None:
        """Record what a git server's answer reports."""


@dataclass(slots=True)
class _Passage:
    """What stands between the server's answer and the pod that it is given to."""

    sent: bool = False
    """The whole body is upstream."""
    packed: bool = False
    """The server answers with gzip."""
    left: bool = False
    """The pod gets no more of it."""
    waiting: int = 0
    pieces: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)

    async def watch(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield a body that is sent while it is read."""
        async for chunk in body:
            yield chunk
        self.sent = True

    async def give(self, body: bytes) -> AsyncIterator[bytes]:
        """Yield a body that is here: nothing more of it is the pod's to keep back."""
        self.sent = True
        yield body

    def put(self, piece: bytes) -> None:
        """Lay a piece of the answer before the pod."""
        self.left = self.left or self.waiting + len(piece) > MOST_WAITING
        if not self.left:
            self.waiting += len(piece)
            self.pieces.put_nowait(piece)

    async def take(self) -> bytes | None:
        """Return the next piece; None once the push has been seen to its end."""
        piece = await self.pieces.get()
        self.waiting -= len(piece or b"")
        return piece


class Passer:
    """Passes pushes on.

    Args:
        upstream: Asks git servers.
        pushed: Records what went through.
    """

    def __init__(self, upstream: Upstream, pushed: PushRecord) -> None:
        self._upstream = upstream
        self._pushed = pushed
        self._tasks: dict[asyncio.Task[None], int] = {}

    async def close(self) -> None:
        """Wait a while for what servers still answer, and give up the rest."""
        tasks = list(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def pass_on(self, receiving: Receiving, reading: Reading) -> web.StreamResponse:
        """Send a push to its server, and give the pod what that one answers.

        Raises:
            Refusal: it does not answer as a git server, or too many are waited for.
        """
        thread_id = receiving.identity.thread_id
        if list(self._tasks.values()).count(thread_id) >= MOST_OF_ONE or len(self._tasks) >= MOST_IN_ALL:
            raise Refusal(429, "too many pushes are not answered yet: push again in a while", "git-requests")
        passage = _Passage()
        task = asyncio.create_task(self._carry(receiving, reading, passage))
        self._tasks[task] = thread_id
        task.add_done_callback(partial(self._note_end, passage))
        try:
            return await _relay(receiving.request, reading, passage, task)
        finally:
            await _leave(task, passage)

    async def _carry(self, receiving: Receiving, reading: Reading, passage: _Passage) -> None:
        """Send it, read the answer to its end, and record what it reports."""
        request, push, path = receiving.request, reading.push, receiving.target.path
        headers = {"Content-Type": "application/x-git-receive-pack-request", **pass_on(request.headers)}
        headers["Accept-Encoding"] = "identity"
        chunks = chain(push.encode(), reading.chunks())
        body = passage.watch(chunks)
        if 0 < (request.content_length or 0) <= SMALL:
            whole = await collect(chunks)
            headers["Content-Length"], body = str(len(whole)), passage.give(whole)
        seen = Seen()
        try:
            async with self._upstream.call(
                receiving.connection, path, "git-receive-pack", write=True, headers=headers, body=body, expected=RESULT
            ) as answer:
                extra = {"agent_thread": receiving.identity.thread_name, "refs": len(push.commands)}
                log.info("push_passed_on", extra=extra)
                passage.packed = answer.headers.get("Content-Encoding") == "gzip"
                async for chunk in answer.content.iter_any():
                    seen.add(chunk)
                    passage.put(chunk)
        finally:
            if seen.tail:
                await self._pushed.note(receiving.identity.thread_id, receiving.connection.name, path, push, seen)

    def _note_end(self, passage: _Passage, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        passage.pieces.put_nowait(None)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Refusal):
            log.warning("push_not_seen_to_its_end", extra={"error": type(error).__name__})


async def _relay(
    request: web.Request, reading: Reading, passage: _Passage, task: asyncio.Task[None]
) -> web.StreamResponse:  # fmt: skip
    """Give the pod the answer; a push that failed before it began raises why."""
    response, begun = reading.response, False
    while (piece := await passage.take()) is not None:
        if response is None:
            response = await start(request, RESULT, {"Content-Encoding": "gzip"} if passage.packed else None)
        begun = True
        await response.write(piece)
    cut = passage.left or (begun and (task.cancelled() or task.exception() is not None))
    if response is not None and cut:
        if request.transport is not None:
            request.transport.abort()  # a clean end would look like a whole answer
        return response
    task.result()
    response = response or await start(request, RESULT)
    await response.write_eof()
    return response


async def _leave(task: asyncio.Task[None], passage: _Passage) -> None:
    """Let a push go on whose body is upstream, for a while; end any other."""
    passage.left = True
    if task.done():
        return
    if passage.sent:
        timer = asyncio.get_running_loop().call_later(ANSWER_SECONDS, task.cancel)
        task.add_done_callback(lambda _: timer.cancel())
        return
    task.cancel()
    await asyncio.wait({task})
