"""Asks a person whether a pull request may be opened, where the repository's rule says so: a question like a push's."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from agent_gateway.decisions.holding import Holder, build_hold, describe_refusal
from agent_gateway.decisions.service import (
    CLASS_UNKNOWN,
    NO_CHAT,
    TOO_MANY,
    TURN_OVER,
    ClassReader,
)
from agent_gateway.forges.placing import Asked, NotAllowed
from agent_gateway.forges.values import NewPull
from agent_gateway.metrics import LIMITS
from agent_gateway.store import Store
from agent_gateway.store.decisionrows import YES, Decision, DecisionState, NewDecision
from agent_gateway.store.rows import SubAgentRow, Thread, Turn
from agent_gateway.wording.pulls import build_question

LOOK_SECONDS: Final = 0.5
"""The row of a question that waits is read so often."""
HOLD_SECONDS: Final = 20.0
"""A call waits so long for an answer; then its runner makes it again."""


class PullQuestions:
    """Asks.

    Args:
        store: Questions, and whose they are.
        classes: Who may decide, and how long is waited.
        hold: Seconds that one call waits.
    """

    def __init__(self, store: Store, classes: ClassReader, hold: float = HOLD_SECONDS) -> None:
        self._store = store
        self._classes = classes
        self._hold = hold

    async def ask(
        self, thread: Thread, turn: Turn, own: SubAgentRow | None, call_id: str, asked: Asked, new: NewPull
    ) -> bool:
        """Ask once for each call, and wait a while; return whether it was allowed, False while nobody has decided.

        Raises:
            NotAllowed: a person said no, or nobody could be asked; the text says which.
        """
        wanted = await self._build(thread, turn, own, call_id, asked, new)
        if not await self._store.decisions.is_free(turn.id, wanted.call_id):
            LIMITS.labels("questions").inc()
            raise NotAllowed(TOO_MANY)
        found = await self._store.pulls.ask(wanted)
        if found is None:
            raise NotAllowed(TURN_OVER)
        if found.rule != wanted.rule:
            raise NotAllowed("Another pull request was asked for by the same call.")
        return _judge(await self._wait(found))

    async def is_undecided(self, thread: Thread, turn: Turn, call_id: str) -> bool:
        """Wait a while where a call has asked already; return whether nobody has decided yet. No forge is asked for it."""
        if turn.run is None:
            return False
        found = await self._store.pulls.find_question(thread.id, turn.run, _name_call(call_id))
        return found is not None and (await self._wait(found)).state is DecisionState.ASKED

    async def _wait(self, found: Decision) -> Decision:
        """Return a question when it has ended, or after a while as it is."""
        deadline = asyncio.get_running_loop().time() + self._hold
        while found.state is DecisionState.ASKED and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            read = await self._store.pushes.read(found.id)
            if read is None:
                raise NotAllowed("The question is gone: ask again.")
            found = read
        return found

    async def _build(
        self, thread: Thread, turn: Turn, own: SubAgentRow | None, call_id: str, asked: Asked, new: NewPull
    ) -> NewDecision:
        run = await self._store.runs.get(thread.id, turn.run) if turn.run is not None else None
        if run is None:
            raise NotAllowed(TURN_OVER)
        if not thread.address.chat_id:
            raise NotAllowed(NO_CHAT)
        found = await self._classes.find_own(thread.name, own)
        if found is None:
            raise NotAllowed(CLASS_UNKNOWN)
        terms = found.spec.approvals
        message = build_question(turn.language, asked.path, new, own.name if own is not None else None)
        holder = Holder(thread, turn, run, own, terms)
        return await build_hold(self._store, holder, _name_call(call_id), message, _digest(asked, new))


def _name_call(call_id: str) -> str:
    """Return what the question of a call is kept under."""
    return f"pull-{call_id}"


def _judge(found: Decision) -> bool:
    """Return whether it was allowed; False while nobody has decided.

    Raises:
        NotAllowed: it was not.
    """
    match found.state:
        case DecisionState.ASKED:
            return False
        case DecisionState.EXPIRED:
            raise NotAllowed("Nobody allowed it in time.")
        case DecisionState.WITHDRAWN:
            raise NotAllowed(TURN_OVER)
        case DecisionState.ANSWERED if found.choice == YES:
            return True
        case DecisionState.ANSWERED:
            raise NotAllowed(f"It was {describe_refusal(found)}.")


def _digest(asked: Asked, new: NewPull) -> str:
    """Return what is equal for the same pull request alone; none of a push's is the same."""
    words = [
        "pull",
        asked.connection.name,
        asked.path.casefold(),
        new.head,
        new.base,
        new.title,
        new.body,
        str(new.draft),
    ]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
