"""Ends turns of conversations whose runners do not: what was written is kept, and the chat is told why."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from agent_contract.agentthread import Reason
from agent_gateway.conversations.actions import Interrupt
from agent_gateway.conversations.show import Previews
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Thread, TurnState
from agent_gateway.wording import texts
from agent_gateway.wording.again import build_buttons, build_continuation, build_error_id, with_id

_log = logging.getLogger(__name__)


class Children(Protocol):
    """The sub-agents of a conversation."""

    async def end_with(self, parent_id: int, turn_id: int | None = None) -> None:
        """End all of a thread's sub-agents, or those that one of its turns waits for."""


class TurnEndings:
    """Ends turns.

    Args:
        store: Conversations.
        views: Live previews.
        children: Sub-agents, which end with the turn that waits for them.
    """

    def __init__(self, store: Store, views: Previews, children: Children) -> None:
        self._store = store
        self._views = views
        self._children = children

    async def interrupt(self, s: Snapshot, cut: Interrupt) -> None:
        """End a turn whose run was lost."""
        words = texts.run_lost_text(cut.reason, cut.message, resumes=cut.resumes)
        kind = "aborted" if cut.reason == Reason.STOPPED else "run_lost"
        lost = texts.lost_words(cut.reason, cut.message) if cut.resumes else None
        if s.running is not None and s.running.stop_asked:
            # its runner, which takes them back when it hears of a stop, did not live to
            await self._children.end_with(s.thread.id, cut.turn)
        await self._end(cut.turn, kind, words, resumes=lost)

    async def time_out(self, s: Snapshot, turn_id: int) -> None:
        """End a turn that its runner did not end at the deadline, and its run with it."""
        if s.run is not None:
            await self._store.runs.ask_stop(s.thread.id, s.run.number, "timeout")
            await self._children.end_with(s.thread.id, turn_id)
        await self._end(turn_id, "timeout", texts.TIMED_OUT)

    async def give_up(self, thread: Thread, reason: str | None, message: str | None) -> None:
        """End all turns that wait: no run could be started for them."""
        words = texts.failure_text("start_failed", message or texts.run_lost_text(reason))
        for turn in await self._store.turns.queued(thread.id):
            await self._end(turn.id, "start_failed", words)

    async def end_children(self, thread_id: int) -> None:
        """End all sub-agents of a thread."""
        await self._children.end_with(thread_id)

    async def _end(self, turn_id: int, reason: str, words: str, *, resumes: str | None = None) -> None:
        """End a turn; it goes on by itself where `resumes` says why it was cut."""
        stored, turn = await asyncio.gather(self._store.views.get(turn_id), self._store.turns.by_id(turn_id))
        shown = await self._views.finish(turn_id)
        partial = "\n\n".join(t for t in stored.messages if t.strip())
        goes_on = build_continuation(turn.text, partial, resumes) if resumes and turn is not None else None
        text = texts.interrupted_text(partial, words if resumes else with_id(words, turn_id, reason))
        buttons = () if resumes else build_buttons(turn_id, reason)
        final = Final(text, message_ids=shown or stored.message_ids, buttons=buttons, goes_on=goes_on)
        await self._store.turns.end(turn_id, None, None, TurnState.FAILED, reason, final)
        _log.warning("turn_failed", extra={"turn": turn_id, "error_id": build_error_id(turn_id), "reason": reason})
