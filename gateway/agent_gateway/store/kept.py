"""Kept states of files: packs, each stored once for a conversation, and what is said of them turn by turn."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from agent_gateway.errors import LeadershipLost, TurnOver
from agent_gateway.quotas import Limit, OverQuota, Quotas, describe
from agent_gateway.store.errors import Away
from agent_gateway.store.reserving import FIRST_BYTES, Reservation
from agent_gateway.store.rows import SubAgentRow, Thread
from agent_gateway.store.session import Room
from agent_gateway.store.workspaces import MOST_FAILED, NO_QUOTAS, CopyCall, find_first

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction

MOST_STATES: Final = 21
"""Of a conversation's own, one of each turn: those before the last twenty, and the newest."""
_MOST_DROPPED: Final = 2 * MOST_STATES


class NotWhatItSaysError(Exception):
    """A pack's bytes do not have the hash that it is named by; nothing of it stays."""


@dataclass(frozen=True, slots=True)
class NewState:
    """A state as a run sends it.

    Attributes:
        whole: Hash of the pack with the list that it differs from.
        packs: Hashes of those that hold its contents.
        body: All of it.
        files: How many files and links.
        size: Bytes of the files.
        over: Files that there was no room for.
    """

    whole: str | None
    packs: tuple[str, ...]
    body: bytes
    files: int
    size: int
    over: int


@dataclass(frozen=True, slots=True)
class KeptState:
    """Files as they were after a turn.

    Attributes:
        id: Of its row.
        run: Which had them.
        turn_id: After which turn, or in which; None: before the first one of that run.
        files: How many.
        size: Their bytes.
        over: Files that there was no room for.
        created_at: When it was stored.
    """

    id: int
    run: int
    turn_id: int | None
    files: int
    size: int
    over: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PackRow:
    """A pack that is stored whole."""

    id: int
    sha: str
    bytes: int


