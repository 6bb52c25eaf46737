"""Schedules, and each time at which one was due: it is asked once for each, whatever is killed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_contract.agentschedule import AgentScheduleSpec, DueTime, Outcome
from agent_gateway.store.schedulerows import Coming, Counts, EndedTurn, NewSchedule
from agent_gateway.store.session import Room

MOST_ACTIVE: Final = 20
"""Turns of one schedule that have not ended and are looked at."""


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule.

    Attributes:
        id: Of the row.
        name: Of its AgentSchedule.
        uid: Likewise; None until that is there.
        thread_id: The conversation; None where its chat may not use the bot.
        person_id: Who asked for it in the chat; None where it was made by hand.
        language: Of that person.
        said: When, as they wrote it.
        spec: What is asked, where and when.
        generation: Of the AgentSchedule, as far as it is known.
        state: draft, wanted, live or gone.
        wish: What is to be written into the AgentSchedule: suspend, resume or delete.
        problem: Why nothing comes of it, in a word; empty where it can be used.
        words: And in a sentence.
        next_at: When it is due next.
        last_at: When it was due last.
        succeeded_at: When its last turn ended well.
        failures: Turns in a row that failed.
        paused_at: Since when it is paused because of those.
        version: Grows with what its status tells.
        created_at: When it was made.
    """

    id: int
    name: str
    uid: str | None
    thread_id: int | None
    person_id: int | None
    language: str
    said: str
    spec: AgentScheduleSpec
    generation: int
    state: str
    wish: str | None
    problem: str
    words: str
    next_at: datetime | None
    last_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    paused_at: datetime | None
    version: int
    created_at: datetime


