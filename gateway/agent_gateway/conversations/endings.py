"""Ends turns of conversations whose runners do not: what was written is kept, and the chat is told why."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from agent_contract.agentthread import Reason
from agent_gateway.conversations.actions import Interrupt
from agent_gateway.conversations.show import Previews
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.logs import log_unfinished
from agent_gateway.runners.progress import split_way
from agent_gateway.runners.tools import describe_done
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Thread, Turn, TurnState
from agent_gateway.wording import keys, texts
from agent_gateway.wording.again import (
    build_buttons,
    build_continuation,
    build_error_id,
    build_together_buttons,
    with_id,
)
from agent_gateway.wording.say import SOURCE
from agent_gateway.wording.waiting import with_details
from agent_gateway.wording.worktime import timeout_text

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
        is_admin: Whom the words of the cluster are told.
    """

    def __init__(self, store: Store, views: Previews, children: Children, *, is_admin: Callable[[int], bool]) -> None:
        self._is_admin = is_admin
        self._store = store
        self._views = views
        self._children = children

    async def interrupt(self, s: Snapshot, cut: Interrupt) -> None:
        """End a turn whose run was lost."""
        language = s.running.language if s.running is not None else s.thread.language
        words = texts.run_lost_text(language, cut.reason, cut.message, resumes=cut.resumes)
        if s.running is not None and not cut.resumes:
            words = self._add_details(s.running, words, cut.reason, cut.message)
        if cut.reason == Reason.STOPPED and s.last is not None and s.last.stop == "killed":
            words = keys.stopped(language)  # as its runner would have said, which did not live to
        kind = "aborted" if cut.reason == Reason.STOPPED else "run_lost"
        lost = texts.lost_words(SOURCE, cut.reason, cut.message) if cut.resumes else None
        if s.running is not None and s.running.stop_asked:
            # its runner, which takes them back when it hears of a stop, did not live to
            await self._children.end_with(s.thread.id, cut.turn)
        await self._end(cut.turn, kind, words, resumes=lost)

    async def time_out(self, s: Snapshot, turn_id: int) -> None:
        """End a turn that its runner did not end at the deadline, and its run with it."""
        if s.run is not None:
            await self._store.runs.ask_stop(s.thread.id, s.run.number, "timeout")
            await self._children.end_with(s.thread.id, turn_id)
        turn = s.running
        started = turn.started_at if turn is not None and turn.id == turn_id else None
        seconds = (s.now - started).total_seconds() if started is not None else None
        done = describe_done(await self._store.views.load_tools(turn_id) or {})
        await self._end(
            turn_id,
            "timeout",
            timeout_text(turn.language if turn is not None else s.thread.language, "wall", seconds, done),
        )

    async def give_up(self, thread: Thread, reason: str | None, message: str | None) -> None:
        """End all turns that wait: no run could be started for them. One message says so, and its button asks all again."""
        waiting = await self._store.turns.queued(thread.id)
        if not waiting:
            return
        first, *others = waiting
        words = self._add_details(first, texts.start_failed_text(first.language, reason, message), reason, message)
        if not others:
            await self._end(first.id, "start_failed", words)
            return
        shown: list[int] = []
        for turn in (first, *others):  # the one message stands where the first of theirs does; the others go
            shown += await self._views.finish(turn.id) or (await self._store.views.get(turn.id)).message_ids
        more = keys.start_failed_more(first.language, count=len(others))
        text = f"{with_id(first.language, words, first.id, 'start_failed')}\n\n{more}"
        final = Final(
            text, message_ids=tuple(shown), buttons=build_together_buttons(first.language, first.id, others[-1].id)
        )
        ended = await self._store.turns.end_waiting(first, [turn.id for turn in others], "start_failed", final)
        _log.warning("turns_failed", extra={
            "turn": first.id, "more": ended, "error_id": build_error_id(first.id), "reason": "start_failed",
        })  # fmt: skip

    def _add_details(self, turn: Turn, words: str, *details: str | None) -> str:
        """Add the words of the cluster for an administrator."""
        admin = turn.person_id is not None and self._is_admin(turn.person_id)
        return with_details(turn.language, words, *details) if admin else words

    async def end_children(self, thread_id: int) -> None:
        """End all sub-agents of a thread."""
        await self._children.end_with(thread_id)

    async def _end(self, turn_id: int, reason: str, words: str, *, resumes: str | None = None) -> None:
        """End a turn; it goes on by itself where `resumes` says why it was cut."""
        stored, turn = await asyncio.gather(self._store.views.get(turn_id), self._store.turns.by_id(turn_id))
        shown = await self._views.finish(turn_id)
        way, partial = split_way(stored.messages)
        goes_on = build_continuation(turn.text, partial, resumes) if resumes and turn is not None else None
        language = turn.language if turn is not None else SOURCE
        said = words if resumes else with_id(language, words, turn_id, reason)
        text = await asyncio.to_thread(texts.interrupted_text, partial, said)  # a very long one takes a while
        buttons = () if resumes else build_buttons(language, turn_id, reason)
        final = Final(
            text, message_ids=shown or stored.message_ids, buttons=buttons, goes_on=goes_on, way=way,
            over=keys.time_ended(language),
        )  # fmt: skip
        await self._store.turns.end(turn_id, None, None, TurnState.FAILED, reason, final)
        log_unfinished(_log, reason, {"turn": turn_id, "error_id": build_error_id(turn_id)})
