"""Where conversations are held: topics that close and go, groups that move."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from agent_gateway.store.rows import MOVED, Address, Run, Thread, Turn, VenueState
from agent_gateway.store.runs import build_run
from agent_gateway.store.session import Room
from agent_gateway.store.threads import build_thread
from agent_gateway.store.turns import build_turn


@dataclass(frozen=True, slots=True)
class Underway:
    """What is under way in a thread: its run that is not over, the turn that this has, and the ids of those that wait."""

    run: Run | None
    running: Turn | None
    waiting: tuple[int, ...]
    last: Turn | None
    """The newest turn that a person asked for."""

    @property
    def shown(self) -> tuple[int, ...]:
        """Return the ids of the turns that the chat may show something of."""
        return (*self.waiting, *((self.running.id,) if self.running is not None else ()))


@dataclass(frozen=True, slots=True)
class MovedThread:
    """A conversation that goes on elsewhere: `id` and `name` are those that it had."""

    id: int
    name: str
    thread: Thread
    work: Underway
    """What was under way; its run ended with the move."""


class VenueQueries(Room):
    """Venues of threads, what waits for a closed topic, and chats that moved."""

    async def set(
        self,
        address: Address,
        place: VenueState,
        *,
        was: Collection[VenueState],
        whole_chat: bool = False,
        why: str | None = None,
        was_why: str | None = None,
    ) -> list[Thread]:
        """Change the place of the thread of an address, or of all of its chat; return those that were otherwise.

        Args:
            address: A topic or chat.
            place: How it is now.
            was: Only threads whose place is one of these.
            whole_chat: All threads of the chat.
            why: Of orphans: topic, chat.
            was_why: Only orphans for that reason.
        """
        where = (address.bot_id, address.chat_id, address.topic_id, whole_chat)
        await self._tx.rows("lock_place_runs", *where)
        rows = await self._tx.rows(
            "set_place", *where, place.value, why, [p.value for p in was], was_why
        )  # fmt: skip
        return [build_thread(row) for row in rows]

    async def underway(self, thread_id: int) -> Underway:
        """Return what is under way in a thread, as this transaction sees it."""
        run = await self._session.row("open_run", thread_id)
        running = await self._session.row("running_turn", thread_id)
        waiting = await self._session.rows("queued_turns", thread_id)
        last = await self._session.row("last_asked", thread_id)
        return Underway(
            build_run(run) if run else None, build_turn(running) if running else None,
            tuple(row["id"] for row in waiting), build_turn(last) if last else None,
        )  # fmt: skip

    async def rename_topic(self, address: Address, title: str) -> list[Thread]:
        """Give the thread of a topic another title."""
        where = (address.bot_id, address.chat_id, address.topic_id)
        return [build_thread(row) for row in await self._session.rows("rename_topic", *where, title)]

    async def note_made_title(self, address: Address, title: str) -> None:
        """Record that a topic has a title that was made of what was said, and that no person gave it."""
        await self._session.execute("note_made_title", address.bot_id, address.chat_id, address.topic_id, title)

    async def forget_made_title(self, thread_id: int) -> None:
        """Take a title back that was made of what was said, unless a person gave the topic another one since."""
        await self._session.execute("forget_made_title", thread_id)

    async def rename_chat(self, address: Address, title: str) -> list[Thread]:
        """Give the thread that bears a group's title another."""
        rows = await self._session.rows("rename_chat", address.bot_id, address.chat_id, title)
        return [build_thread(row) for row in rows]

    async def renamed(self) -> list[Thread]:
        """Return threads that were renamed since their AgentThreads were known to have the title; a hundred at most."""
        return [build_thread(row) for row in await self._session.rows("named_threads", self._bot_id, 100)]

    async def title_written(self, thread: Thread) -> None:
        """Record that the AgentThread of a thread has the title that was read here."""
        await self._session.execute("title_written", thread.id, thread.title)

    async def private(self, person_id: int) -> Address | None:
        """Return where a person wrote last in private; None where they never did, or cannot be reached there."""
        row = await self._session.row("private_place", self._bot_id, person_id)
        return Address(row["bot_id"], row["chat_id"], row["topic_id"]) if row else None

    async def proven_open(self) -> list[Address]:
        """Return topics that are marked as closed but have taken what they refused before."""
        return [build_thread(row).address for row in await self._session.rows("proven_open", self._bot_id)]

    async def moves(self, chat_ids: Sequence[int]) -> dict[int, int]:
        """Return which other ids these chats have now, and those on the way there."""
        rows = await self._session.rows("moves", self._bot_id, list(chat_ids))
        return {row["chat_id"]: row["moved_to"] for row in rows}

    async def is_moved_here(self, chat_id: int) -> bool:
        """Say whether a group has had another id before this one."""
        return bool(await self._session.value("is_moved_here", self._bot_id, chat_id))

    async def move_chat(
        self, old: Address, new: Address, build_name: Callable[[int, int | None], str]
    ) -> list[MovedThread]:
        """Give all that belongs to a chat its new id, in the caller's transaction; once more changes nothing.

        A conversation that has begun in the new chat already stays there and takes what waited in the old one, whose
        history is kept.

        Args:
            old: The chat as it was.
            new: As it is; `topic_id` is where what belonged to no topic goes on.
            build_name: Names the AgentThread of chat and topic.
        """
        bot_id = old.bot_id
        await self._tx.execute("add_alias", bot_id, old.chat_id, new.chat_id)
        await self._tx.rows("lock_place_runs", bot_id, old.chat_id, None, True)
        rows = await self._tx.rows("threads_to_move", bot_id, old.chat_id, new.chat_id, new.topic_id)
        moved = [await self._move_thread(build_thread(row), new, build_name) for row in rows]
        await self._tx.execute("move_subagents", bot_id, old.chat_id, new.chat_id)
        await self._tx.execute("move_outbox", bot_id, old.chat_id, new.chat_id, new.topic_id)
        await self._tx.execute("move_notes", bot_id, old.chat_id, new.chat_id)
        return moved

    async def settle_in_general(
        self, general: Address, build_name: Callable[[int, int | None], str]
    ) -> MovedThread | None:
        """Give General the conversation that its group had before it had topics; None where there is none to give."""
        await self._tx.rows("lock_place_runs", general.bot_id, general.chat_id, None, False)
        row = await self._tx.row("thread_at", general.bot_id, general.chat_id, None)
        if row is None or row["place_why"] == "moved":
            return None
        return await self._move_thread(build_thread(row), general, build_name)

    async def left_behind(self, address: Address) -> list[Thread]:
        """Return conversations that a move left behind for the one that is held here: nobody reaches them any more."""
        rows = await self._session.rows("left_behind", address.bot_id, address.chat_id, address.topic_id)
        return [build_thread(row) for row in rows]

    async def _move_thread(
        self, thread: Thread, new: Address, build_name: Callable[[int, int | None], str]
    ) -> MovedThread:
        topic = new.topic_id if thread.address.topic_id is None else thread.address.topic_id
        work = await self.underway(thread.id)
        await self._tx.execute("end_moved_run", thread.id, MOVED)
        for query in (
            "requeue_unstarted",
            "forget_message_ids",
            "forget_steer_messages",
            "forget_view_ids",
            "forget_subagent_messages",
        ):
            await self._tx.execute(query, thread.id)
        await self._tx.execute("retire", thread.name, thread.id)
        other = await self._tx.row("thread_at", new.bot_id, new.chat_id, topic)
        if other is not None:
            for query in ("hand_turns_over", "hand_messages_over", "hand_notes_over", "hand_schedules_over"):
                await self._tx.execute(query, thread.id, other["id"])
            await self._tx.execute("leave_behind", thread.id)
            return MovedThread(thread.id, thread.name, build_thread(other), work)
        name = build_name(new.chat_id, topic)
        row = await self._tx.row("move_thread", thread.id, new.chat_id, topic, name)
        return MovedThread(thread.id, thread.name, build_thread(row), work)

    async def retired(self) -> list[tuple[str, int]]:
        """Return names and threads of AgentThreads that are no longer used and not yet stopped; a hundred at most."""
        return [(row["name"], row["thread_id"]) for row in await self._session.rows("retired")]

    async def retired_done(self, name: str, *, left: bool) -> None:
        """Record that a retired AgentThread is gone, or stopped and left."""
        await self._session.execute("retired_done", name, "left" if left else "gone")
