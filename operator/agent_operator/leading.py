"""Whether this operator works, or stands by."""

from __future__ import annotations

import asyncio
from typing import Protocol

from agent_operator.errors import NotLeading


class Leading(Protocol):
    """Says which of several operators works; `agent_kube.lease.Lease` does."""

    problem: str | None

    def held(self) -> bool:
        """Say whether this one may write, now."""

    async def wait(self, *, held: bool) -> None:
        """Return once it may, or once it may not."""

    async def run(self) -> None:
        """Keep it so, for ever."""

    async def give_up(self) -> None:
        """Let another one work."""


class Alone:
    """The only operator of its release always works."""

    problem: str | None = None

    def held(self) -> bool:
        """Say whether this one may write."""
        return True

    async def wait(self, *, held: bool) -> None:
        """Return at once, or never."""
        if not held:
            await asyncio.Event().wait()

    async def run(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def give_up(self) -> None:
        """Do nothing: nobody waits for it."""


class Check:
    """Raises `NotLeading` unless this operator may write.

    Args:
        leading: Knows it.
    """

    def __init__(self, leading: Leading) -> None:
        self._leading = leading

    def __call__(self) -> None:
        """Return if this operator may write."""
        if not self._leading.held():
            raise NotLeading("Another operator leads, or may.")
