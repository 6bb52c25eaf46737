"""Faults that spoil calls: how many, which share of them, for how long; what a kind does is each simulator's own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_FAULTS = 1000
"""Faults that are kept, the ended ones included; of these the oldest are forgotten first."""
MAX_SECONDS = 3600.0
"""How long one call can be held."""
MAX_ACTIVE = 86_400.0
"""Seconds that a fault can last."""


class FaultSpec(BaseModel):
    """What is asked for at `POST /sim/faults`; each simulator adds its kinds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    count: int | None = Field(default=None, ge=1)
    """How many calls it spoils; without it one, or, where it lasts for a time, as many as come."""
    probability: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    """Of the draws by `probability`; the same seed strikes the same calls in their order."""
    seconds_active: float | None = Field(default=None, gt=0, le=MAX_ACTIVE)
    until: float | None = Field(default=None, gt=0)
    """Milliseconds since the epoch."""
    seconds: float | None = Field(default=None, ge=0, le=MAX_SECONDS)
    """How long a call is held."""

    @model_validator(mode="after")
    def _end_once(self) -> Self:
        if self.seconds_active is not None and self.until is not None:
            raise ValueError("give seconds_active or until, not both")
        return self

    @property
    def most(self) -> int | None:
        """Return how many calls it spoils at most; None for no limit."""
        lasting = self.seconds_active is not None or self.until is not None
        return self.count if self.count is not None or lasting else 1

    @property
    def adds(self) -> bool:
        """Say whether another fault may strike the same call."""
        return self.kind in {"slow", "delay"}


Spec = TypeVar("Spec", bound=FaultSpec)


@dataclass(slots=True, eq=False)
class Fault(Generic[Spec]):
    """A fault and how often it struck."""

    number: int
    spec: Spec
    until: float | None
    """Seconds since the epoch."""
    random: random.Random
    matched: int = 0
    strikes: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by whoever ends it; calls that it holds then go on."""

    def is_active(self, now: float) -> bool:
        """Say whether it can still strike."""
        spent = self.spec.most is not None and self.strikes >= self.spec.most
        return not (spent or self.ended.is_set() or (self.until is not None and now >= self.until))

    def draw(self) -> bool:
        """Decide whether it strikes the next call that it matches."""
        self.matched += 1
        if self.random.random() >= self.spec.probability:
            return False
        self.strikes += 1
        return True

    async def hold(self, seconds: float, is_gone: Callable[[], bool] | None = None) -> None:
        """Wait for `seconds`, or until the other side is gone or the fault was ended by hand."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self.ended.is_set():
            if is_gone is not None and is_gone():
                return
            try:
                # nothing reports that the other side hung up
                async with asyncio.timeout(min(left, 0.05)):
                    await self.ended.wait()
            except TimeoutError:
                continue


class Faults(Generic[Spec]):
    """The faults of one simulator, in the order in which they were asked for."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._all: list[Fault[Spec]] = []
        self._next = 1

    def add(self, spec: Spec) -> dict[str, int]:
        """Add a fault and return its number and how many are active.

        Raises:
            ValueError: too many are active.
        """
        now = self._clock()
        active = [fault for fault in self._all if fault.is_active(now)]
        if len(active) >= MAX_FAULTS:
            raise ValueError(f"at most {MAX_FAULTS} faults can be active")
        until = spec.until / 1000 if spec.until is not None else None
        if spec.seconds_active is not None:
            until = now + spec.seconds_active
        while len(self._all) >= MAX_FAULTS:
            self._all.remove(next(fault for fault in self._all if not fault.is_active(now)))
        self._all.append(Fault(self._next, spec, until, random.Random(spec.seed)))
        self._next += 1
        return {"fault": self._next - 1, "faults": len(active) + 1}

    def strike(self, matches: Callable[[Spec], bool]) -> list[Fault[Spec]]:
        """Return what strikes one call: faults that add to others, and at most one that does not, as the last."""
        struck: list[Fault[Spec]] = []
        now = self._clock()
        for fault in self._all:
            if fault.is_active(now) and matches(fault.spec) and fault.draw():
                struck.append(fault)
                if not fault.spec.adds:
                    break
        return struck

    def end(self) -> int:
        """End what is active and return how many that were; the counts stay."""
        active = [fault for fault in self._all if fault.is_active(self._clock())]
        for fault in self._all:
            fault.ended.set()
        return len(active)

    def clear(self) -> None:
        """End and forget all."""
        self.end()
        self._all.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Return every fault: its number, whether it is active, how often it matched and struck, and what it is."""
        now = self._clock()
        return [
            {
                **fault.spec.model_dump(exclude_unset=True),
                "kind": fault.spec.kind,
                "fault": fault.number,
                "active": fault.is_active(now),
                "matched": fault.matched,
                "strikes": fault.strikes,
                "until": round(fault.until * 1000) if fault.until is not None else None,
            }
            for fault in self._all
        ]
