"""Runs: which pod has a conversation, and until when."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from pydantic import ValidationError

from agent_contract.terms import Timeouts
from agent_gateway.effects import FreeSlot, WakeThread
from agent_gateway.errors import RunClosed, RunRefused
from agent_gateway.metrics import RUNS
from agent_gateway.store.rows import ModelChoice, Run, RunState, Turn
from agent_gateway.store.session import Room
from agent_gateway.store.turns import build_turn
from agent_gateway.way import Step, note, note_given

_FIELDS = [f.name for f in fields(Run)]
_log = logging.getLogger(__name__)
LEFT = "IdleTimeout"
"""Reason of a run that was closed by leave, as the operator names the same end."""


class RunQueries(Room):
    """Runs."""

    async def want(
        self,
        thread_id: int,
        number: int,
        thread_uid: str | None,
        class_name: str | None = None,
        limits: Timeouts | None = None,
        cold: str | None = None,
    ) -> ModelChoice:
        """Record that run `number` is wanted, before anybody else learns it; return what was chosen for it.

        Its class and limits are those of its first record; None tells none. So is `cold`, which says why it has no pod of a
        warm pool.
        """
        told = None if limits is None else limits.model_dump_json()
        async with self._session.unit() as tx:  # the run's row first, as everywhere
            row = await tx.row("want_run", thread_id, number, thread_uid, class_name, told, cold)
            await tx.execute("runs_followed", thread_id, number)
            await tx.execute("raise_counter", thread_id, number)
        return ModelChoice(row["model"], row["thinking"])

    async def count_refusal(self, thread_id: int, number: int, words: str, pause: float) -> None:
        """Count that the API server refused to take a run, in these words; it may be tried again after `pause` seconds."""
        await self._session.row("write_refused", thread_id, number, pause, words)

    async def accepted(self, thread_id: int, number: int) -> None:
        """Record that the API server took a run that it had refused before."""
        await self._session.execute("write_accepted", thread_id, number)

    async def open(self, thread_id: int) -> Run | None:
        """Return the run that is not over."""
        row = await self._session.row("open_run", thread_id)
        return build_run(row) if row else None

    async def last(self, thread_id: int) -> Run | None:
        """Return the newest run that is over."""
        row = await self._session.row("last_run", thread_id)
        return build_run(row) if row else None

    async def get(self, thread_id: int, number: int) -> Run | None:
        """Return one run, whatever its state."""
        row = await self._session.row("run", thread_id, number)
        return build_run(row) if row else None

    async def count_open(self, but: int = 0) -> int:
        """Count the runs of conversations that are not over, or whose pods may still be there.

        A pod that is leaving takes nothing from the next run of its own conversation: `but` is the id of its thread.
        """
        return int(await self._session.value("open_runs", but))

    async def gone(self, thread_id: int, number: int) -> None:
        """Record that the pod of a run that is over is gone."""
        async with self._session.unit() as tx:
            if await tx.value("run_gone", thread_id, number) is not None:
                tx.after(FreeSlot())

    async def ready(self) -> set[int]:
        """Return the ids of the threads whose run takes messages."""
        return {row["thread_id"] for row in await self._session.rows("ready_runs")}

    async def last_connected(self, thread_id: int) -> Run | None:
        """Return the newest run that is over and had an agent."""
        row = await self._session.row("last_connected_run", thread_id)
        return build_run(row) if row else None

    async def is_settled(self, thread_id: int) -> bool:
        """Say whether a thread is a sub-agent's that has ended, though its pod may still be there."""
        return bool(await self._session.value("subagent_settled", thread_id))

    async def files_over(self, thread_id: int, number: int) -> None:
        """Record that a run's files were over the limit and are not kept."""
        await self._session.execute("files_of_run", thread_id, number, "over")

    async def accept_hello(self, thread_id: int, number: int, pod_name: str, pod_uid: str, job_name: str) -> Run:
        """Give the run to this pod, for ever.

        Raises:
            RunClosed: it was closed by leave.
            RunRefused: it is over otherwise, another pod has it, a newer run exists, or nobody wanted it.
        """
        async with self._session.unit() as tx:
            row = await tx.row("lock_run", thread_id, number)
            if row is None:
                raise RunRefused(f"run {number} was never wanted")
            run = build_run(row)
            if run.pod_uid is not None and run.pod_uid != pod_uid:
                raise RunRefused(f"run {number} belongs to another pod")
            if run.state is RunState.OVER:
                kind = RunClosed if run.reason == LEFT else RunRefused
                raise kind(f"run {number} is over ({run.reason})")
            newest = await tx.value("newest_run", thread_id)
            if newest > number:
                raise RunRefused(f"run {newest} is newer than run {number}")
            row = await tx.row("accept_hello", thread_id, number, pod_name, pod_uid, job_name)
        if run.pod_uid is None:
            note(Step.CONNECTED, (row["hello_at"] - row["wanted_at"]).total_seconds())
        return build_run(row)

    async def mark_ready(self, thread_id: int, number: int) -> None:
        """Record that pi answers."""
        note(Step.READY, await self._session.value("mark_ready", thread_id, number))

    async def ask_stop(self, thread_id: int, number: int, why: str) -> None:
        """Record that a run shall end; what carries it out may come later, and in another gateway."""
        async with self._session.unit() as tx:
            if await tx.value("ask_stop", thread_id, number, why) is not None:
                await tx.decisions.withdraw(thread_id, run=number)
                tx.after(WakeThread(thread_id))

    async def seen(self, runs: Sequence[tuple[int, int]]) -> None:
        """Record that the connections of these (thread, number) pairs live."""
        await self._session.execute("seen", [thread for thread, _ in runs], [number for _, number in runs])

    async def end(self, thread_id: int, number: int, reason: str, message: str | None) -> bool:
        """Record that a run is over; False where it was already."""
        async with self._session.unit() as tx:
            ended = bool(await tx.row("end_run", thread_id, number, reason, message))
            if ended:
                await tx.decisions.withdraw(thread_id, run=number)
                tx.after(WakeThread(thread_id), FreeSlot())
        if ended:
            RUNS.labels(reason).inc()
        return ended

    async def leave(self, thread_id: int, run: int, seq: int, *, hand_over: bool = True) -> Turn | None:
        """Hand the run its next turn, or close it, in one transaction.

        Without `hand_over` it is closed in any case, and a turn that it was given but did not start waits again: that
        is no attempt that failed.
        """
        async with self._session.unit() as tx:
            await tx.row("lock_run", thread_id, run)
            running = await tx.row("running_turn", thread_id)
            turn = running
            if hand_over and running is None:
                turn = await tx.row("deliver_next", thread_id, run)
            if not hand_over and running is not None:
                await tx.execute("give_back", running["id"])
            ended = None
            if not hand_over or turn is None:
                ended = await tx.row("end_left_run", thread_id, run, LEFT)
                await tx.decisions.withdraw(thread_id, run=run)
                tx.after(WakeThread(thread_id), FreeSlot())
            await tx.execute("acked", thread_id, run, seq)
        if ended is not None:
            RUNS.labels(LEFT).inc()
        if turn is not None and running is None:
            note_given(turn)
        return build_turn(turn) if hand_over and turn is not None else None


def build_run(row: Any) -> Run:
    """Make a Run of a row."""
    values = {name: row[name] for name in _FIELDS}
    return Run(**{**values, "state": RunState(values["state"]), "limits": _read_limits(values["limits"])})


def _read_limits(stored: str | None) -> Timeouts | None:
    try:
        return Timeouts.model_validate_json(stored) if stored is not None else None
    except ValidationError:  # of a later release, with other bounds: they are not known here
        _log.warning("limits_unreadable")
        return None
