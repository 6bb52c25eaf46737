"""Pull requests that agents opened: each is opened once, what is said there is told once, and answered once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_gateway.store.decisionrows import Decision, NewDecision, build_decision
from agent_gateway.store.decisions import add_decision
from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room

MOST_NEWS: Final = 500
"""Of one pull request that are kept; what is said beyond is told no more."""
UNHEARD_SECONDS: Final = 180.0
"""After so long nobody opens any more what was wanted: each call of a forge ends long before."""


@dataclass(frozen=True, slots=True)
class WantedPull:
    """What is to be opened."""

    thread_id: int
    connection: str
    path: str
    head: str
    base: str
    person_id: int | None
    title: str


@dataclass(frozen=True, slots=True)
class PullRow:
    """A pull request, as it was seen last; `number` is None until the forge gave one."""

    id: int
    thread_id: int
    connection: str
    path: str
    head: str
    base: str
    person_id: int | None
    number: int | None
    url: str
    title: str
    state: str
    sha: str
    passed: int
    failed: int
    pending: int
    review: str
    etags: Mapping[str, str]
    wanted_at: datetime
    news_at: datetime
    next_at: datetime | None
    failures: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class DuePull:
    """One that is to be looked at, and where it is told."""

    row: PullRow
    address: Address
    language: str


@dataclass(frozen=True, slots=True)
class News:
    """What was said or done at a pull request.

    Attributes:
        key: The forge's own id of it.
        kind: review, comment, checks, state, or own: what our agent said.
        author: Who.
        verdict: Of a review approved or changes; of checks passed or failed; of a state merged, closed or open.
        place: File and line that it is about.
        text: What.
    """

    key: str
    kind: str
    author: str = ""
    verdict: str = ""
    place: str = ""
    text: str = ""


class PullQueries(Room):
    """Pull requests."""

    async def want(self, wanted: WantedPull, most: int) -> PullRow | None:
        """Record what is to be opened; the same again is the same row. None where its conversation has `most` others."""
        between = wanted.connection, wanted.path, wanted.head, wanted.base
        async with self._session.unit() as tx:
            await tx.row("lock_thread", wanted.thread_id)
            if await tx.value("count_open_pulls", wanted.thread_id, *between) >= most:
                return None
            row = await tx.row(
                "want_pull", self._bot_id, wanted.thread_id, *between, wanted.person_id, wanted.title, UNHEARD_SECONDS
            )
        return build_pull(row)

    async def drop(self, pull_id: int) -> None:
        """Forget what was wanted and is refused."""
        await self._session.execute("drop_wanted_pull", pull_id)

    async def drop_unfound(self, pull_id: int) -> None:
        """Forget what was wanted and is not there, unless it was wanted again meanwhile."""
        await self._session.execute("drop_unfound_pull", pull_id)

    async def opened(
        self, wanted: PullRow, number: int, url: str, title: str, sha: str, state: str, seconds: float
    ) -> PullRow:
        """Record that a pull request is there; return its row, the earlier one where it is followed already."""
        async with self._session.unit() as tx:
            await tx.execute("drop_wanted_twin", wanted.id, wanted.thread_id, wanted.connection, wanted.path, number)
            row = await tx.row("pull_opened", wanted.id, number, url, title, sha, state, seconds)
            if row is None:
                known = await tx.row("pull_by_number", wanted.thread_id, wanted.connection, wanted.path, number)
                row = await tx.row("pull_changed", known["id"], title, state, seconds)
        return build_pull(row)

    async def changed(self, pull_id: int, title: str, state: str, seconds: float) -> None:
        """Record what our agent made of a pull request; it is looked at in so many seconds, if it is open."""
        async with self._session.unit() as tx:
            await tx.row("pull_changed", pull_id, title, state, seconds)

    async def by_number(self, thread_id: int, connection: str, path: str, number: int) -> PullRow | None:
        """Return a pull request that a conversation opened."""
        row = await self._session.row("pull_by_number", thread_id, connection, path, number)
        return build_pull(row) if row else None

    async def by_id(self, pull_id: int) -> PullRow | None:
        """Return a pull request."""
        row = await self._session.row("pull_by_id", pull_id, self._bot_id)
        return build_pull(row) if row else None

    async def lock(self, pull_id: int) -> PullRow | None:
        """Return a pull request, which nobody else changes before the transaction ends."""
        row = await self._tx.row("lock_pull", pull_id)
        return build_pull(row) if row else None

    async def find(self, connection: str, path: str, number: int) -> list[PullRow]:
        """Return a pull request by what the forge calls it, in each conversation that follows it."""
        rows = await self._session.rows("pulls_of_repository", self._bot_id, connection, path, number)
        return [build_pull(row) for row in rows]

    async def of_thread(self, thread_id: int, most: int) -> list[PullRow]:
        """Return those of a conversation, open ones first, then the newest."""
        return [build_pull(row) for row in await self._session.rows("pulls_of_thread", thread_id, most)]

    async def due(self, resting: Collection[str], most: int) -> list[DuePull]:
        """Return what is to be looked at, but for connections that rest."""
        rows = await self._session.rows("due_pulls", self._bot_id, list(resting), most)
        return [
            DuePull(build_pull(row), Address(self._bot_id, row["chat_id"], row["topic_id"]), row["language"])
            for row in rows
        ]

    async def seen(self, row: PullRow, *, news: bool, pause: float | None) -> None:
        """Record how a pull request is; it is looked at again after a pause, or no more."""
        await self._session.execute(
            "pull_seen", row.id, row.title, row.state, row.sha, row.passed, row.failed, row.pending, row.review,
            json.dumps(dict(row.etags)), news, pause,
        )  # fmt: skip

    async def unseen(self, pull_id: int, pause: float | None, problem: str) -> None:
        """Record that a look failed; without a pause there is none any more."""
        await self._session.execute("pull_unseen", pull_id, pause, problem)

    async def hurry(self, thread_id: int) -> None:
        """Let those of a conversation be looked at now."""
        await self._session.execute("hurry_pulls", thread_id)

    async def add_news(self, pull_id: int, news: News) -> int | None:
        """Record what was said; None where it was known."""
        found = await self._session.value(
            "add_pull_news", pull_id, news.key, news.kind, news.author, news.verdict, news.place, news.text
        )
        return None if found is None else int(found)

    async def has_news(self, pull_id: int, key: str) -> bool:
        """Say whether something is known."""
        return await self._session.value("pull_call_known", pull_id, key) is not None

    async def are_own(self, pull_id: int, keys: Sequence[str]) -> set[str]:
        """Return those of some keys that are known."""
        return {row["key"] for row in await self._session.rows("pull_own_calls", pull_id, list(keys))}

    async def count_news(self, pull_id: int) -> int:
        """Count what is known of a pull request."""
        return int(await self._session.value("count_pull_news", pull_id))

    async def open_news(self, pull_id: int, most: int) -> list[News]:
        """Return what nobody has answered, oldest first, held until the transaction ends."""
        rows = await self._tx.rows("open_pull_news", pull_id, most)
        return [
            News(row["key"], row["kind"], row["author"], row["verdict"], row["place"], row["text"])
            for row in reversed(rows)
        ]

    async def answer_news(self, pull_id: int, turn_id: int, keys: Sequence[str]) -> None:
        """Record which turn answers some of what is known."""
        await self._tx.execute("answer_pull_news", pull_id, turn_id, list(keys))

    async def find_question(self, thread_id: int, run: int, call_id: str) -> Decision | None:
        """Return what a call asked a person."""
        row = await self._session.row("decision_of_call", thread_id, run, call_id)
        return build_decision(row) if row else None

    async def ask(self, new: NewDecision) -> Decision | None:
        """Ask a person, once for each call; None where its turn is over."""
        async with self._session.unit() as tx:
            asked = await add_decision(tx, self._bot_id, new)
            if asked is not None:
                return asked
            known = await tx.row("decision_of_call", new.thread_id, new.run, new.call_id)
        return build_decision(known) if known else None


def build_pull(row: Any) -> PullRow:
    """Make a PullRow of a row."""
    names = [name for name in PullRow.__dataclass_fields__ if name != "etags"]
    return PullRow(etags=json.loads(row["etags"]), **{name: row[name] for name in names})
