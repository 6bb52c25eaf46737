"""What is reserved, and what is in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_gateway.quotas import NEAR as NEAR_PART
from agent_gateway.quotas import Level, Limit, Lines, OverQuota, Quotas, check_lines, describe
from agent_gateway.store.lines import Line
from agent_gateway.store.rows import Thread, ThreadKind
from agent_gateway.store.session import Room

LINE_BYTES: Final = 200
"""What a session line, or a picture of one, takes of its table and indexes besides its own bytes; queries count it too."""
OVER_LIMIT: Final = "limit"
"""Reason of a turn that a limit ended."""


class QuotaQueries(Room):
    """Reservations. Each belongs into the transaction that stores what it is for, or that begins to."""

    async def reserve_lines(
        self, thread: Thread, run: int, turn_id: int | None, lines: Sequence[Line], quotas: Quotas
    ) -> int:
        """Reserve room for session lines and their pictures; return how many bytes.

        Raises:
            OverQuota: a limit would be passed: the transaction is to be given up.
        """
        pictures = {picture.hash: len(picture.data) for line in lines for picture in line.pictures}
        size = sum(len(line.text.encode()) + LINE_BYTES for line in lines)
        size += sum(pictures.values()) + LINE_BYTES * len(pictures)
        charged = await self._charge(thread, run, turn_id, size)
        try:
            check_lines(charged, quotas)
        except OverQuota:
            ids, texts = [line.id for line in lines], [line.text for line in lines]
            known = await self._tx.value("known_bytes", thread.session_id, ids, texts)
            shown = await self._tx.value("known_pictures", thread.session_id, list(pictures))
            check_lines(charged.without(int(known) + int(shown)), quotas)
        return size

    async def settle_lines(self, thread: Thread, run: int, turn_id: int | None, reserved: int, stored: int) -> None:
        """Give back what was reserved and not stored."""
        if reserved != stored:
            await self._charge(thread, run, turn_id, stored - reserved)

    async def give_back(self, thread: Thread, size: int) -> None:
        """Give back what a session held. What a turn and a run have written stays written."""
        await self._tx.execute("give_lines_back", thread.id, size)
        if thread.kind is ThreadKind.SUBAGENT:
            root = await self.find_root(thread.id)
            if root != thread.id:
                await self._charge_family(root, -size)

    async def find_root(self, thread_id: int) -> int:
        """Return the conversation that a thread's bytes count for."""
        return int(await self._session.value("root_of", thread_id))

    async def recount(self, thread_ids: Sequence[int]) -> None:
        """Let what these threads and the conversations above them have be counted anew."""
        await self._session.execute("drop_root_quotas", list(thread_ids))

    async def hold(self) -> None:
        """Let nobody else reserve room for files before the transaction ends."""
        await self._tx.execute("hold_quotas")

    async def check_copies(self, root_id: int, more: int, quotas: Quotas) -> None:
        """Raise OverQuota where copies for sub-agents would be over their limit with so many bytes more."""
        if await self._tx.value("copies_held", root_id) + more > quotas.copies:
            raise OverQuota(Limit.COPIES, describe(Limit.COPIES, quotas.copies))
        await self.check_database(more, quotas, NEAR_PART)

    async def check_files(self, root_id: int, more: int, quotas: Quotas) -> None:
        """Raise OverQuota where files for the chat would be over their limit with so many bytes more."""
        if await self._tx.value("files_held", root_id) + more > quotas.files:
            raise OverQuota(Limit.FILES, describe(Limit.FILES, quotas.files))
        await self.check_database(more, quotas, NEAR_PART)

    async def check_database(self, more: int, quotas: Quotas, part: float = 1.0) -> None:
        """Raise OverQuota where the database would be fuller than a part of its quota with so many bytes more."""
        if quotas.database and await self.used() + more > quotas.database * part:
            raise OverQuota(Limit.DATABASE, describe(Limit.DATABASE, quotas.database))

    async def used(self) -> int:
        """Return how many bytes of the database are in use or reserved."""
        return int(await self._session.value("database_use"))

    async def count_copy_slots(self, thread_id: int, run: int, call_id: str) -> int | None:
        """Count the sub-agents that the running turn of a run has asked for or copied files for; None where none runs."""
        found = await self._session.value("copy_slots", thread_id, run, call_id)
        return None if found is None else int(found)

    async def level(self) -> Level:
        """Return how full the database was found last."""
        found = await self._session.value("fullness", self._bot_id)
        return Level.ROOM if found is None else Level(found)

    async def set_level(self, level: Level) -> int | None:
        """Record how full the database is; return the microsecond of the change, None where it is none."""
        found = await self._tx.value("set_fullness", self._bot_id, level.value)
        return None if found is None else int(found)

    async def _charge(self, thread: Thread, run: int, turn_id: int | None, size: int) -> Lines:
        """Add bytes to the rows of a thread and of its conversation, which are held from then on: the lower one first."""
        values = (thread.id, thread.session_id, run, turn_id, size)
        row = await self._tx.row("charge_lines", *values)
        if row is None:
            await self._tx.execute("count_lines", thread.id)
            row = await self._tx.row("charge_lines", *values)
        family = row["family_bytes"]
        if thread.kind is ThreadKind.SUBAGENT:
            root = await self.find_root(thread.id)
            if root != thread.id:
                family = await self._charge_family(root, size)
        return Lines(row["session_bytes"], row["turn_bytes"], row["run_bytes"], family)

    async def _charge_family(self, root: int, size: int) -> int:
        found = await self._tx.value("charge_family", root, size)
        if found is None:
            await self._tx.execute("count_lines", root)
            found = await self._tx.value("charge_family", root, size)
        return int(found)
