"""What Telegram shows while an answer has no words yet: "typing", said again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agent_gateway.telegram.errors import TelegramProblem, Throttled
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.pace import Cooldowns
from agent_gateway.telegram.outbound.preview import TurnPreview
from agent_gateway.telegram.ports import Chat

log = logging.getLogger(__name__)

TYPING_SECONDS = 4.5
"""Telegram shows "typing" for five seconds."""
_TYPING_TURNS = 2
"""Turns of a group while which "typing" is shown."""


class Typing:
    """Shows "typing" for turns: one task for each that is shown so.

    Args:
        api: Shows it.
        budgets: Of the chats.
        check: Raises when this process may no longer act.
        is_next: Tells whether no older turn of the same conversation is still being answered.
        interval: Seconds between two chat actions.
    """

    def __init__(
        self,
        api: Chat,
        budgets: Budgets,
        *,
        check: Callable[[], None],
        is_next: Callable[[TurnPreview], bool],
        interval: float,
    ) -> None:
        self._api = api
        self._budgets = budgets
        self._check = check
        self._is_next = is_next
        self._interval = interval
        self._own = Cooldowns()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def start(self, turn: TurnPreview) -> None:
        """Show it for a turn until that is silent or `stop` is called; what is shown already goes on."""
        turn_id = turn.turn_id
        if turn_id in self._tasks:
            return
        self._tasks[turn_id] = asyncio.create_task(self._run(turn), name=f"typing-{turn_id}")
        self._tasks[turn_id].add_done_callback(lambda task: self._ended(turn_id, task))

    def stop(self, turn_id: int) -> None:
        """Show it no more for a turn."""
        task = self._tasks.pop(turn_id, None)
        if task is not None:
            task.cancel()

    def tasks(self) -> list[asyncio.Task[None]]:
        """Return the tasks that show it."""
        return list(self._tasks.values())

    async def _run(self, turn: TurnPreview) -> None:
        while not turn.silent:
            if self._may_show(turn):
                self._check()
                try:
                    await self._api.send_chat_action(turn.address)
                except Throttled as problem:  # it has a limit of its own: what is said goes on
                    self._own.hold(turn.address.chat_id, problem.retry_after)
                except TelegramProblem as problem:
                    log.debug("no typing", extra={"turn": turn.turn_id, "error": type(problem).__name__})
            await asyncio.sleep(self._interval)

    def _may_show(self, turn: TurnPreview) -> bool:
        """Tell whether "typing" would be true and cheap: where many turns run, calls are kept for what they say."""
        budget = self._budgets.of(turn.address.chat_id)
        busy = budget.group and budget.turns > _TYPING_TURNS
        chat_id = turn.address.chat_id
        return self._is_next(turn) and not busy and not self._budgets.left(chat_id) and not self._own.left(chat_id)

    def _ended(self, turn_id: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(turn_id) is task:
            del self._tasks[turn_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("typing stopped", extra={"turn": turn_id, "error": type(error).__name__})
