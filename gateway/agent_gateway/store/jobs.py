"""Work on a whole history, done in slices beside the inbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room

MOST_EXPORTS: Final = 10
"""Histories of all conversations that wait to be written."""

MOST_AN_HOUR: Final = 5
"""Histories of one conversation."""
MOST_DIFFS: Final = 20
"""Looks at files of all conversations that wait."""
MOST_DIFFS_AN_HOUR: Final = 60
"""Looks at the files of one conversation."""


class JobAsked(StrEnum):
    """What became of the wish for something that is bounded."""

    ADDED = "added"
    UNDER_WAY = "under_way"
    OFTEN = "often"
    FULL = "full"


class JobKind(StrEnum):
    """What is to be done."""

    EXPORT = "export"
    FORGET = "forget"
    FORGET_ME = "forget me"
    DIFF = "diff"
    BRANCHES = "branches"
    FORK = "fork"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Attributes:
        id: Which.
        kind: What is to be done.
        thread_id: To which conversation.
        address: Where its end is told.
        message_id: The message that is answered or edited with it.
        progress: How far it is; what stands there is its kind's own.
        created_at: When it was asked for.
    """

    id: int
    kind: JobKind
    thread_id: int
    address: Address
    message_id: int | None
    progress: Mapping[str, Any]
    created_at: datetime


class JobQueries(Room):
    """Jobs."""

    async def add(
        self, kind: JobKind, dedupe_key: str, thread_id: int, address: Address, message_id: int | None,
        progress: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Record what is to be done; the same key asks for it once."""
        await self._tx.execute(
            "add_job", self._bot_id, kind.value, dedupe_key, thread_id, address.chat_id, address.topic_id, message_id,
            json.dumps(dict(progress or {})),
        )  # fmt: skip

    async def add_export(
        self, dedupe_key: str, thread_id: int, address: Address, message_id: int | None,
        progress: Mapping[str, Any] | None = None,
    ) -> JobAsked:  # fmt: skip
        """Record that a history is wanted, unless this one is under way already, or too many others wait."""
        await self._tx.execute("hold_exports")
        if await self.is_exporting(thread_id):
            return JobAsked.UNDER_WAY
        if int(await self._tx.value("count_own_exports", thread_id)) >= MOST_AN_HOUR:
            return JobAsked.OFTEN
        if int(await self._tx.value("count_exports", self._bot_id)) >= MOST_EXPORTS:
            return JobAsked.FULL
        await self.add(JobKind.EXPORT, dedupe_key, thread_id, address, message_id, progress)
        return JobAsked.ADDED

    async def is_exporting(self, thread_id: int) -> bool:
        """Say whether the history of a conversation is being written, or not all of it is in the chat yet."""
        return await self._session.value("export_under_way", thread_id) is not None

    async def is_exporting_person(self, person_id: int) -> bool:
        """Say whether a copy of what is kept of one person is being written."""
        return await self._session.value("person_export_under_way", self._bot_id, person_id) is not None

    async def add_look(
        self, kind: JobKind, dedupe_key: str, thread_id: int, address: Address, message_id: int | None,
        progress: Mapping[str, Any],
    ) -> JobAsked:  # fmt: skip
        """Record that somebody wants to see files or branches, unless they are being looked at, or too many others wait."""
        await self._tx.execute("hold_looks")
        row = await self._tx.row("count_looks", self._bot_id, thread_id)
        if row["under_way"]:
            return JobAsked.UNDER_WAY
        if row["of_hour"] >= MOST_DIFFS_AN_HOUR:
            return JobAsked.OFTEN
        if row["waiting"] >= MOST_DIFFS:
            return JobAsked.FULL
        await self.add(kind, dedupe_key, thread_id, address, message_id, progress)
        return JobAsked.ADDED

    async def due_threads(self, most: int) -> list[int]:
        """Return conversations for which something is to be done, those of the oldest jobs first."""
        return [row["thread_id"] for row in await self._session.rows("due_job_threads", self._bot_id, most)]

    async def next(self, thread_id: int) -> Job | None:
        """Return the oldest job of a conversation that is not at its end."""
        row = await self._session.row("due_job", thread_id)
        return _build(row) if row else None

    async def forgotten_turn(self, thread_id: int) -> int:
        """Return up to which turn a conversation is being deleted; 0 where it is not."""
        return int(await self._session.value("forgotten_turn", thread_id))

    async def hold(self, job_id: int) -> Job | None:
        """Return a job, held until the transaction ends; None where it is at its end."""
        row = await self._tx.row("hold_job", job_id)
        return _build(row) if row else None

    async def save(self, job_id: int, progress: Mapping[str, Any]) -> None:
        """Record how far a job is."""
        await self._session.execute("job_progress", job_id, json.dumps(dict(progress)))

    async def count_failure(self, job_id: int) -> int:
        """Record that an attempt failed; return how many did in a row."""
        return int(await self._session.value("job_failed", job_id) or 0)

    async def end(self, job_id: int, *, failed: bool = False) -> None:
        """Record that a job is at its end."""
        await self._session.execute("end_job", job_id, "failed" if failed else "done")


def _build(row: Any) -> Job:
    return Job(
        row["id"], JobKind(row["kind"]), row["thread_id"], Address(row["bot_id"], row["chat_id"], row["topic_id"]),
        row["message_id"], json.loads(row["progress"]), row["created_at"],
    )  # fmt: skip
