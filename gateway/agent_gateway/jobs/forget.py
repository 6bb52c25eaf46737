"""Deletes what was forgotten, a slice a transaction; killed in between, the next process goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from agent_gateway.jobs.slices import hold_slice, tell_end
from agent_gateway.store import Store
from agent_gateway.store.history import Forgotten, Limits
from agent_gateway.store.jobs import Job
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording import confirm as texts

TURNS: Final = 500
"""Of a slice, with all that belongs to them."""
LINES: Final = 2000
WORKSPACES: Final = 4
"""Each has up to 256 MiB by default."""
FILES: Final = 20
SAID: Final = 500
SUBAGENTS: Final = 20
"""With all that belongs to them, the lines of their sessions included."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a deletion is.

    Attributes:
        limits: Up to where rows go.
        step: What is being deleted.
        turn: Turns up to this one are still to be deleted.
        below: Sub-agents up to this thread are deleted.
        gone: How much went.
        thread: The conversation that is being deleted, where it is another one than the job's.
        left: Those that a move left behind, which are deleted after it.
    """

    limits: Limits
    step: str
    turn: int
    below: int = 0
    gone: Forgotten = field(default_factory=Forgotten)
    thread: int | None = None
    left: tuple[int, ...] = ()


def read_progress(raw: Mapping[str, Any]) -> Progress:
    """Read what stands in a job."""
    gone = Forgotten(**raw.get("gone", {}))
    return Progress(
        Limits(**raw["limits"]), raw["step"], raw["turn"], raw.get("below", 0), gone, raw.get("thread"),
        tuple(raw.get("left", ())),
    )  # fmt: skip


class Forgetting:
    """Carries jobs of this kind out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def work(self, job: Job) -> bool:
        """Do one slice; True where nothing is left."""
        async with self._store.transaction() as tx:
            held = await hold_slice(tx, job)
            if held is None:
                return True
            now = await _do(tx, held, read_progress(held.progress))
            if now.step != "end":
                await tx.jobs.save(job.id, asdict(now))
                return False
            await tell_end(tx, held, lambda language: texts.forget_done(language, now.gone), f"forgotten:{job.id}")
            return True


async def _do(tx: Transaction, job: Job, now: Progress) -> Progress:
    history, gone = tx.history, now.gone
    thread_id = job.thread_id if now.thread is None else now.thread
    match now.step:
        case "turns":
            left, messages = await history.forget_turns(thread_id, now.turn, TURNS)
            gone = gone.plus(Forgotten(messages=messages))
            return replace(now, gone=gone, turn=left or 0, step="turns" if left is not None else "messages")
        case "messages":
            count = await history.forget_messages(thread_id, now.limits.message, SAID)
            gone = gone.plus(Forgotten(messages=count))
            return replace(now, gone=gone, step="messages" if count == SAID else "entries")
        case "entries":
            lines, more = await history.forget_entries(thread_id, job.created_at, LINES)
            gone = gone.plus(Forgotten(session_lines=lines))
            return replace(now, gone=gone, step="entries" if more else "workspaces")
        case "workspaces":
            count = await history.forget_workspaces(thread_id, WORKSPACES)
            gone = gone.plus(Forgotten(workspaces=count))
            return replace(now, gone=gone, step="workspaces" if count == WORKSPACES else "files")
        case "files":
            count = await history.forget_files(thread_id, now.limits.file, FILES)
            gone = gone.plus(Forgotten(files=count))
            return replace(now, gone=gone, step="files" if count == FILES else "said")
        case "said":
            count = await history.forget_outbox(await _find_address(tx, job, now), now.limits.outbox, SAID)
            return replace(now, step="said" if count == SAID else "below")
        case "below":
            last, of_them = await history.forget_below(thread_id, now.below, SUBAGENTS)
            now = replace(now, gone=gone.plus(of_them), below=last or now.below)
            return now if last is not None else _turn_to_next(now)
        case _:
            await history.forget_inbox(job.address)
            return replace(now, step="end")


def _turn_to_next(now: Progress) -> Progress:
    """Go on with what a move left behind."""
    if not now.left:
        return replace(now, step="inbox")
    return replace(now, step="turns", turn=now.limits.turn, below=0, thread=now.left[0], left=now.left[1:])


async def _find_address(tx: Transaction, job: Job, now: Progress) -> Address:
    """Return where what is being deleted was said."""
    thread = await tx.threads.by_id(now.thread) if now.thread is not None else None
    return thread.address if thread is not None else job.address
