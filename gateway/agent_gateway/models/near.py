"""Asks people before a budget is used up: once, where somebody can answer."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.access import Access
from agent_gateway.models.meter import ModelCall
from agent_gateway.store import Store
from agent_gateway.store.budgets import Question
from agent_gateway.store.errors import StoreError
from agent_gateway.store.rows import Address, Thread, Turn
from agent_gateway.store.spending import Account, Scope
from agent_gateway.wording.budgets import build_question
from agent_gateway.wording.say import SOURCE

MOST: Final = 100
"""Questions that are being asked at once; what is beyond comes with the account's next call."""
_log = logging.getLogger(__name__)


class NearLimits:
    """Asks, aside from the call that found a budget nearly used up; what fails is asked at the next call.

    About a turn its own person is asked, in its chat. About what is more than that an administrator is: in the chat, where
    it is a group or their own, else in theirs.

    Args:
        store: Conversations.
        access: Who is an administrator.
        zone: Time zone in which a day ends.
    """

    def __init__(self, store: Store, access: Access, zone: str) -> None:
        self._store = store
        self._access = access
        self._zone = zone
        self._asking: dict[tuple[str, str], asyncio.Task[None]] = {}

    def note(self, call: ModelCall, near: tuple[Account, ...]) -> None:
        """Ask about accounts near their limit."""
        for account in near:
            key = (account.scope.value, account.subject)
            if key not in self._asking and len(self._asking) < MOST:
                task = asyncio.create_task(self._ask_safely(call, account))
                self._asking[key] = task
                task.add_done_callback(partial(self._forget, key))

    def _forget(self, key: tuple[str, str], _task: asyncio.Task[None]) -> None:
        self._asking.pop(key, None)

    async def close(self) -> None:
        """Wait until what is being asked is asked."""
        if self._asking:
            await asyncio.wait(list(self._asking.values()), timeout=5)

    async def _ask_safely(self, call: ModelCall, account: Account) -> None:
        try:
            await self._ask(call, account)
        except (StoreError, LeadershipLost) as error:
            _log.warning("budget_not_asked", extra={"scope": account.scope.value, "error": type(error).__name__})

    async def _ask(self, call: ModelCall, account: Account) -> None:
        used = await self._store.budgets.of_call(call.thread_id, call.run, call.turn_id, self._zone)
        turn_id = next((int(one.account.subject) for one in used if one.account.scope is Scope.TURN), None)
        turn = await self._store.turns.by_id(turn_id) if turn_id is not None else None
        thread = await self._store.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None:
            return
        found = await self._find_place(account, turn, thread)
        if found is None:
            return
        address, language = found
        text, options = build_question(language, account, thread.title if address != thread.address else "")
        approvers = "Asker" if account.scope is Scope.TURN else "Administrators"
        await self._store.budgets.ask(account, Question(turn.id, address, text, options, approvers, language))

    async def _find_place(self, account: Account, turn: Turn, thread: Thread) -> tuple[Address, str] | None:
        """Return where somebody can answer, and in which language; None where nobody can."""
        address, chat = thread.address, thread.address.chat_id
        if chat and (account.scope is Scope.TURN or chat < 0 or self._access.is_admin(chat)):
            return address, turn.language
        for admin, spoken in await self._store.requests.private_chats(self._access.admins):
            return Address(address.bot_id, admin), spoken or SOURCE
        return None
