"""Tells the chat what a turn waits for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from agent_gateway.conversations.actions import ShowWaiting, Wait
from agent_gateway.conversations.closing import Closer, close_views
from agent_gateway.conversations.slots import Slots
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.logs import describe_fault
from agent_gateway.resources.agentthreads import KIND
from agent_gateway.resources.words import explain_wait
from agent_gateway.store import Store
from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.errors import StoreError
from agent_gateway.store.rows import Address, Thread, Turn, TurnState
from agent_gateway.wake import Wake
from agent_gateway.wording import keys, waiting
from agent_gateway.wording.again import build_error_id
from agent_kube.errors import KubeError

_log = logging.getLogger(__name__)


class Previews(Closer, Protocol):
    """What the chat shows of a turn before its end."""

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None = None) -> None:
        """Begin to show a turn."""

    def waiting(self, turn_id: int, text: str) -> None:
        """Show what it waits for."""

    def working(self, turn_id: int) -> None:
        """Show that it waits no more."""


class WaitingView:
    """Shows what turns wait for.

    Args:
        store: Conversations.
        views: Live previews.
        wake: Tells what is due.
        slots: Who waits for a slot.
        is_admin: Whom the words of the cluster are shown to.
    """

    def __init__(
        self, store: Store, views: Previews, wake: Wake, slots: Slots, *, is_admin: Callable[[int], bool]
    ) -> None:
        self._store = store
        self._views = views
        self._wake = wake
        self._slots = slots
        self._is_admin = is_admin

    async def show(self, s: Snapshot, told: ShowWaiting) -> None:
        """Show what a turn of a snapshot waits for."""
        turn = next((t for t in (s.waiting, s.running) if t is not None and t.id == told.turn), None)
        if turn is not None:
            await self._show(s.thread, turn, self._describe(s, turn, told))

    async def show_cluster_error(self, thread: Thread, error: KubeError) -> None:
        """Say that the cluster refuses or does not answer what the oldest waiting turn needs."""
        await self._show_waiting(thread, keys.cannot_start, explain_wait(error, KIND))

    async def show_unstorable(self, thread: Thread) -> None:
        """Say that the database refuses something of a conversation, which is left alone until something changes."""
        await self._show_waiting(thread, partial(keys.unstorable, id=build_error_id(thread.id)))

    async def _show_waiting(self, thread: Thread, say: Callable[[str], str], details: str = "") -> None:
        try:
            turn = await self._store.turns.next(thread.id)
            if turn is not None:
                await self._show(thread, turn, self._add_details(turn, say(turn.language), details))
        except StoreError as error:  # what is told here is why another error is raised: that one counts
            _log.warning("waiting_not_shown", extra={"thread_id": thread.id, "error": describe_fault(error)})

    async def _show(self, thread: Thread, turn: Turn, text: str) -> None:
        self._views.open(turn, thread.address, turn.message_id, await self._store.views.get(turn.id))
        self._views.waiting(turn.id, text)
        now = await self._store.turns.by_id(turn.id)
        if now is None or now.state is TurnState.CANCELLED:  # since it was read: nobody else would close it again
            await close_views(self._store, self._views, self._wake, thread, [turn.id])

    def _describe(self, s: Snapshot, turn: Turn, told: ShowWaiting) -> str:
        language, look = turn.language, waiting.inspect(s.thread.name)
        match told.wait:
            case Wait.SLOT:
                return self._slots.join(turn, s.now, s.class_name)
            case Wait.START | Wait.CLUSTER:
                return self._add_details(turn, waiting.waiting_text(language, told.reason), told.reason, told.message)
            case Wait.LATE:
                return self._add_details(turn, keys.late(language), look)
            case Wait.BEHIND:
                return keys.queued(language)
            case Wait.STOPPING:
                return self._add_details(turn, keys.agent_stopping(language), look)
            case Wait.DELETING:
                return self._add_details(turn, keys.conversation_renewing(language), "finalizers", look)
            case Wait.UNREADABLE | Wait.REFUSED:
                return self._add_details(turn, keys.cannot_start(language), told.message)
            case Wait.HELD:
                return self._add_details(turn, keys.paused(language), "spec.stop", look)
            case Wait.AWAY:
                return keys.agent_away(language)
            case Wait.UNCONFIRMED:
                return keys.unconfirmed(language)

    def _add_details(self, turn: Turn, text: str, *details: str | None) -> str:
        admin = turn.person_id is not None and self._is_admin(turn.person_id)
        return waiting.with_details(turn.language, text, *details) if admin else text
