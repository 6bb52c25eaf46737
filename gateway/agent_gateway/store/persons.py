"""What is stored of one person over all chats: read for a copy, or deleted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_gateway.store.rows import Thread
from agent_gateway.store.schedules import ScheduleRow, build_schedule
from agent_gateway.store.session import Room
from agent_gateway.store.threads import build_thread

MOST_PRIVATE: Final = 50
"""Private conversations that are deleted at once; a further `/forget me` takes those behind them."""
MOST_LISTED: Final = 1000
"""Notes, and schedules, of one person."""
PAGE: Final = 100
"""Questions of a slice."""
BLANK: Final = "(deleted at the wish of whoever wrote it)"
"""What a session holds in place of words that are gone."""
_KNOWN_BY: Final = 200
"""Characters of a question by which a line of a session is known as its own."""


@dataclass(frozen=True, slots=True)
class OwnNote:
    """Something that a person noted.

    Attributes:
        at: When.
        text: What.
    """

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a person wrote in a group.

    Attributes:
        at: When.
        title: Of the conversation.
        text: The words.
    """

    at: datetime
    title: str
    text: str


class PersonQueries(Room):
    """One person's data. What deletes is part of a transaction."""

    async def private(self, person_id: int, most: int = MOST_PRIVATE) -> list[Thread]:
        """Return private conversations in which something was said."""
        return [build_thread(row) for row in await self._session.rows("person_private", self._bot_id, person_id, most)]

    async def is_busy(self, person_id: int) -> bool:
        """Say whether anything that a person asked is not at its end."""
        return bool(await self._session.value("person_busy", person_id))

    async def end(self) -> int:
        """Return the newest turn of all."""
        return int(await self._session.value("person_end"))

    async def notes(self, person_id: int) -> list[OwnNote]:
        """Return what a person noted, wherever it holds."""
        rows = await self._session.rows("person_notes", self._bot_id, person_id, MOST_LISTED)
        return [OwnNote(row["created_at"], row["text"]) for row in rows]

    async def schedules(self, person_id: int) -> list[ScheduleRow]:
        """Return what a person scheduled."""
        rows = await self._session.rows("person_schedules", self._bot_id, person_id, MOST_LISTED)
        return [build_schedule(row) for row in rows]

    async def said(self, person_id: int) -> AsyncIterator[OwnWords]:
        """Yield what a person wrote in groups till now; no connection is held in between."""
        after, end = 0, await self.end()
        while rows := await self._session.rows("person_said", person_id, after, end, PAGE):
            after = rows[-1]["id"]
            for row in rows:
                if row["text"]:
                    yield OwnWords(row["at"], row["title"], row["text"])

    async def forget(self, person_id: int) -> None:
        """Delete what is theirs beside conversations: notes, schedules, and what is known of them."""
        for name in ("notes_gone", "notes_unnamed", "drafts", "schedules_gone", "unknown", "asked_in"):
            await self._tx.execute(f"person_{name}", self._bot_id, person_id)

    async def forget_in_groups(self, person_id: int, after: int, up_to: int) -> tuple[int | None, int]:
        """Delete what they wrote in the next questions behind one of them; what was answered stays.

        Returns:
            The last of these questions, None where no more are left; and how many there were.
        """
        tx = self._tx
        rows = await tx.rows("person_groups", person_id, after, up_to, PAGE)
        if not rows:
            return None, 0
        due = [row for row in rows if row["due"]]
        turns = [row["id"] for row in due]
        await self._blank_lines([row for row in due if row["before_session"] is not None and row["text"].strip()])
        await tx.execute("person_messages", turns, person_id)
        await tx.execute("person_steers", turns, person_id)
        await tx.execute("forget_turns_parts", turns)
        await tx.execute("forget_turns_words", turns)
        return rows[-1]["id"], len(due)

    async def _blank_lines(self, asked: list[Any]) -> None:
        """Take a question out of the session in which it was asked: the line stays, as others follow it.

        It is the first one with its words: those behind it may be another's who said the same.
        """
        tx = self._tx
        begins = {row["id"]: row["text"].strip()[:_KNOWN_BY] for row in asked}
        places = [[row[key] for row in asked] for key in ("id", "before_session", "before_line")]
        for row in await tx.rows("person_lines", *places):
            begin = begins.get(row["turn_id"])
            line = blank_line(row["line"], begin) if begin is not None else None
            if line is not None:
                del begins[row["turn_id"]]
                await tx.execute("person_blank_line", row["session_id"], row["ordinal"], line)
                await tx.execute("person_pictures", row["session_id"], row["pictures"] or [])


def blank_line(line: str, begin: str) -> str | None:
    """Return a line of a session without its words; None where it is not a person's, or not one with these words."""
    entry = json.loads(line)
    message = entry.get("message")
    if entry.get("type") != "message" or not isinstance(message, dict) or message.get("role") != "user":
        return None
    content = message.get("content")
    blocks = content if isinstance(content, list) else [{"text": content}]
    said = "\n".join(str(block.get("text", "")) for block in blocks if isinstance(block, dict))
    if begin not in said:
        return None
    blank = [{"type": "text", "text": BLANK}]
    return json.dumps({**entry, "message": {**message, "content": blank}}, ensure_ascii=False, separators=(",", ":"))
