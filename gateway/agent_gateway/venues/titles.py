"""Topics that nobody named are given a title once, after the first answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from agent_gateway.effects import WakeVenues
from agent_gateway.store import Store
from agent_gateway.store.rows import Address
from agent_gateway.store.topics import UnnamedTopic
from agent_gateway.telegram.errors import Refused, TelegramProblem, Throttled
from agent_gateway.wording.titles import compute_title

POLL_SECONDS: Final = 5.0
MOST: Final = 20
"""Topics of one look."""
MOST_ATTEMPTS: Final = 8
"""After so many calls without an answer a topic keeps the name that it has."""
_LONGEST_PAUSE: Final = 600.0
_log = logging.getLogger(__name__)


class Topics(Protocol):
    """Renames topics."""

    async def name_topic(self, address: Address, name: str) -> None:
        """Give a topic a name; one that it has already is success."""


class Titles:
    """Gives titles.

    Args:
        store: Which topics are due.
        api: Tells Telegram.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks.
    """

    def __init__(self, store: Store, api: Topics, check: Callable[[], None], *, poll: float = POLL_SECONDS) -> None:
        self._store = store
        self._api = api
        self._check = check
        self._poll = poll

    async def run(self) -> None:
        """Give titles for ever.

        Raises:
            LeadershipLost: another gateway leads.
            StoreError: the database does not tell what is due.
        """
        while True:
            for topic in await self._store.topics.due(MOST):
                self._check()
                await self._name(topic)
            await asyncio.sleep(self._poll)

    async def _name(self, topic: UnnamedTopic) -> None:
        title = compute_title(topic.asked, topic.answer)
        if not title:
            await self._store.topics.settle(topic.address, "refused")
            return
        try:
            await self._api.name_topic(topic.address, title)
        except Refused as refusal:  # no right to, or the topic is gone: asked once
            _log.info("topic_not_named", extra={"chat": topic.address.chat_id, "kind": refusal.kind.value})
            await self._store.topics.settle(topic.address, "refused")
        except TelegramProblem as problem:
            await self._later(topic, problem)
        else:
            async with self._store.transaction() as tx:
                if await tx.topics.settle(topic.address, "titled"):
                    await tx.venues.rename_topic(topic.address, title)
                    tx.after(WakeVenues())
                await tx.venues.note_made_title(topic.address, title)  # also where an update told of it first

    async def _later(self, topic: UnnamedTopic, problem: TelegramProblem) -> None:
        if topic.attempts + 1 >= MOST_ATTEMPTS:
            await self._store.topics.settle(topic.address, "refused")
            return
        pause = min(_LONGEST_PAUSE, 5.0 * 2.0**topic.attempts)
        await self._store.topics.retry(
            topic.address, problem.retry_after if isinstance(problem, Throttled) else pause
        )  # fmt: skip
