"""Asks people whether a push may go on, and waits for what they say."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Final

from agent_gateway.connections.held import Held
from agent_gateway.decisions.holding import Holder, build_hold, describe_refusal
from agent_gateway.decisions.service import CLASS_UNKNOWN, NO_CHAT, ClassReader
from agent_gateway.effects import WakePush
from agent_gateway.metrics import LIMITS
from agent_gateway.pauses import wait_at_most
from agent_gateway.store import Store
from agent_gateway.store.decisionrows import YES, Decision, DecisionState, NewDecision
from agent_gateway.store.rows import ThreadKind
from agent_gateway.wording.pushes import build_push_message

_log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 0.5
"""The row of a push that waits is read so often, if nothing tells of it before."""
MOST_HELD: Final = 32
"""Pushes that wait at once, of all conversations."""
NO_TURN: Final = "there is no turn that it belongs to: push again when you are asked something"
TOO_MANY: Final = "too many pushes wait for a person: push again in a while"


class PushApprovals:
    """Holds pushes.

    Args:
        store: Questions, and whose they are.
        classes: Who may decide, and how long is waited.
    """

    def __init__(self, store: Store, classes: ClassReader) -> None:
        self._store = store
        self._classes = classes
        self._held = 0
        self._waiting: dict[int, list[asyncio.Event]] = {}
        """Who waits for which question: the same push may be made twice."""

    def wake(self, effect: WakePush) -> None:
        """Let whoever waits for a question look at it now."""
        for event in self._waiting.get(effect.decision_id, ()):
            event.set()

    async def ask(self, held: Held) -> str | None:
        """Ask, and wait; return why the push does not go on, in words for the agent, or None.

        What was allowed goes through once: also where the push is made again because its gateway, or git, ended before. A
        question that still stands is not asked again.
        """
        if self._held >= MOST_HELD:
            LIMITS.labels("git-held").inc()
            return TOO_MANY
        self._held += 1
        try:
            return await self._ask(held)
        finally:
            self._held -= 1

    async def _ask(self, held: Held) -> str | None:
        if await self._store.pushes.claim_same(held.thread_id, held.digest):
            return None
        asked = await self._store.pushes.find_asked(held.thread_id, held.digest)
        if asked is None:
            new = await self._build(held)
            if isinstance(new, str):
                return new
            asked = await self._store.pushes.ask(new)
        if asked is None:
            return NO_TURN
        _log.info("push_held", extra={"decision": asked.id, "thread_id": asked.thread_id})
        changed = asyncio.Event()
        self._waiting.setdefault(asked.id, []).append(changed)
        try:
            return await self._wait(asked, changed)
        except asyncio.CancelledError:
            if len(self._waiting[asked.id]) == 1:
                await asyncio.shield(self._store.pushes.withdraw(asked))
            raise
        finally:
            self._waiting[asked.id].remove(changed)
            if not self._waiting[asked.id]:
                del self._waiting[asked.id]

    async def _wait(self, asked: Decision, changed: asyncio.Event) -> str | None:
        while True:
            changed.clear()
            found = await self._store.pushes.read(asked.id)
            if found is None:
                return "the question is gone: push again"
            match found.state:
                case DecisionState.ASKED:
                    await wait_at_most(changed, LOOK_SECONDS)
                case DecisionState.EXPIRED:
                    return "nobody allowed it in time"
                case DecisionState.WITHDRAWN:
                    return "the turn is over that it belongs to"
                case DecisionState.ANSWERED if found.choice == YES:
                    return None if await self._store.pushes.claim(asked.id) else "it went through already"
                case DecisionState.ANSWERED:
                    return describe_refusal(found)

    async def _build(self, held: Held) -> NewDecision | str:
        thread, run = await asyncio.gather(
            self._store.threads.by_id(held.thread_id), self._store.runs.get(held.thread_id, held.run)
        )
        turn = await self._store.turns.running(held.thread_id)
        if thread is None or run is None or turn is None or turn.run != held.run:
            return NO_TURN
        if not thread.address.chat_id:
            return NO_CHAT
        own = await self._store.subagents.get(thread.id) if thread.kind is ThreadKind.SUBAGENT else None
        found = await self._classes.find_own(thread.name, own)
        if found is None:
            return CLASS_UNKNOWN
        terms = found.spec.approvals
        message = build_push_message(turn.language, held, own.name if own is not None else None)
        holder = Holder(thread, turn, run, own, terms)
        return await build_hold(self._store, holder, f"push-{uuid.uuid4()}", message, held.digest)
