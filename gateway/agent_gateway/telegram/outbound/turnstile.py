"""Calls of one kind go to a chat one after the other, in the order in which they came."""

from __future__ import annotations

import asyncio
import weakref

from agent_gateway.store.chatrows import Urgency
from agent_gateway.telegram.outbound.budget import Budgets, Kind

_KINDS = {Urgency.ANSWER: Kind.ANSWER, Urgency.NOTICE: Kind.NOTICE, Urgency.STRANGER: Kind.STRANGER}


class Turnstile:
    """Lets calls through as their chat's budget allows it: a long message lets the others in between its parts.

    Args:
        budgets: Of the chats.
    """

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._first: weakref.WeakValueDictionary[tuple[int, Kind], asyncio.Lock] = weakref.WeakValueDictionary()
        """Held by the call that is next; a lock lets those in first who came first."""

    async def wait(self, chat_id: int, urgency: Urgency) -> None:
        """Return when a call may be made, and count it."""
        kind = _KINDS[urgency]
        key = 0 if kind is Kind.STRANGER else chat_id, kind
        lock = self._first.setdefault(key, asyncio.Lock())
        async with lock:
            while (left := self._budgets.wait(chat_id, kind)) > 0:  # noqa: ASYNC110  # time tells nobody
                await asyncio.sleep(left)
            self._budgets.spend(chat_id, kind)
