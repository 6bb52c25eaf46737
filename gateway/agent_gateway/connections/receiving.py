"""A push: read, judged, proven, held for a person where it must be, and only then passed on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Final, Protocol

from aiohttp import web

from agent_contract.quantities import compute_bytes
from agent_gateway.connections.answers import NO_CACHE, check_type, limited, start
from agent_gateway.connections.held import Held
from agent_gateway.connections.inspecting import Inspector
from agent_gateway.connections.packs import PackHead
from agent_gateway.connections.passing import RESULT, Passer, PushRecord
from agent_gateway.connections.pktline import BAND_PROGRESS, Malformed, PktReader, encode_band
from agent_gateway.connections.pushes import Command, read_push
from agent_gateway.connections.rules import Verdict, judge
from agent_gateway.connections.underway import Reading, Receiving
from agent_gateway.connections.upstream import Refusal, Upstream
from agent_gateway.effects import WakePush

log = logging.getLogger(__name__)

TELL_SECONDS: Final = 5.0
"""The pod's git is told so often that the push waits."""
REST_SECONDS: Final = 30.0
"""The rest of a push that is refused is read so long."""


class Approvals(Protocol):
    """Asks people."""

    async def ask(self, held: Held) -> str | None:
        """Ask, and wait for the answer: None lets the push through, else it says why not.

        Whoever no longer needs the answer cancels.
        """

    def wake(self, effect: WakePush) -> None:
        """Look at a question now: it was answered."""


class Receiver:
    """Takes pushes.

    Args:
        upstream: Asks git servers.
        approvals: Asks people.
        pushed: Records what went through.
    """

    def __init__(self, upstream: Upstream, approvals: Approvals, pushed: PushRecord) -> None:
        self._approvals = approvals
        self._passer = Passer(upstream, pushed)
        self._inspector = Inspector(upstream)

    def wake(self, effect: WakePush) -> None:
        """Let a push that waits go on at once when it was decided."""
        self._approvals.wake(effect)

    async def close(self) -> None:
        """End what works for it; the answers of servers are waited for a while."""
        self._inspector.close()
        await self._passer.close()

    async def take(self, receiving: Receiving) -> web.StreamResponse:
        """Answer one push.

        Raises:
            Refusal: it is none, or cannot be told about in git's own report.
        """
        request = receiving.request
        check_type(request, "application/x-git-receive-pack-request")
        most = min(compute_bytes(rule.max_push) for rule in receiving.rules)
        too_large = Refusal(413, f"the push is larger than {most >> 20} MiB", "git-push")
        reader = PktReader(limited(request.content.iter_any(), most, too_large))
        try:
            push = await read_push(reader)
        except Malformed as error:
            raise Refusal(400, str(error)) from error
        if push is None:
            return web.Response(content_type=RESULT, headers=NO_CACHE)
        reading = Reading(push, reader, PackHead(push.object_format))
        try:
            verdict = judge(receiving.rules, push)
            if not verdict.refused and (request.content_length or 0) > most:
                raise too_large  # before a byte of it has been read
            workflows: dict[Command, tuple[str, ...] | None] = {}
            if not verdict.refused:
                workflows = await self._inspector.judge(receiving, reading, verdict)
            if not verdict.refused and verdict.asks:
                await self._hold(receiving, reading, verdict, workflows)
            if verdict.refused:
                return await _report(receiving, reading, verdict.refused)
            return await self._passer.pass_on(receiving, reading)
        except Refusal as refusal:
            refusal.count()
            return await _report(receiving, reading, {command.ref: str(refusal) for command in push.commands})
        finally:
            reading.close()

    async def _hold(
        self,
        receiving: Receiving,
        reading: Reading,
        verdict: Verdict,
        workflows: dict[Command, tuple[str, ...] | None],
    ) -> None:
        """Wait for a person, telling the pod's git so; what is refused is added to the verdict."""
        refs = [command.ref for command in reading.push.commands]
        if not reading.push.side_band:
            verdict.refused |= dict.fromkeys(refs, "needs a person's approval, which this git cannot wait for")
            return
        reading.response = await start(receiving.request, RESULT)
        changes = await self._inspector.describe(receiving, reading, workflows)
        held = Held(
            receiving.identity.thread_id,
            receiving.identity.run,
            receiving.connection.name,
            receiving.target.path,
            changes,
        )
        asked = asyncio.ensure_future(self._approvals.ask(held))
        try:
            while not asked.done():
                waited = time.monotonic() - receiving.began
                said = f"waiting for approval in the chat ({waited:.0f} s) …\n"
                await reading.response.write(encode_band(BAND_PROGRESS, said.encode()))
                await asyncio.wait({asked}, timeout=TELL_SECONDS)
            reason = asked.result()
        finally:
            asked.cancel()
        if reason is not None:
            verdict.refused |= dict.fromkeys(refs, reason)
            return
        await reading.response.write(encode_band(BAND_PROGRESS, b"approved\n"))


async def _report(receiving: Receiving, reading: Reading, reasons: Mapping[str, str]) -> web.StreamResponse:
    """Tell git for each ref why it was refused, in the words that it shows behind the ref."""
    reading.close()  # its room is another's while the rest is read
    log.info("push_refused", extra={"agent_thread": receiving.identity.thread_name, "refs": len(reasons)})
    report = reading.push.report(reasons)
    if not report and reading.response is None:
        raise Refusal(403, next(iter(reasons.values())))
    await _read_rest(reading)
    response = reading.response or await start(receiving.request, RESULT)
    await response.write(report)
    await response.write_eof()
    return response


async def _read_rest(reading: Reading) -> None:
    """Read what git still sends, as it reads no answer before; it is bounded by what one push may have."""
    with contextlib.suppress(TimeoutError, OSError, Refusal):
        async with asyncio.timeout(REST_SECONDS):
            async for _ in reading.reader.rest():
                pass
