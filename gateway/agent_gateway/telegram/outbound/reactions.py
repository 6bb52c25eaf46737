"""Reactions to a person's message: eyes as soon as its turn is queued, its outcome once the answer is there.

Beside everything else: no answer waits for a reaction. What should stand follows from the turn's state, so that a
gateway that takes over finds what is left to do.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from agent_gateway.pauses import wait_at_most
from agent_gateway.store.chatrows import DueReaction
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import TurnState
from agent_gateway.telegram.errors import RefusalKind, Refused, TelegramProblem, Throttled
from agent_gateway.telegram.outbound.pace import Clock, Cooldowns
from agent_gateway.telegram.ports import Reacting, ReactionStore

log = logging.getLogger(__name__)

SEEN: Final = "👀"
DONE: Final = "👌"
FAILED: Final = "💔"
REFUSED_SECONDS = 3600.0
"""How long a chat is left alone that does not allow our reactions."""
_BEHIND_SECONDS: Final = 0.05
"""By so much a reaction begins later than it might: a turn that was just queued goes to its agent first."""
_MOST_AT_ONCE = 16
_ATTEMPTS = 8
_LONGEST_PAUSE = 60.0
_LIVE = frozenset({TurnState.QUEUED, TurnState.DELIVERED, TurnState.STARTED})


def choose(state: TurnState, reason: str | None) -> str | None:
    """Return the reaction that a turn's message should bear; none where a person ended it themselves."""
    if state in _LIVE:
        return SEEN
    if state is TurnState.DONE:
        return DONE
    return None if state is TurnState.CANCELLED or reason == "aborted" else FAILED


class Reactions:
    """Brings reactions to what they should be, until cancelled.

    Args:
        api: Sets them.
        store: Says which are due.
        check: Raises when this process may no longer act; asked before each call.
        cooldowns: Of the chat's messages: a chat that rests gets no reactions either. One that refuses a reaction for
            being too many gets its messages all the same.
        clock: Monotonic seconds.
        poll: Seconds after which is looked without a hint.
    """

    def __init__(
        self,
        api: Reacting,
        store: ReactionStore,
        *,
        check: Callable[[], None],
        cooldowns: Cooldowns | None = None,
        clock: Clock = time.monotonic,
        poll: float = 2.0,
    ) -> None:
        self._api = api
        self._store = store
        self._check = check
        self._messages = cooldowns or Cooldowns(clock)
        self._own = Cooldowns(clock)
        self._refused = Cooldowns(clock)
        self._poll = poll
        self._hint = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}

    def notify(self) -> None:
        """Say that a turn was queued or answered."""
        self._hint.set()

    async def run(self) -> None:
        """React until cancelled. What `check` raises ends it; begun again, nothing is lost."""
        try:
            while True:
                self._hint.clear()
                self._check()
                await self._start_due()
                await wait_at_most(self._hint, self._poll)
                await asyncio.sleep(_BEHIND_SECONDS)
                self._raise_faults()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            self._busy.clear()

    async def _start_due(self) -> None:
        resting = {*self._messages.held(), *self._own.held()}
        room = _MOST_AT_ONCE - len(self._busy)
        if room <= 0:
            return
        try:
            due = await self._store.due(tuple(self._busy), tuple(resting), room)
        except Away as error:
            log.warning("reactions wait for the database", extra={"error": type(error).__name__})
            return
        for row in due:
            task = asyncio.create_task(self._react(row), name=f"reaction-{row.turn_id}")
            self._busy[row.turn_id] = task
            # the turn may have ended meanwhile, so that its outcome is due now
            task.add_done_callback(lambda _: self._hint.set())

    def _raise_faults(self) -> None:
        for turn_id, task in list(self._busy.items()):
            if task.done():
                del self._busy[turn_id]
                task.result()

    async def _react(self, row: DueReaction) -> None:
        try:
            if row.state in _LIVE:
                await self._acknowledge(row)
            else:
                await self._conclude(row)
        except Away as error:
            # not in a circle: what is still due is found again when the pause is over
            self._own.hold(row.address.chat_id, self._poll)
            log.warning("a reaction was not recorded", extra={"turn": row.turn_id, "error": type(error).__name__})

    async def _acknowledge(self, row: DueReaction) -> None:
        """Show eyes, once: what did not work is not worth a second try, as the answer will come."""
        if self._refused.left(row.address.chat_id):
            await self._store.settle(row.turn_id)
            return
        await self._store.begin(row.turn_id)
        try:
            await self._set(row, SEEN)
        except Refused as refusal:
            self._remember(row, refusal)
            await self._store.settle(row.turn_id)
        except TelegramProblem as problem:
            self._rest(row, problem)

    async def _conclude(self, row: DueReaction) -> None:
        """Put the outcome in place of the eyes, or at least take them away."""
        emoji = choose(row.state, row.reason)
        if not row.begun and (emoji is None or self._refused.left(row.address.chat_id)):
            await self._store.settle(row.turn_id)
            return
        try:
            await self._set_or_remove(row, emoji)
        except Refused as refusal:
            log.info("a reaction was refused", extra={"turn": row.turn_id, "kind": refusal.kind.value})
        except TelegramProblem as problem:
            self._rest(row, problem)
            if row.attempts + 1 < _ATTEMPTS:
                pause = problem.retry_after if isinstance(problem, Throttled) else 2.0**row.attempts
                await self._store.retry(row.turn_id, min(pause, _LONGEST_PAUSE))
                return
        await self._store.settle(row.turn_id)

    async def _set_or_remove(self, row: DueReaction, emoji: str | None) -> None:
        if emoji is not None and not self._refused.left(row.address.chat_id):
            try:
                await self._set(row, emoji)
            except Refused as refusal:
                if refusal.kind is not RefusalKind.OTHER:
                    raise
                self._remember(row, refusal)
            else:
                return
        if row.begun:
            await self._set(row, None)

    async def _set(self, row: DueReaction, emoji: str | None) -> None:
        self._check()
        await self._api.set_reaction(row.address, row.message_id, emoji)

    def _remember(self, row: DueReaction, refusal: Refused) -> None:
        """Leave a chat alone that does not allow our reactions; a message that is gone says nothing of its chat."""
        if refusal.kind is not RefusalKind.NOT_FOUND:
            self._refused.hold(row.address.chat_id, REFUSED_SECONDS)
            log.info("reactions are not allowed in a chat", extra={"chat": row.address.chat_id})

    def _rest(self, row: DueReaction, problem: TelegramProblem) -> None:
        log.info("a reaction did not work", extra={"turn": row.turn_id, "error": type(problem).__name__})
        if isinstance(problem, Throttled):
            self._own.hold(row.address.chat_id, problem.retry_after)
