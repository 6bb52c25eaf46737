"""How long what was said and made stays: the rules of classes, what is older, and slices of it that go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent_gateway.store.session import Room

TURNS: Final = 500
"""Of a slice, with all that belongs to them."""
MESSAGES: Final = 500
LINES: Final = 2000
STATES: Final = 20
CALLS: Final = 500
SETTLING_SECONDS: Final = 3600
"""For so long a rule that was changed deletes nothing: a mistake can be taken back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """After how many days what is older goes; None where it stays. At least one is a number.

    Attributes:
        class_name: Of conversations of this class.
        messages: Messages, and what the agent remembers of them.
        files: Kept files.
        usage: Single model calls.
    """

    class_name: str
    messages: int | None
    files: int | None
    usage: int | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """A thread of which something is older than the rule of its class.

    Attributes:
        thread_id: Which.
        below: It is a sub-agent's.
        messages: What was said before this moment goes; None where nothing is as old.
        files: Likewise.
        usage: Likewise.
    """

    thread_id: int
    below: bool
    messages: datetime | None
    files: datetime | None
    usage: datetime | None

    @property
    def any(self) -> bool:
        """Say whether anything is to go."""
        return self.messages is not None or self.files is not None or self.usage is not None


class RetentionQueries(Room):
    """Rules, and what they delete. What deletes is part of a transaction, and says how many went."""

    async def rules(self) -> list[Rule]:
        """Return the rules of all classes."""
        rows = await self._session.rows("retention_rules", self._bot_id)
        return [Rule(row["class_name"], row["message_days"], row["file_days"], row["usage_days"]) for row in rows]

    async def put(self, rule: Rule) -> None:
        """Note a rule that is new or another than before: for `SETTLING_SECONDS` it deletes nothing."""
        await self._session.execute(
            "put_retention", self._bot_id, rule.class_name, rule.messages, rule.files, rule.usage
        )

    async def drop(self, class_name: str) -> None:
        """Let everything of a class stay from now on."""
        await self._session.execute("drop_retention", self._bot_id, class_name)

    async def page(self, after: int, most: int, now: datetime | None) -> list[Overdue]:
        """Return the next threads behind one, and what of each is overdue, now or at another time."""
        rows = await self._session.rows("retention_page", self._bot_id, after, most, now, float(SETTLING_SECONDS))
        return [Overdue(row["id"], row["below"], row["said"], row["kept"], row["used"]) for row in rows]

    async def empty_turns(self, thread_id: int, before: datetime) -> int:
        """Delete what was said in the oldest turns that have ended; the turns themselves stay, without words."""
        rows = await self._tx.rows("retention_turns", thread_id, before, TURNS)
        count = next((number for number, row in enumerate(rows) if not row["due"]), len(rows))
        turns = [row["id"] for row in rows[:count]]
        if turns:
            await self._session.tx.history.forget_of_turns(turns)
            await self._tx.execute("retention_emptied", thread_id, turns[-1])
        return len(turns)

    async def remove_messages(self, thread_id: int, before: datetime) -> int:
        """Delete messages that no turn leads to."""
        return read_count(await self._tx.execute("retention_messages", thread_id, before, MESSAGES))

    async def end_session(self, thread_id: int, before: datetime) -> bool:
        """Set the session of a conversation aside in which nobody wrote since; False where somebody did, or writes."""
        tx = self._tx
        row = await tx.row("lock_thread", thread_id)
        session_id = row["session_id"]
        await tx.execute("lock_session", str(session_id))
        idle = await tx.value("retention_idle", thread_id, before)
        if idle is None:
            return False
        await tx.threads.begin_session(thread_id)
        await tx.execute("retention_ended", thread_id, session_id, idle)
        return True

    async def remove_lines(self, thread_id: int, before: datetime) -> tuple[int, bool]:
        """Delete lines of sessions that ended before, with pictures and names; say also whether more are left."""
        gone, more = await self._tx.history.forget_entries(thread_id, before, LINES)
        if not more:
            await self._tx.execute("retention_names", thread_id)
        return gone, more

    async def remove_files(self, thread_id: int, before: datetime) -> int:
        """Delete the oldest kept files; the newest go only where nobody wrote since."""
        tx = self._tx
        await tx.row("lock_thread", thread_id)
        idle = await tx.value("retention_idle", thread_id, before) is not None
        gone = read_count(await tx.execute("retention_states", thread_id, before, idle, STATES))
        if gone < STATES:
            gone += read_count(await tx.execute("retention_workspaces", thread_id, before, idle, STATES - gone))
        if gone:
            await tx.execute("files_let_go", thread_id)
            await tx.quotas.recount([thread_id])
        return gone

    async def remove_calls(self, thread_id: int, before: datetime) -> int:
        """Delete single model calls; what they cost stays in the sums."""
        return read_count(await self._tx.execute("retention_usage", thread_id, before, CALLS))

    async def is_let_go(self, thread_id: int, run: int) -> bool:
        """Say whether the files of a run were kept, and went as their class lets none stay so long."""
        return bool(await self._session.value("kept_let_go", thread_id, run))


def read_count(status: str) -> int:
    """Return how many rows a statement touched, as the server tells it."""
    return int(status.rsplit(" ", 1)[-1])
