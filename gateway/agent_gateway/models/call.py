"""A model call as it goes: what it reserved, what is known of its answer, and that it is settled once."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Final

from agent_gateway.models.estimate import estimate_tokens
from agent_gateway.models.meter import Meter, Reservation, Spent
from agent_gateway.models.metrics import CALL_SECONDS, REQUESTS, TOKENS
from agent_gateway.models.usage import Usage, UsageScanner
from agent_kube.tracing.steps import note_step

log = logging.getLogger(__name__)
_UNKNOWN: Final = frozenset({499, 504})
"""Statuses of ours at which a provider may have worked: nobody waited for it, or not long enough."""
SETTLE_SECONDS: Final = 10.0
"""How long the end of an answer waits for the database; what is reserved stays reserved beyond."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is."""

    thread_id: int
    thread_name: str
    run: int

    @property
    def key(self) -> tuple[int, int]:
        """Return what its run is counted by."""
        return self.thread_id, self.run


class Call:
    """What is known of a call as it goes.

    Args:
        caller: Whose.
        meter: Told what it used.
        arrived: On the clock of `time.perf_counter`.
    """

    def __init__(self, caller: Caller, meter: Meter, arrived: float) -> None:
        self.caller = caller
        self.arrived = arrived
        self.began = time.time_ns()
        self.marks: dict[str, int] = {}
        """When it was `sent` to the provider, and when the `first_byte` of an answer came: nanoseconds since the epoch."""
        self.provider = "unknown"
        self.status = 499
        """Until the provider answers: the client went away."""
        self.started = False
        """The pod has the headers of an answer."""
        self.sent = False
        """The provider may have it, and may charge for it."""
        self.answered = False
        """It did answer, if with an error."""
        self.scanner = UsageScanner()
        self.reservation: Reservation | None = None
        self._meter = meter
        self._settling: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """Record what was used; once, whoever hangs up meanwhile. What cannot be recorded stays reserved."""
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle())
        await asyncio.shield(self._settling)

    async def _settle(self) -> None:
        self.scanner.end()
        usage, model = self._find_usage(), self.scanner.model
        REQUESTS.labels(self.provider, str(self.status)).inc()
        CALL_SECONDS.labels(self.provider).observe(time.perf_counter() - self.arrived)
        for kind in ("input", "output", "cached", "written"):
            if number := getattr(usage, kind):
                TOKENS.labels(self.provider, kind).inc(number)
        if self.reservation is None:
            return
        note_step("model_answered", asked=self.reservation.call, usage=usage, answered_by=model, call=self)
        spent = Spent(
            usage.input, usage.output, usage.cached, usage.written, self.status,
            round((time.perf_counter() - self.arrived) * 1000), model, usage.estimated,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._meter.settle(self.reservation, spent)
        except Exception:  # whatever it is, the answer is whole; the reservation stays, and is logged about
            log.exception("usage_not_recorded")

    def _find_usage(self) -> Usage:
        """Return what the provider told, or an estimate; a call that it refused, or never got, used nothing."""
        unknown = self.sent and not self.answered and self.status in _UNKNOWN
        if self.status >= 400 and not unknown:
            return Usage()
        usage = self.scanner.usage
        if self.reservation is not None and not usage.input:
            return Usage(input=estimate_tokens(self.reservation.call.input_bytes), estimated=True)
        return usage
