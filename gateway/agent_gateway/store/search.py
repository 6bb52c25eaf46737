"""Search over what was said: which words a question has, what may be seen, what fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent_gateway.store.session import Room

MOST_WORDS: Final = 12
"""Words of a question that count."""
MOST_TOPICS: Final = 200
"""Other conversations of a chat that are searched, the newest first."""
MOST_HITS: Final = 1000
"""Messages of a word that count, the newest first."""
READ_ALL: Final = 1000
"""Messages of a conversation that are read for what no index holds."""
READ_EACH: Final = 20
"""The same of each conversation, where a whole chat is searched."""
_EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question.

    Attributes:
        word: As the index holds it.
        stops: In how many languages it says nothing by itself, as "the" does.
        stems: What it is without its ending, in each language.
    """

    word: str
    stops: int
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visible:
    """A conversation that may be seen.

    Attributes:
        thread_id: Which.
        forgotten: Messages up to this one are being deleted.
    """

    thread_id: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to the index.

    Attributes:
        number: The word that it stands for.
        asked: A tsquery.
        weight: What a message that it finds has of that word's worth.
    """

    number: int
    asked: str
    weight: float


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is searched.

    Attributes:
        role: `user` or `assistant`; None: both.
        since: Not before that.
        until: Before that.
    """

    role: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def values(self) -> tuple[str | None, datetime, datetime]:
        """Return what queries are given."""
        return self.role, self.since or _EVER[0], self.until or _EVER[1]


@dataclass(frozen=True, slots=True)
class Found:
    """A message that was found.

    Attributes:
        id: Of the message.
        thread_id: Its conversation.
        role: `user` or `assistant`.
        at: When it was said.
        person_id: Whoever asked, where that is known.
        name: As that person bore it.
        title: Of its conversation.
        chat_id: Where it stands.
        topic_id: The same.
        message_id: Telegram's number of the person's message.
        answer_id: Telegram's number of the answer, where it is one that is still known.
        excerpt: A piece of it, from a little before the first word on.
    """

    id: int
    thread_id: int
    role: str
    at: datetime
    person_id: int | None
    name: str | None
    title: str
    chat_id: int
    topic_id: int | None
    message_id: int | None
    answer_id: int | None
    excerpt: str


_READ: Final = (
    "id", "thread_id", "role", "person_id", "name", "title", "chat_id", "topic_id", "message_id", "answer_id", "excerpt",
)  # fmt: skip


class SearchQueries(Room):
    """Searches."""

    async def terms(self, question: str) -> list[Term]:
        """Return the words of a question."""
        rows = await self._session.rows("search_terms", question, MOST_WORDS)
        return [Term(row["word"], row["stops"], tuple(row["stems"])) for row in rows]

    async def visible(self, thread_id: int, *, chat: bool) -> list[Visible]:
        """Return what may be seen from a conversation at this moment: itself, and with `chat` the others of its chat."""
        rows = await self._session.rows("search_visible", self._bot_id, thread_id, chat, MOST_TOPICS)
        return [Visible(row["id"], row["forgotten"]) for row in rows]

    async def hits(
        self,
        visible: Sequence[Visible],
        probes: Sequence[Probe],
        question: str,
        words: Sequence[str],
        narrowing: Narrowing,
        skip: int,
        count: int,
    ) -> tuple[list[Found], int]:
        """Return what the index finds, best first, behind `skip` of it; and how much there is in all."""
        rows = await self._session.rows(
            "search_hits", *_split(visible), [p.number for p in probes], [p.asked for p in probes],
            [p.weight for p in probes], MOST_HITS, *narrowing.values, question, list(words), skip, count,
        )  # fmt: skip
        return _read(rows)

    async def within(
        self, visible: Sequence[Visible], question: str, narrowing: Narrowing, skip: int, count: int
    ) -> tuple[list[Found], int]:
        """Return new messages that hold a question as it was written."""
        return await self._look("search_within", visible, question, narrowing, skip, count)

    async def alike(
        self, visible: Sequence[Visible], question: str, narrowing: Narrowing, skip: int, count: int
    ) -> tuple[list[Found], int]:
        """Return new messages that hold nearly that; nothing where the database has no pg_trgm."""
        if not await self._session.value("knows_likeness"):
            return [], 0
        return await self._look("search_alike", visible, question, narrowing, skip, count)

    async def knows_likeness(self) -> bool:
        """Say whether the database has pg_trgm."""
        return bool(await self._session.value("knows_likeness"))

    async def message(self, visible: Sequence[Visible], message_id: int) -> Any:
        """Return a message with its turn's person and number in Telegram, where it may be seen; else None."""
        return await self._session.row("message_seen", *_split(visible), message_id)

    async def add(self, thread_id: int, question: str, most: int) -> int | None:
        """Remember a question for its buttons; None where a conversation has had as many within a minute."""
        return await self._session.value("add_search", thread_id, question, most)  # type: ignore[no-any-return]

    async def question(self, search_id: int, thread_id: int) -> str | None:
        """Return what was asked in a conversation; None where it is not known any more."""
        return await self._session.value("search_words", search_id, thread_id)  # type: ignore[no-any-return]

    async def _look(
        self, query: str, visible: Sequence[Visible], question: str, narrowing: Narrowing, skip: int, count: int
    ) -> tuple[list[Found], int]:
        each = READ_ALL if len(visible) < 2 else READ_EACH
        return _read(await self._session.rows(query, *_split(visible), each, question, *narrowing.values, skip, count))


def _split(visible: Sequence[Visible]) -> tuple[list[int], list[int]]:
    return [one.thread_id for one in visible], [one.forgotten for one in visible]


def _read(rows: Sequence[Any]) -> tuple[list[Found], int]:
    found = [Found(at=row["created_at"], **{name: row[name] for name in _READ}) for row in rows]
    return found, rows[0]["total"] if rows else 0