class ScheduleQueries(Room):
    """Schedules."""

    async def draft(
        self, thread_id: int, person_id: int, language: str, said: str, spec: AgentScheduleSpec
    ) -> ScheduleRow:
        """Record what a person has yet to confirm."""
        row = await self._tx.row(
            "draft_schedule", self._bot_id, thread_id, person_id, language, said, _dump(spec)
        )  # fmt: skip
        return build_schedule(row)

    async def want(self, schedule_id: int, thread_name: str) -> ScheduleRow | None:
        """Record that a draft was confirmed; None where it was before."""
        return _build(await self._session.row("want_schedule", schedule_id, thread_name))

    async def rename(self, schedule_id: int) -> None:
        """Give one whose name is taken another one."""
        await self._session.execute("rename_schedule", schedule_id)

    async def made(self, schedule_id: int, uid: str, generation: int, next_at: datetime | None) -> ScheduleRow | None:
        """Record that its AgentSchedule is there; None where that is known."""
        return _build(await self._session.row("made_schedule", schedule_id, uid, generation, next_at))

    async def adopt(self, new: NewSchedule, language: str) -> ScheduleRow | None:
        """Record one that was made by hand; None where it is known."""
        row = await self._session.row(
            "adopt_schedule", self._bot_id, new.name, new.uid, new.thread_id, language, _dump(new.spec), new.generation,
            new.problem, new.words, new.next_at, new.last_at,
        )  # fmt: skip
        return _build(row)

    async def change(self, schedule_id: int, new: NewSchedule) -> None:
        """Record what its AgentSchedule says now."""
        await self._session.execute(
            "change_schedule", schedule_id, new.thread_id, _dump(new.spec), new.generation, new.problem, new.words,
            new.next_at, new.last_at,
        )  # fmt: skip

    async def gone(self, schedule_id: int) -> None:
        """Record that its AgentSchedule is not there any more."""
        await self._session.execute("gone_schedule", schedule_id)

    async def remove(self, schedule_id: int) -> bool:
        """Ask nothing of it any more, and have its AgentSchedule deleted; False where that was done before."""
        return await self._session.row("remove_schedule", schedule_id) is not None

    async def unwanted(self, schedule_id: int, uid: str, name: str) -> bool:
        """Have an AgentSchedule deleted that came to be after it was removed here; False where it is none of those."""
        return await self._session.value("unwanted_schedule", schedule_id, uid, name) is not None

    async def wish(self, schedule_id: int, wish: str, next_at: datetime | None) -> None:
        """Hold it, or let it go on; that is written into its AgentSchedule."""
        await self._session.execute("wish_schedule", schedule_id, wish, next_at)

    async def written(self, schedule_id: int, wish: str, generation: int) -> None:
        """Record that a wish was carried out, unless there is another since."""
        await self._session.execute("schedule_written", schedule_id, wish, generation)

    async def by_id(self, schedule_id: int) -> ScheduleRow | None:
        """Return a schedule."""
        return _build(await self._session.row("schedule_by_id", schedule_id, self._bot_id))

    async def lock(self, schedule_id: int) -> ScheduleRow | None:
        """Return a schedule, which nobody else changes before the transaction ends."""
        return _build(await self._tx.row("lock_schedule", schedule_id, self._bot_id))

    async def named(self, names: Sequence[str]) -> dict[str, ScheduleRow]:
        """Return those of these names that are wanted or there."""
        rows = await self._session.rows("schedules_named", self._bot_id, list(names))
        return {row["name"]: build_schedule(row) for row in rows}

    async def live_names(self, after: str, most: int) -> list[str]:
        """Return the names of those that are there, in order, behind one of them."""
        return [row["name"] for row in await self._session.rows("live_schedule_names", self._bot_id, after, most)]

    async def of_thread(self, thread_id: int, most: int) -> list[ScheduleRow]:
        """Return those of a conversation, the oldest first."""
        return [build_schedule(row) for row in await self._session.rows("schedules_of_thread", thread_id, most)]

    async def count(self, thread_id: int | None, chat_id: int, but: int = 0) -> Counts:
        """Count them, but for one."""
        row = await self._session.row("count_schedules", self._bot_id, thread_id, chat_id, but)
        return Counts(row["conversation"], row["chat"], row["whole"])

    async def due(self, now: datetime, most: int) -> list[int]:
        """Return which are due, the longest first."""
        return [row["id"] for row in await self._session.rows("due_schedules", self._bot_id, now, most)]

    async def first_due(self) -> datetime | None:
        """Return when the next of all is due."""
        found: datetime | None = await self._session.value("first_due_schedule", self._bot_id)
        return found

    async def coming(self, after: datetime, by: datetime, most: int) -> list[Coming]:
        """Return those that are due within a time, the first ones first, where no agent is there and none was begun for it."""
        rows = await self._session.rows("coming_schedules", self._bot_id, after, by, most)
        return [Coming(**{name: row[name] for name in Coming.__dataclass_fields__}) for row in rows]

    async def note_due(self, row: ScheduleRow, due_at: datetime, outcome: Outcome, now: datetime) -> bool:
        """Record a due time, once; False where it was before."""
        return (
            row.uid is not None
            and await self._tx.value("schedule_due", row.uid, due_at, row.id, outcome, now) is not None
        )

    async def asked(self, uid: str, due_at: datetime, turn_id: int) -> None:
        """Record which turn asks it."""
        await self._session.execute("schedule_asked", uid, due_at, turn_id)

    async def mark_turn(self, turn_id: int, *, quiet: bool) -> None:
        """Record that nobody wrote a turn; of a quiet one only what it has to say comes into the chat."""
        await self._session.execute("mark_schedule_turn", turn_id, quiet)

    async def move(self, schedule_id: int, next_at: datetime | None, last_at: datetime) -> None:
        """Record when it was due and is due next."""
        await self._session.execute("schedule_moves", schedule_id, next_at, last_at)

    async def cannot(self, schedule_id: int, problem: str, words: str, next_at: datetime | None = None) -> None:
        """Record why nothing comes of it any more, or not now: then it is looked at again at `next_at`."""
        await self._session.execute("schedule_cannot", schedule_id, problem, words, next_at)

    async def active(self, schedule_id: int) -> list[int]:
        """Return its turns that have not ended."""
        rows = await self._session.rows("active_schedule_turns", schedule_id, MOST_ACTIVE)
        return [row["turn_id"] for row in rows]

    async def ended(self, most: int) -> list[EndedTurn]:
        """Return due times whose turns have ended since."""
        rows = await self._session.rows("ended_schedule_turns", self._bot_id, most)
        return [
            EndedTurn(
                row["uid"], row["due_at"], row["schedule_id"], row["state"],
                bool(row["stop_asked"]) or row["reason"] == "aborted", row["ended_at"], row["again"],
            )
            for row in rows
        ]  # fmt: skip

    async def end(self, ended: EndedTurn, outcome: Outcome) -> bool:
        """Record what became of a due time, once; False where it was before."""
        found = await self._tx.value("end_schedule_turn", ended.uid, ended.due_at, outcome, ended.ended_at)
        return found is not None

    async def succeeded(self, schedule_id: int, moment: datetime) -> None:
        """Record that a turn ended well."""
        await self._session.execute("schedule_succeeded", schedule_id, moment)

    async def failed(self, schedule_id: int, most: int) -> ScheduleRow | None:
        """Record that a turn failed; with the last of `most` in a row it is paused. None where it is gone."""
        return _build(await self._session.row("schedule_failed", schedule_id, most))

    async def changed(self, schedule_id: int) -> None:
        """Record that its status has more to tell."""
        await self._session.execute("schedule_changed", schedule_id)

    async def resume(self, schedule_id: int, next_at: datetime | None) -> bool:
        """Let one that is paused go on; False where it is not."""
        return await self._session.value("resume_schedule", schedule_id, next_at) is not None

    async def unwritten(self, most: int) -> list[ScheduleRow]:
        """Return those whose AgentSchedule is to be made, changed or deleted."""
        return [build_schedule(row) for row in await self._session.rows("unwritten_schedules", self._bot_id, most)]

    async def untold(self, most: int) -> list[ScheduleRow]:
        """Return those whose status is to be written."""
        return [build_schedule(row) for row in await self._session.rows("untold_schedules", self._bot_id, most)]

    async def told(self, schedule_id: int, version: int) -> None:
        """Record that the status tells it."""
        await self._session.execute("schedule_told", schedule_id, version)

    async def recent(self, schedule_id: int, most: int) -> list[DueTime]:
        """Return its last due times, the newest first."""
        rows = await self._session.rows("recent_schedule_turns", schedule_id, most)
        return [DueTime(due_at=row["due_at"], outcome=row["outcome"], ended_at=row["ended_at"]) for row in rows]


def build_schedule(row: Any) -> ScheduleRow:
    """Make a ScheduleRow of a row."""
    names = [name for name in ScheduleRow.__dataclass_fields__ if name != "spec"]
    spec = AgentScheduleSpec.model_validate_json(row["spec"])
    return ScheduleRow(spec=spec, **{name: row[name] for name in names})


def _build(row: Any) -> ScheduleRow | None:
    return build_schedule(row) if row is not None else None


def _dump(spec: AgentScheduleSpec) -> str:
    return spec.model_dump_json(by_alias=True, exclude_none=True)
