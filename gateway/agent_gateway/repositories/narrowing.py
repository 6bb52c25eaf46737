"""Writes the rules that administrators want in the chat into AgentThreads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from agent_contract.base import Wire
from agent_gateway.effects import NarrowRights
from agent_gateway.events import Events
from agent_gateway.pauses import wait_at_most
from agent_gateway.resources.values import NarrowedField, ThreadValue
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_kube.errors import KubeError

_log = logging.getLogger(__name__)
POLL_SECONDS: Final = 30.0
MOST: Final = 100
"""Conversations of one look."""


class Resources(Protocol):
    """AgentThreads."""

    async def ensure(self, thread: Thread) -> ThreadValue | None:
        """Return the AgentThread of a thread; where there is none, made without a run."""

    async def narrow(self, name: str, rules: Sequence[Wire] | None, field: NarrowedField = "repositories") -> None:
        """Write what is left of the class's rules, None for all."""


class RightsWriter:
    """Writes what is recorded, also by an earlier process. Until it is written it holds by its row (`connections.rights`).

    Args:
        store: What is to be written.
        resources: AgentThreads.
        events: Tells that something is.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks.
    """

    def __init__(
        self,
        store: Store,
        resources: Resources,
        events: Events,
        check: Callable[[], None],
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._resources = resources
        self._check = check
        self._poll = poll
        self._due = asyncio.Event()
        events.on(NarrowRights, self._wake)

    async def run(self) -> None:
        """Write for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        while True:
            self._due.clear()
            await self.write_due()
            await wait_at_most(self._due, self._poll)

    async def write_due(self) -> None:
        """Write what is due; what the API server does not take is tried again with the next look."""
        for narrowed in await self._store.repositories.due(MOST):
            if await self._write(narrowed.thread_id, narrowed.name, narrowed.rules, "repositories"):
                await self._store.repositories.written(narrowed)
        for some in await self._store.narrowed.due(MOST):
            if await self._write(some.thread_id, some.name, some.rules, some.field):
                await self._store.narrowed.written(some)

    async def _write(self, thread_id: int, name: str, rules: Sequence[Wire] | None, field: NarrowedField) -> bool:
        self._check()
        thread = await self._store.threads.by_id(thread_id)
        try:
            if thread is not None:
                await self._resources.ensure(thread)
            await self._resources.narrow(name, rules, field)
        except KubeError as error:
            _log.warning("rights_not_written", extra={"agent_thread": name, "field": field, "why": error.reason})
            return False
        _log.info("rights_written", extra={"agent_thread": name, "field": field})
        return True

    def _wake(self, _: NarrowRights) -> None:
        self._due.set()
