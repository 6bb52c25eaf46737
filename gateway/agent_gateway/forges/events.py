"""What happened at a pull request, however it was learnt: recorded once, and told once in its topic.

The poller is one caller. Hooks of a forge are to be another: `take_event` is their door.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from agent_gateway.effects import WakeOutbox
from agent_gateway.forges.news import compute_news, find_own
from agent_gateway.forges.pace import compute_pause
from agent_gateway.forges.values import Seen
from agent_gateway.metrics import LIMITS
from agent_gateway.store import Store
from agent_gateway.store.pulls import MOST_NEWS, News, PullRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.pulls import build_answer, build_link, is_answerable, news_text

_log = logging.getLogger(__name__)
MOST_TOLD: Final = 20
"""Remarks of one look that are new; those beyond are told by the next one."""


class PullEvents:
    """Takes what happened.

    Args:
        store: Pull requests, and what is known of them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take_event(self, connection: str, path: str, number: int, seen: Seen) -> int:
        """Take what was learnt of a pull request by what the forge calls it; return how many conversations follow it."""
        rows = await self._store.pulls.find(connection, path, number)
        for row in rows:
            await self.take(row.id, seen)
        return len(rows)

    async def take(self, pull_id: int, seen: Seen) -> None:
        """Record what is new, and tell it; what was told before is not told again."""
        async with self._store.transaction() as tx:
            row = await tx.pulls.lock(pull_id)
            if row is None:
                return
            look = compute_news(row, seen)
            marks = find_own(seen.remarks)
            own = await tx.pulls.are_own(row.id, list(marks.values())) if marks else set()
            fresh = [one for one in look.news if marks.get(one.key) not in own]
            told = await self._record(tx, row, fresh)
            now = datetime.now(UTC)
            moved = bool(told) or look.row.sha != row.sha
            after = replace(look.row, news_at=now) if moved else look.row
            if len(told) >= MOST_TOLD:  # there may be more, which answers that are known would not tell
                after = replace(after, etags={})
            await tx.pulls.seen(after, news=moved, pause=compute_pause(after, now))
            if told:
                await self._tell(tx, after, told)

    async def _record(self, tx: Transaction, row: PullRow, news: Sequence[News]) -> list[tuple[int, News]]:
        """Record what is not known yet; return it with its ids."""
        room = MOST_NEWS - await tx.pulls.count_news(row.id)
        told: list[tuple[int, News]] = []
        for one in news:
            if len(told) >= MOST_TOLD:
                break
            if len(told) >= room:
                LIMITS.labels("pull-news").inc()
                break
            known = await tx.pulls.add_news(row.id, one)
            if known is not None:
                told.append((known, one))
        return told

    async def _tell(self, tx: Transaction, row: PullRow, told: Sequence[tuple[int, News]]) -> None:
        thread = await tx.threads.by_id(row.thread_id)
        if thread is None or not thread.address.chat_id:
            return
        language, last = thread.language, told[-1][0]
        news = [one for _, one in told]
        buttons = [build_link(language, row.url)]
        if any(is_answerable(one) for one in news):
            buttons.insert(0, build_answer(language, row.id))
        text = news_text(language, row, news)
        await tx.outbox.put(
            thread.address, text, f"pull:{row.id}:{last}", kind="notice", format="markdown", buttons=buttons
        )
        tx.after(WakeOutbox())
        _log.info("pull_news", extra={"thread_id": thread.id, "pull": row.id, "count": len(news)})
