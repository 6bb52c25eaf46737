"""The venues of conversations: what follows where a topic is closed, opened, renamed or gone, or a chat is.

Everything is decided in one transaction with the update that tells of it. What only a refused call tells is noted, and
decided in a transaction of its own; a note that is lost comes back with the next refusal. What is recorded, the cluster
is given beside.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent_gateway.effects import WakeOutbox, WakeVenues
from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.pauses import wait_at_most
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, Refused, StoreError
from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.inbound.venues import VenueEvent, VenueEventKind, read_problem
from agent_gateway.venues import closed, gone, moved, opened, renamed
from agent_kube.errors import KubeError
from agent_kube.queue import WorkQueue

_log = logging.getLogger(__name__)
POLL_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 60.0
_WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class Retirement:
    """An AgentThread is no longer used."""

    name: str
    thread_id: int


@dataclass(frozen=True, slots=True)
class NewTitle:
    """A thread was renamed."""

    thread: Thread


class Venues:
    """Keeps threads in step with the topics and chats that they are held in.

    Args:
        store: Conversations.
        resources: AgentThreads.
        events: Tells that something was recorded.
        check: Raises when this process may no longer act.
        bot_name: The gateway's short name.
        poll: Seconds between two looks for what is due.
    """

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        events: Events,
        check: Callable[[], None],
        bot_name: str,
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._resources = resources
        self._events = events
        self._check = check
        self._bot_name = bot_name
        self._poll = poll
        self._due = asyncio.Event()
        expected, fatal = (KubeError, StoreError), (LeadershipLost,)
        self._noted: WorkQueue[VenueEvent] = WorkQueue(
            self._take_noted, workers=1, expected=expected, fatal=fatal, look_seconds=_LOOK_SECONDS
        )
        self._recorded: WorkQueue[Retirement | NewTitle] = WorkQueue(
            self._bring_about, workers=_WORKERS, expected=expected, fatal=fatal, look_seconds=_LOOK_SECONDS
        )
        events.on(WakeVenues, lambda _: self._due.set())

    async def apply(self, tx: Transaction, change: VenueEvent, update_id: int | None = None) -> None:
        """Record what became of a venue, with all that follows.

        Args:
            tx: The transaction.
            change: What became of it.
            update_id: The update that tells so: what was written after it is not ended by it.
        """
        match change.what:
            case VenueEventKind.CLOSED:
                await closed.close(tx, change.address)
            case VenueEventKind.REOPENED:
                await opened.reopen(tx, change.address)
            case VenueEventKind.TOPIC_GONE:
                await gone.lose(tx, change.address, update_id, chat=False)
            case VenueEventKind.CHAT_GONE:
                await gone.lose(tx, change.address, update_id, chat=True)
            case VenueEventKind.CHAT_BACK:
                await opened.come_back(tx, change.address)
            case VenueEventKind.RENAMED | VenueEventKind.CHAT_RENAMED:
                chat = change.what is VenueEventKind.CHAT_RENAMED
                await renamed.rename(tx, change.address, change.title, chat=chat)
                tx.after(WakeVenues())
            case VenueEventKind.MOVED:
                await moved.move(tx, change.address, change.moved_to or change.address, self._bot_name)

    async def greet(self, tx: Transaction, address: Address) -> None:
        """Record that somebody has written in a venue, so that it is not gone."""
        await opened.greet(tx, address)

    async def settle(self, tx: Transaction, address: Address) -> None:
        """Record that somebody has written in General, which goes on with what its group had before it had topics."""
        await moved.settle(tx, address, self._bot_name)

    def note(self, address: Address, problem: TelegramProblem) -> None:
        """Note what a refused call tells of the venue that it went to."""
        change = read_problem(address, problem)
        if change is not None:
            self._noted.add(change)

    @property
    def noted(self) -> int:
        """Return how many notes wait."""
        return self._noted.length

    async def run(self) -> None:
        """Take what was noted, and bring about what is recorded, for ever.

        Raises:
            LeadershipLost: another gateway may lead now.
            Away: the database does not tell what is due.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._noted.run())
            group.create_task(self._recorded.run())
            while True:
                self._check()
                self._due.clear()
                await self._find_due()
                await wait_at_most(self._due, self._poll)

    async def _find_due(self) -> None:
        """Ask what is due, a bounded part of it at once."""
        if await self._store.outbox.probe_held():
            self._events.publish([WakeOutbox()])
        for address in await self._store.venues.proven_open():
            async with self._store.transaction() as tx:
                await opened.reopen(tx, address)
        for name, thread_id in await self._store.venues.retired():
            self._recorded.add(Retirement(name, thread_id))
        for thread in await self._store.venues.renamed():
            self._recorded.add(NewTitle(thread))

    async def _take_noted(self, change: VenueEvent) -> None:
        self._check()
        try:
            async with self._store.transaction() as tx:
                await self.apply(tx, change)
        except Away:
            raise
        except Refused as error:  # no trying again helps
            _log.warning("venue_not_stored", extra={"what": change.what, "error": type(error).__name__})

    async def _bring_about(self, due: Retirement | NewTitle) -> None:
        self._check()
        match due:
            case Retirement(name=name, thread_id=thread_id):
                await moved.retire(self._store, self._resources, name, thread_id)
            case NewTitle(thread=thread):
                await renamed.write_title(self._store, self._resources, thread)
