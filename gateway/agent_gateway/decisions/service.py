"""What runners ask of people, and tell of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from agent_contract import wire
from agent_contract.approvals import Approvals
from agent_contract.base import Wire
from agent_gateway.decisions.frames import build_frame, build_refusal
from agent_gateway.metrics import LIMITS
from agent_gateway.resources.values import ClassValue
from agent_gateway.store import Store
from agent_gateway.store.decisionrows import DecisionKind, NewDecision
from agent_gateway.store.rows import Run, SubAgentRow, Thread, ThreadKind, Turn
from agent_gateway.wording.decisions import build_message

_log = logging.getLogger(__name__)
LEAST_SECONDS: Final = 10
"""A question waits so long at least, whatever is left of its run."""
_MOST_LEVELS: Final = 8
"""Sub-agents above one another are looked through for who asked; no class allows so many."""
TURN_OVER: Final = "The turn that asks is over."
TOO_MANY: Final = "This turn has asked as many questions as it may (limit: questions)."
NO_CHAT: Final = "This agent has no chat: nobody can be asked."
CLASS_UNKNOWN: Final = "Who may decide cannot be read now. Try again in a moment."
NO_ADMINISTRATOR: Final = "Only an administrator may allow this, and none is in this chat."


class ClassReader(Protocol):
    """What the class of a thread says."""

    async def find_own(self, thread_name: str, own: SubAgentRow | None) -> ClassValue | None:
        """Return a thread's class; None where it is not known. It may wait for the API server."""


class DecisionService:
    """Serves the connections of runners.

    Args:
        store: Questions, and whose they are.
        classes: Who may decide, and how long is waited.
        is_admin: Who is an administrator.
    """

    def __init__(self, store: Store, classes: ClassReader, is_admin: Callable[[int], bool]) -> None:
        self._store = store
        self._classes = classes
        self._is_admin = is_admin

    async def ask(self, thread: Thread, run: int, ask: wire.Ask) -> wire.Decision | None:
        """Record what an agent asks, with the acknowledgement; return why it is not asked, if it is not."""
        own, turn, holder = await asyncio.gather(
            self._own(thread), self._store.turns.running(thread.id), self._store.runs.get(thread.id, run)
        )
        if turn is None or turn.id != ask.turn or holder is None:
            return build_refusal(ask.id, TURN_OVER)
        if not thread.address.chat_id:
            return build_refusal(ask.id, NO_CHAT)
        found = await self._classes.find_own(thread.name, own)
        if found is None and ask.kind == "approval":
            return build_refusal(ask.id, CLASS_UNKNOWN)
        terms = found.spec.approvals if found is not None else Approvals()
        new = await self._build(thread, own, turn, holder, ask, terms)
        private = thread.address.chat_id > 0
        if new.approvers == "Administrators" and private and not self._is_admin(thread.address.chat_id):
            return build_refusal(ask.id, NO_ADMINISTRATOR)
        if not await self._store.decisions.is_free(turn.id, ask.id):
            LIMITS.labels("questions").inc()
            return build_refusal(ask.id, TOO_MANY)
        asked = await self._store.decisions.ask(new, ask.seq)
        if asked is None:
            return build_refusal(ask.id, TURN_OVER)
        _log.info("person_asked", extra={"agent_thread": thread.name, "decision": asked.id, "kind": asked.kind.value})
        return None

    async def close_call(self, thread: Thread, run: int, closed: wire.AskClosed) -> None:
        """Record, with the acknowledgement, that a runner waits no more."""
        await self._store.decisions.close_call(thread.id, run, closed.seq, closed.id)

    async def resend(self, thread: Thread, run: int, send: Callable[[Wire], Awaitable[None]]) -> None:
        """Tell a runner that is back what was decided meanwhile; it passes over what it knows."""
        for decision in await self._store.decisions.untaken(thread.id, run):
            await send(build_frame(decision))

    async def _own(self, thread: Thread) -> SubAgentRow | None:
        return await self._store.subagents.get(thread.id) if thread.kind is ThreadKind.SUBAGENT else None

    async def _build(
        self, thread: Thread, own: SubAgentRow | None, turn: Turn, holder: Run, ask: wire.Ask, terms: Approvals
    ) -> NewDecision:
        message = build_message(turn.language, ask, own.name if own is not None else None)
        approval = ask.kind == "approval"
        return NewDecision(
            thread_id=thread.id,
            run=holder.number,
            call_id=ask.id,
            turn_id=turn.id,
            address=thread.address,
            asker_id=await find_asker(self._store, turn, own),
            kind=DecisionKind(ask.kind),
            text=message.text,
            options=message.options,
            free_text=ask.free_text,
            rule=ask.rule if approval else None,
            approvers=terms.approvers if approval else "Members",
            language=turn.language,
            seconds=compute_seconds(ask.expire_seconds, terms.expire_after, holder, datetime.now(UTC)),
            reply_to=turn.message_id or (own.reply_to if own is not None else None),
        )


async def find_asker(store: Store, turn: Turn, own: SubAgentRow | None) -> int | None:
    """Return whose message is being answered: of a sub-agent's turn, by its parents up to the conversation."""
    for _ in range(_MOST_LEVELS):
        if own is None:
            return turn.person_id
        above = await store.turns.by_id(own.turn_id) if own.turn_id is not None else None
        if above is None or own.parent_id is None:
            return None
        turn, own = above, await store.subagents.get(own.parent_id)
    return None


def compute_seconds(asked: int | None, most: int, holder: Run, now: datetime) -> int:
    """Return how long a question waits: no longer than its class says, nor than its pod lives."""
    seconds = most if asked is None else min(asked, most)
    if holder.limits is not None and holder.hello_at is not None:
        lives = holder.limits.run + holder.limits.turn_max - (now - holder.hello_at).total_seconds()
        seconds = min(seconds, int(lives))
    return max(seconds, LEAST_SECONDS)
