"""Conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_gateway.errors import ConversationsFull
from agent_gateway.store.rows import Address, Run, SubAgentState, Thread, ThreadKind, ThreadWork, Turn, VenueState
from agent_gateway.store.runs import build_run
from agent_gateway.store.session import Room
from agent_gateway.store.turns import build_turn

MOST_NEW: Final = 100
"""Conversations that begin in one chat within a day."""


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What is stored of a thread at one moment.

    Attributes:
        now: That moment, by the database's clock.
        thread: The thread.
        run: The run that is not over.
        last: The newest run that is over.
        running: The turn that was delivered or started.
        waiting: The oldest turn that is queued.
        warms: Something will be asked within seconds.
    """

    now: datetime
    thread: Thread
    run: Run | None
    last: Run | None
    running: Turn | None
    waiting: Turn | None
    warms: bool = False


@dataclass(frozen=True, slots=True)
class ThreadName:
    """A conversation by the name of its AgentThread.

    Attributes:
        id: Of the conversation.
        is_open: It has an open run, or a turn that is not at its end.
    """

    id: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class SubAgentName:
    """A sub-agent by the name of its SubAgent.

    Attributes:
        thread_id: Of its thread.
        uid: Of its resource; None while that is only wanted.
        state: How far it is.
    """

    thread_id: int
    uid: str | None
    state: SubAgentState


class ThreadQueries(Room):
    """Threads."""

    async def get_or_create(
        self, address: Address, name: str, title: str, language: str | None = None, *, by_hand: bool = False
    ) -> Thread:
        """Return the thread of a chat or topic, made at need; a title and a language that are given replace the old ones.

        Raises:
            ConversationsFull: as many as people may begin in one chat within a day have begun there; not `by_hand`.
        """
        where = (address.bot_id, address.chat_id, address.topic_id)
        if not by_hand and await self._session.value("conversations_full", *where, MOST_NEW) is not None:
            raise ConversationsFull(MOST_NEW)
        row = await self._session.row("upsert_thread", *where, name, title, language)
        return build_thread(row)

    async def set_dated(self, thread_id: int, moment: datetime) -> None:
        """Record that the agent is told the time."""
        await self._session.execute("set_dated", thread_id, moment)

    async def by_id(self, thread_id: int) -> Thread | None:
        """Return a thread."""
        row = await self._session.row("thread_by_id", thread_id)
        return build_thread(row) if row else None

    async def by_name(self, name: str, kind: ThreadKind = ThreadKind.CONVERSATION) -> Thread | None:
        """Return the thread of an AgentThread, or of a SubAgent."""
        row = await self._session.row("thread_by_name", name, kind.value)
        return build_thread(row) if row else None

    async def named(self, names: Sequence[str]) -> Mapping[str, ThreadName]:
        """Return which conversations have these names; names that no conversation has are left out."""
        rows = await self._session.rows("threads_by_names", list(names))
        return {row["name"]: ThreadName(row["id"], row["open"]) for row in rows}

    async def named_subagents(self, names: Sequence[str]) -> Mapping[str, SubAgentName]:
        """Return which sub-agents have these names; names that no sub-agent has are left out."""
        rows = await self._session.rows("subagents_by_names", list(names))
        return {row["name"]: SubAgentName(row["thread_id"], row["uid"], SubAgentState(row["state"])) for row in rows}

    async def by_address(self, address: Address) -> Thread | None:
        """Return the thread of a chat or topic."""
        row = await self._session.row("thread_by_address", address.bot_id, address.chat_id, address.topic_id)
        return build_thread(row) if row else None

    async def begin_session(self, thread_id: int) -> None:
        """Give a thread a fresh session; the lines of the old one stay."""
        for name in ("keep_session", "begin_session", "forget_results"):
            await self._session.execute(name, thread_id)

    async def newest(self, chat_id: int | None = None, most: int = 100) -> list[Thread]:
        """Return the newest conversations of this bot, or of one chat: oldest first, at most so many."""
        if chat_id is None:
            rows = await self._session.rows("list_threads", self._bot_id, most)
        else:
            rows = await self._session.rows("list_chat_threads", self._bot_id, chat_id, most)
        return [build_thread(row) for row in reversed(rows)]

    async def recent(self, chat_id: int | None, most: int) -> list[Thread]:
        """Return at most so many conversations of a chat (None: of all), those first in which somebody wrote last."""
        if chat_id is None:
            rows = await self._session.rows("recent_threads", self._bot_id, most)
        else:
            rows = await self._session.rows("recent_chat_threads", self._bot_id, chat_id, most)
        return [build_thread(row) for row in rows]

    async def work(self, thread_ids: Sequence[int]) -> Mapping[int, ThreadWork]:
        """Return what is under way in each of some threads."""
        rows = await self._session.rows("thread_work", list(thread_ids))
        return {row["id"]: ThreadWork(row["running"], row["started_at"], row["queued"], row["run"]) for row in rows}

    async def by_id_with_due(self, thread_id: int) -> tuple[Thread, datetime | None] | None:
        """Return a thread, and since when it is due to be looked at; None where there is no such thread."""
        row = await self._session.row("thread_by_id", thread_id)
        return (build_thread(row), row["due_at"]) if row else None

    async def facts(self, thread_id: int) -> ThreadFacts | None:
        """Return what is stored of a thread, all read at one moment; None where there is no such thread."""
        row = await self._session.row("thread_facts", thread_id)
        if row is None:
            return None
        return ThreadFacts(
            now=row["now"],
            thread=build_thread(row["thread"]),
            run=build_run(row["run"]) if row["run"] else None,
            last=build_run(row["last"]) if row["last"] else None,
            running=build_turn(row["running"]) if row["running"] else None,
            waiting=build_turn(row["waiting"]) if row["waiting"] else None,
            warms=row["warms"],
        )

    async def warm(self, thread_id: int, until: datetime) -> None:
        """Record that something will be asked by then, so that its agent may begin ahead."""
        await self._session.execute("warm_thread", thread_id, until)

    async def due(self, most: int, seconds: float) -> list[int]:
        """Return threads that have been due for so long, longest first."""
        return [row["id"] for row in await self._session.rows("due_threads", self._bot_id, most, seconds)]

    async def settle_due(self, thread_id: int, due_at: datetime) -> bool:
        """Record that nothing is due any more; False where it was marked again since `due_at` was read."""
        return await self._session.value("settle_due", thread_id, due_at) is not None

    async def open_page(self, after: int, most: int) -> list[int]:
        """Return threads with an open run or a turn that has not ended: the next ids behind `after`."""
        return [row["thread_id"] for row in await self._session.rows("open_threads_page", after, most)]


def build_thread(row: Any) -> Thread:
    """Make a Thread of a row."""
    address = Address(row["bot_id"], row["chat_id"] or 0, row["topic_id"])
    return Thread(
        row["id"], address, row["name"], row["title"], row["session_id"], row["run_counter"], ThreadKind(row["kind"]),
        VenueState(row["place"]), row["model"], row["language"], thinking=row["thinking"],
    )  # fmt: skip
