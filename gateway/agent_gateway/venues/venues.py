"""The places of conversations: what follows where a topic is closed, opened, renamed or gone, or a chat is.

Everything is decided in one transaction with the update that tells of it. What only a refused call tells is noted, and
decided in a transaction of its own; a note that is lost comes back with the next refusal.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, Refused
from agent_gateway.store.rows import Address, Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.inbound import venues as words
from agent_gateway.telegram.inbound.updates import GENERAL_TOPIC
from agent_gateway.telegram.inbound.venues import VenueEvent, VenueEventKind
from agent_gateway.venues.moving import Moving
from agent_gateway.wake import Wake
from agent_kube.errors import KubeError

_log = logging.getLogger(__name__)
Then = Callable[[], Awaitable[None] | None]
TICK_SECONDS = 30.0
_RETRY_SECONDS = 2.0
_KILL_GRACE = 5
_CLOSED_OR_GONE = (VenueState.CLOSED, VenueState.ORPHANED)


class Closer(Protocol):
    """Ends what a turn shows."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""


class Venues:
    """Keeps threads in step with the topics and chats that they are held in.

    Args:
        store: Conversations.
        resources: AgentThreads.
        registry: Connections of runners.
        views: Live previews.
        wake: Tells what is due.
        moving: Carries conversations of a group over to its new id.
        check: Raises when this process may no longer act.
    """

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        registry: Registry,
        views: Closer,
        wake: Wake,
        moving: Moving,
        check: Callable[[], None],
    ) -> None:
        self._store = store
        self._resources = resources
        self._registry = registry
        self._views = views
        self._wake = wake
        self._moving = moving
        self._check = check
        self._noted: dict[VenueEvent, None] = {}
        self._due = asyncio.Event()

    # --- what is told -----------------------------------------------------------------------------

    async def apply(self, tx: Transaction, change: VenueEvent, update_id: int | None = None) -> list[Then]:
        """Record what became of a place, with all that follows; return what is to be done once that is committed.

        Args:
            tx: The transaction.
            change: What became of it.
            update_id: The update that tells so: what was written after it is not ended by it.
        """
        match change.what:
            case VenueEventKind.CLOSED:
                return await self._close(tx, change.address)
            case VenueEventKind.REOPENED:
                return await self.reopen(tx, change.address)
            case VenueEventKind.TOPIC_GONE | VenueEventKind.CHAT_GONE:
                return await self._lose(tx, change, update_id)
            case VenueEventKind.CHAT_BACK:
                back = await tx.venues.set(
                    change.address,
                    VenueState.OPEN,
                    was=(VenueState.ORPHANED,),
                    was_why="chat",
                    whole_chat=True,
                )
                return self._awake(back)
            case VenueEventKind.RENAMED:
                await tx.venues.rename_topic(change.address, change.title)
            case VenueEventKind.CHAT_RENAMED:
                await tx.venues.rename_chat(change.address, change.title)
            case VenueEventKind.MOVED:
                moved = await self._moving.move(tx, change.address, change.moved_to or change.address)
                return [*moved, self._due.set]
        return [self._due.set]

    async def reopen(self, tx: Transaction, address: Address) -> list[Then]:
        """Record that a topic takes messages again: what waited for it is said, and what waits goes on."""
        opened = await tx.venues.set(address, VenueState.OPEN, was=_CLOSED_OR_GONE)
        await tx.outbox.release_held(address)
        return [*self._awake(opened), self._wake.outbox]

    async def greet(self, tx: Transaction, address: Address) -> list[Then]:
        """Record that somebody has written in a place, so that it is not gone; a topic that is closed stays so."""
        return self._awake(await tx.venues.set(address, VenueState.OPEN, was=(VenueState.ORPHANED,)))

    async def settle(self, tx: Transaction, address: Address) -> list[Then]:
        """Record that somebody has written in General, which goes on with what its group had before it had topics."""
        if address.topic_id != GENERAL_TOPIC:
            return []
        moved = await self._moving.settle(tx, address)
        return [*moved, self._due.set] if moved else []

    def note(self, address: Address, problem: TelegramProblem) -> None:
        """Note what a refused call tells of the place that it went to."""
        change = words.read_problem(address, problem)
        if change is not None:
            self._noted[change] = None
            self._due.set()

    async def _close(self, tx: Transaction, address: Address) -> list[Then]:
        """Stop the running answer; what waits waits on, and what cannot be said there is held."""
        then: list[Then] = []
        for thread in await tx.venues.set(
            address, VenueState.CLOSED, was=(VenueState.OPEN, VenueState.ORPHANED)
        ):  # fmt: skip
            _log.info("topic_closed", extra={"agent_thread": thread.name})
            work = await tx.venues.underway(thread.id)
            if work.running is not None:
                await tx.turns.ask_stop(work.running.id)
                then.append(self._build_abort(thread.id, work.running.id, work.running.run))
            # nothing can be shown there; what waits is shown anew when its turn has come
            then += [partial(self._hide, turn_id) for turn_id in work.waiting]
        return then

    async def _lose(self, tx: Transaction, change: VenueEvent, update_id: int | None) -> list[Then]:
        chat = change.what is VenueEventKind.CHAT_GONE
        then: list[Then] = []
        for thread in await tx.venues.set(
            change.address, VenueState.ORPHANED, was=(VenueState.OPEN, VenueState.CLOSED), whole_chat=chat,
            why="chat" if chat else "topic",
        ):  # fmt: skip
            then += await self._orphan(tx, thread, update_id, chat=chat)
        return [*then, self._wake.outbox]

    async def _orphan(
        self, tx: Transaction, thread: Thread, update_id: int | None, *, chat: bool
    ) -> list[Then]:  # fmt: skip
        """End all work of a conversation that can be held nowhere, and tell who asked last where they can read it."""
        work = await tx.venues.underway(thread.id)
        last, run = work.last, work.run
        cancelled = await tx.turns.cancel_queued_before(thread.id, update_id)
        below = await tx.subagents.cancel_children(thread.id, "parent")
        if work.running is not None:
            await tx.turns.ask_stop(work.running.id)
        if run is not None:
            await tx.runs.ask_stop(thread.id, run.number, "killed")
        text = (words.chat_gone_text if chat else words.topic_gone_text)(thread.title, thread.name, len(cancelled))
        person = last.person_id if last is not None else None
        place = await tx.venues.private(person) if person is not None else None
        told = last is not None and place is not None and (not chat or bool(cancelled) or work.running is not None)
        if last is not None and place is not None and told:
            await tx.outbox.put(place, text, f"place-gone:{thread.id}:{last.id}", kind="notice")
        _log.warning(
            "place_gone",
            extra={"agent_thread": thread.name, "why": "chat" if chat else "topic", "cancelled": len(cancelled),
                   "told": told},
        )  # fmt: skip

        async def end() -> None:
            for turn_id in cancelled:
                await self._views.finish(turn_id)
            for child in below:
                self._wake.thread(child)
            link = self._registry.link(thread.id)
            if run is not None and link is not None and link.run == run.number:
                await link.shutdown("killed", _KILL_GRACE)
            self._wake.thread(thread.id)
            await self._put_event(thread, "PlaceGone", text)

        return [end]

    def _build_abort(self, thread_id: int, turn_id: int, run: int | None) -> Then:
        async def abort() -> None:
            link = self._registry.link(thread_id)
            if link is not None and link.run == run:
                await link.abort(turn_id)  # a runner that is away is told when it is back
            self._wake.thread(thread_id)

        return abort

    async def _hide(self, turn_id: int) -> None:
        await self._views.finish(turn_id)

    def _awake(self, threads: list[Thread]) -> list[Then]:
        for thread in threads:
            _log.info("place_back", extra={"agent_thread": thread.name})
        return [partial(self._wake.thread, thread.id) for thread in threads]

    # --- what goes on beside ----------------------------------------------------------------------

    async def run(self) -> None:
        """Take what was noted, and bring about what is recorded, for ever."""
        while True:
            self._due.clear()
            pause = TICK_SECONDS
            try:
                self._check()
                await self._take_noted()
                await self._tick()
            except Away as error:
                _log.warning("places_failed", extra={"error": type(error).__name__})
                pause = _RETRY_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._due.wait()
            except TimeoutError:
                continue

    async def _take_noted(self) -> None:
        for change in list(self._noted):
            del self._noted[change]
            try:
                async with self._store.transaction() as tx:
                    then = await self.apply(tx, change)
            except Refused as error:  # no trying again helps
                _log.warning("place_not_stored", extra={"what": change.what, "error": type(error).__name__})
                continue
            except Away:
                self._noted[change] = None
                raise
            await _do(then)

    async def _tick(self) -> None:
        if await self._store.outbox.probe_held():
            self._wake.outbox()
        for address in await self._store.venues.proven_open():
            async with self._store.transaction() as tx:
                then = await self.reopen(tx, address)
            await _do(then)
        await self._moving.retire()
        await self._retitle()

    async def _retitle(self) -> None:
        """Give AgentThreads the titles that their topics have now."""
        for thread in await self._store.venues.renamed():
            found = self._resources.cached(thread.name)
            if found is None or found.deleting:
                continue
            try:
                if found.spec.title != thread.title:
                    await self._resources.retitle(thread.name, thread.title)
                await self._store.venues.title_written(thread)
            except KubeError as error:
                _log.warning("title_not_written", extra={"agent_thread": thread.name, "why": error.reason})

    async def _put_event(self, thread: Thread, reason: str, text: str) -> None:
        """Say on the resource what can be said nowhere else; it stands in the log too."""
        found = self._resources.cached(thread.name)
        if found is None:
            return
        try:
            await self._resources.say(found, reason, text)
        except KubeError as error:
            _log.warning("event_not_written", extra={"agent_thread": thread.name, "why": error.reason})


async def _do(then: list[Then]) -> None:
    for function in then:
        result = function()
        if result is not None:
            await result