@dataclass(frozen=True, slots=True)
class StateBody:
    """What a run needs to write a state.

    Attributes:
        body: As it was sent.
        packs: The list that it differs from, if there is one, then its contents.
        differs: There is one.
    """

    body: bytes
    packs: tuple[PackRow, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Since:
    """What was worked on since a state.

    Attributes:
        turns: How many turns.
        at_work: One of them is still at it.
        late: One has ended, and its files are not stored.
    """

    turns: int
    at_work: bool
    late: bool


class KeptQueries(Room):
    """States and packs of threads."""

    async def has_pack(self, thread_id: int, sha: str) -> bool:
        """Say whether a pack is stored, which then stays until a state can name it."""
        return await self._session.value("offer_pack", thread_id, bytes.fromhex(sha)) is not None

    async def save_pack(
        self, thread_id: int, run: int, sha: str, chunks: AsyncIterator[bytes], most: int, quotas: Quotas = NO_QUOTAS
    ) -> int:
        """Store a pack; it counts only once it is whole. Whatever `chunks` raises is passed on, and nothing stays.

        Args:
            thread_id: Whose it is.
            run: Which sends it.
            sha: What it is named by: the SHA-256 of its bytes.
            chunks: Its bytes.
            most: Bytes that all packs of the thread may have. Earlier states give way to it.
            quotas: What may be stored in all.

        Returns:
            Its bytes.

        Raises:
            OverQuota: there is no room for it.
            NotWhatItSaysError: it is another.
        """
        reserved = await self._begin(thread_id, run, sha, most, quotas)
        digest, ordinal = hashlib.sha256(), 0
        try:
            async for chunk in chunks:
                digest.update(chunk)
                more = reserved.find_more(len(chunk))
                async with self._session.unit() as tx:
                    if more:
                        await _make_room(tx, thread_id, run, more, most, quotas)
                        await tx.value("hold_pack", reserved.id, reserved.held + more)
                    await tx.execute("add_pack_row", reserved.id, ordinal, chunk)
                reserved.add(len(chunk), more)
                ordinal += 1
            _check_hash(digest.hexdigest(), sha)
            await self._session.execute("finish_pack", reserved.id, reserved.filled)
        except BaseException:
            with contextlib.suppress(Away, LeadershipLost):  # it is purged later then
                await self._session.execute("drop_partial_pack", reserved.id)
            raise
        return reserved.filled

    async def _begin(self, thread_id: int, run: int, sha: str, most: int, quotas: Quotas) -> Reservation:
        async with self._session.unit() as tx:
            await _make_room(tx, thread_id, run, FIRST_BYTES, most, quotas)
            number = await tx.value("begin_pack", thread_id, run, bytes.fromhex(sha), FIRST_BYTES)
        return Reservation(int(number))

    async def save_state(
        self, thread_id: int, run: int, turn_id: int | None, new: NewState, call: CopyCall | None = None
    ) -> list[str]:
        """Store what packs are of; of earlier states the newest stay, as many as MOST_STATES.

        Returns:
            The packs that are not stored: then it is not either.

        Raises:
            OverQuota: it is a copy, and its sub-agent may not be asked for.
            TurnOver: it is a copy, and no turn runs.
        """
        names = [*new.packs, *([new.whole] if new.whole is not None else [])]
        async with self._session.unit() as tx:
            if call is not None:
                await tx.quotas.hold()
                await _check_call(tx, thread_id, run, call)
            await tx.row("lock_run", thread_id, run)  # the run's row first, as everywhere
            await tx.value("share_thread", thread_id)
            await tx.value("hold_room", thread_id)
            rows = await tx.rows("packs_by_sha", thread_id, [bytes.fromhex(name) for name in names])
            ids = {row["sha"].hex(): row["id"] for row in rows}
            missing = [name for name in names if name not in ids]
            if missing:
                return missing
            call_id = call.id if call is not None else None
            whole = ids[new.whole] if new.whole is not None else None
            values = (turn_id, call_id, whole, list(ids.values()), new.body, new.files, new.size, new.over)
            if await tx.value("add_state", thread_id, run, *values) is not None:
                await tx.execute("name_packs", list(ids.values()))
                await tx.execute("prune_states", thread_id, call_id, MOST_STATES if call is None else 1)
            if call is None:
                await tx.execute("kept_of_run", thread_id, run, turn_id)
        return []

    async def note_same(self, thread_id: int, run: int, turn_id: int | None) -> None:
        """Record that a turn has changed nothing: what is stored is as its files are."""
        await self._session.execute("kept_of_run", thread_id, run, turn_id)

    async def is_behind(self, thread_id: int, run: int) -> bool:
        """Say whether a turn of a run was worked on after the newest one whose files are stored."""
        return bool(await self._session.value("kept_behind", thread_id, run))

    async def of(self, thread: Thread, child: SubAgentRow | None) -> KeptState | None:
        """Return the state that a run of `thread` begins with.

        A conversation's own newest; for a sub-agent the copy made for it, or the parent's newest where a person asked.
        """
        return _state(await find_first(self._session, thread, child, newest="newest_state", copy="state_for_call"))

    async def list_states(self, thread_id: int) -> Sequence[KeptState]:
        """Return the states that a conversation could go back to, the newest first."""
        rows = await self._session.rows("states_of", thread_id, MOST_STATES)
        return [state for row in rows if (state := _state(row)) is not None]

    async def since(self, thread_id: int, turn_id: int | None) -> Since:
        """Return what was worked on behind a turn; None stands before all of them."""
        row = await self._session.row("turns_since", thread_id, turn_id or 0)
        return Since(row["turns"], row["at_work"], row["late"])

    async def read_body(self, state_id: int) -> StateBody | None:
        """Return what a run needs to write a state; None where it, or a part of it, has gone meanwhile."""
        row = await self._session.row("state_body", state_id)
        if row is None:
            return None
        found = {
            r["id"]: PackRow(r["id"], r["sha"], r["bytes"])
            for r in await self._session.rows("packs_by_id", row["packs"])
        }
        whole = row["whole_id"]
        if len(found) != len(set(row["packs"])) or (whole is not None and whole not in found):
            return None
        first = [found.pop(whole)] if whole is not None else []
        return StateBody(row["body"], (*first, *found.values()), whole is not None)

    async def stream_pack(self, pack_id: int) -> AsyncIterator[bytes]:
        """Yield a pack, never all in memory."""
        async for data in self._session.slices("pack_slice", pack_id):
            yield data

    async def note_failed(self, thread_id: int, run: int) -> bool:
        """Record that a run could not write the state that it was to begin with.

        Returns:
            True where it is kept aside now, with those that share a part with it.
        """
        row = await self._session.row("state_failed", thread_id, run)
        if row is None or row["failed"] < MOST_FAILED:
            return False
        await self._session.execute("put_states_aside", thread_id, row["id"])
        return True


def _check_hash(found: str, said: str) -> None:
    if found != said:
        raise NotWhatItSaysError


async def _make_room(tx: Transaction, thread_id: int, run: int, more: int, most: int, quotas: Quotas) -> None:
    """Let earlier states go until there is room for so many bytes more.

    Raises:
        OverQuota: there is none.
    """
    await tx.quotas.hold()
    used = await tx.value("hold_room", thread_id)
    if used + more > most:
        await tx.execute("drop_loose_packs", thread_id, run)
        used = await tx.value("hold_room", thread_id)
    for _ in range(_MOST_DROPPED):
        if used + more <= most or await tx.execute("drop_oldest_state", thread_id) == "DELETE 0":
            break
        await tx.execute("drop_loose_packs", thread_id, run)
        used = await tx.value("hold_room", thread_id)
    if used + more > most:
        raise OverQuota(Limit.KEPT, describe(Limit.KEPT, most))
    await tx.quotas.check_database(more, quotas)


async def _check_call(tx: Transaction, thread_id: int, run: int, call: CopyCall) -> None:
    taken = await tx.quotas.count_copy_slots(thread_id, run, call.id)
    if taken is None:
        raise TurnOver
    if taken >= call.most:
        raise OverQuota(Limit.CHILDREN, call.refusal)


def _state(row: Any) -> KeptState | None:
    if row is None:
        return None
    return KeptState(row["id"], row["run"], row["turn_id"], row["files"], row["bytes"], row["over"], row["created_at"])
