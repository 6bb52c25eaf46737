"""What `kubectl openclaw` reads of conversations, and what people asked by it: each request is carried out once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from agent_gateway.store.rows import Thread, TurnState
from agent_gateway.store.session import Room
from agent_gateway.store.threads import build_thread

MOST_TURNS: Final = 20
"""Turns that one answer tells of."""
MOST_MESSAGES: Final = 200
"""Messages of one page."""
PAGE_BYTES: Final = 1 << 20
"""Of a page; it has one message at any rate."""
Action = Literal["say", "stop"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was carried out."""

    action: str
    thread_id: int
    turn_id: int | None
    stopped: bool | None


@dataclass(frozen=True, slots=True)
class ConsoleTurn:
    """A turn as a terminal shows it.

    Attributes:
        id: Of the turn.
        state: How far it is.
        reason: Of one that failed.
        run: Which run has it.
        created_at: When it was asked.
        started_at: When its agent began.
        ended_at: When it was over.
        person: Who asked by the console; None for whoever asked in the chat.
        texts: What stands of its answer.
        tools: How many tools it used, where that is counted.
    """

    id: int
    state: TurnState
    reason: str | None
    run: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    person: str | None
    texts: tuple[str, ...]
    tools: int | None


@dataclass(frozen=True, slots=True)
class ConsoleMessage:
    """One thing that was said; `person` is who spoke by the console, `person_id` Telegram's id of whoever asked."""

    id: int
    at: datetime
    role: str
    turn_id: int | None
    text: str
    person_id: int | None
    person: str | None
    undone: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What people are asked, and until when."""

    kind: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a turn ended."""

    state: TurnState
    reason: str | None
    ended_at: datetime


class ConsoleQueries(Room):
    """The console's own looks and requests."""

    async def thread(self, name: str) -> Thread | None:
        """Return a conversation of this bot by the name of its AgentThread."""
        row = await self._session.row("console_thread", name, self._bot_id)
        return build_thread(row) if row else None

    async def marks(self, thread_id: int) -> Sequence[tuple[Any, ...]]:
        """Return what is another whenever there is more to tell of the newest turns."""
        rows = await self._session.rows("console_marks", thread_id, MOST_TURNS)
        return [(row["id"], row["state"], row["updated_at"]) for row in rows]

    async def turns(self, thread_id: int, first: int, most: int = MOST_TURNS) -> list[ConsoleTurn]:
        """Return the newest turns from one on, oldest first."""
        rows = await self._session.rows("console_turns", thread_id, first, min(most, MOST_TURNS))
        return [_build_turn(row) for row in reversed(rows)]

    async def messages(self, thread_id: int, before: int, most: int) -> list[ConsoleMessage]:
        """Return the newest messages before one, oldest first."""
        rows = await self._session.rows("console_messages", thread_id, before, min(most, MOST_MESSAGES), PAGE_BYTES)
        return [
            ConsoleMessage(
                r["id"], r["created_at"], r["role"], r["turn_id"], r["text"], r["person_id"], r["person"], r["undone"]
            )
            for r in rows
        ]

    async def questions(self, thread_id: int) -> list[Question]:
        """Return what people of a conversation are asked, oldest first; a few at most."""
        return [Question(r["kind"], r["expires_at"]) for r in await self._session.rows("console_asked", thread_id)]

    async def last(self, thread_id: int) -> Ended | None:
        """Return how the last turn that ended did."""
        row = await self._session.row("console_last", thread_id)
        return Ended(TurnState(row["state"]), row["reason"], row["ended_at"]) if row else None

    async def find(self, request: UUID) -> Asked | None:
        """Return what became of a request; None for one that is not known."""
        row = await self._session.row("console_request", self._bot_id, request)
        return Asked(row["action"], row["thread_id"], row["turn_id"], row["stopped"]) if row else None

    async def add(self, request: UUID, thread_id: int, action: Action, person: str, credential: str) -> bool:
        """Record a request; False where it is known."""
        found = await self._tx.value(
            "add_console_request", self._bot_id, request, thread_id, action, person, credential
        )
        return found is not None

    async def end(self, request: UUID, turn_id: int | None, stopped: bool | None) -> None:
        """Record what became of a request."""
        await self._tx.execute("end_console_request", self._bot_id, request, turn_id, stopped)

    async def count(self, person: str, most: int) -> int:
        """Count what a person asked within an hour, up to a bound."""
        return int(await self._session.value("count_console_requests", self._bot_id, person, most))


def _build_turn(row: Any) -> ConsoleTurn:
    state = TurnState(row["state"])
    texts = json.loads(row["messages"]) if row["ended_at"] is None else row["said"]
    tools = json.loads(row["tools"]).get("total") if row["tools"] else None
    return ConsoleTurn(
        row["id"], state, row["reason"], row["run"], row["created_at"], row["started_at"], row["ended_at"],
        row["person"], tuple(text for text in texts if isinstance(text, str)), tools if isinstance(tools, int) else None,
    )  # fmt: skip
