"""The button "New task": a topic of its own for what comes next."""

from __future__ import annotations

import logging
from typing import Protocol

from agent_gateway.effects import OpenTopic, WakeOutbox
from agent_gateway.store import Store
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.wording import keys

_log = logging.getLogger(__name__)


class Topics(Protocol):
    """Opens topics."""

    async def open_topic(self, address: Address, name: str) -> Address:
        """Open a topic in a chat, and return where it is."""


class NewTask:
    """Opens topics that people ask for; one that fails is told where it was asked for."""

    def __init__(self, store: Store, api: Topics) -> None:
        self._store = store
        self._api = api

    async def open(self, effect: OpenTopic) -> None:
        """Open one, and ask in it what is to be done; it gets its title from that."""
        language = effect.language
        try:
            topic = await self._api.open_topic(effect.address, keys.task_title(language))
        except TelegramProblem as problem:
            _log.info("topic_not_opened", extra={"chat": effect.address.chat_id, "error": type(problem).__name__})
            where, text = effect.address, keys.task_refused(language)
        else:
            where, text = topic, keys.task_hello(language)
        async with self._store.transaction() as tx:
            if where is not effect.address:
                await tx.topics.add(where)
            await tx.outbox.put(where, text, f"task:{effect.key}")
            tx.after(WakeOutbox())
