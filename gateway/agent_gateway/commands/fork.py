"""`/fork`: a topic that begins with this conversation's history and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_gateway.commands.greeting import MOST_TASKS, TASK_ACTION, TASK_SECONDS
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.request import Request
from agent_gateway.effects import WakeJobs
from agent_gateway.metrics import LIMITS
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.store.undos import UndoableTurn
from agent_gateway.telegram.inbound.incoming import Command
from agent_gateway.wording import keys
from agent_gateway.wording.titles import LONGEST, PRIVATE, compute_title

MARK: Final = "⑂"
"""Before the title of such a topic."""


class Fork:
    """Records that a copy is wanted; it is made beside.

    Args:
        has_topics: Private chats with the bot have topics.
    """

    def __init__(self, *, has_topics: bool) -> None:
        self._has_topics = has_topics

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Have a topic opened with the history and files of now or, as a reply, of after that message's answer."""
        command, language = request.command, request.command.language
        if command.address.topic_id is None and not (request.private and self._has_topics):
            return Outcome(keys.fork_no_topics(language))
        thread = await tx.threads.by_address(command.address)
        turns = await tx.undos.list_turns(thread.id, earlier=True) if thread is not None else []
        if thread is None or not turns:
            return Outcome(keys.fork_nothing(language))
        at = await _find(tx, thread, turns, command)
        if isinstance(at, Outcome):
            return at
        begun = await tx.audit.count(command.person_id, TASK_ACTION, TASK_SECONDS)
        if begun >= MOST_TASKS:
            LIMITS.labels("tasks").inc()
            return Outcome(keys.tasks_full(language, count=begun))
        await tx.audit.add(command.person_id, TASK_ACTION, str(command.address.chat_id))
        await tx.audit.add(command.person_id, "fork", thread.name)
        point = await tx.forks.find_point(thread, turns[at], turns[at - 1] if at else None)
        title = _build_title(thread, turns[at], command.args)
        made = not compute_title(command.args, "")
        progress = {"point": point.dump(), "title": title, "made": made, "language": language}
        key = f"fork:{request.update_id}"
        await tx.jobs.add(JobKind.FORK, key, thread.id, command.address, command.message_id, progress)
        tx.after(WakeJobs())
        return Outcome("")


async def _find(
    tx: Transaction, thread: Thread, turns: Sequence[UndoableTurn], command: Command
) -> int | Outcome:  # fmt: skip
    """Return which turn is the last that comes along, or what is said where there is none."""
    language = command.language
    if command.reply_to is None:
        found = next((at for at, turn in enumerate(turns) if not turn.running), None)
        return found if found is not None else Outcome(keys.fork_nothing(language))
    turn_id = await tx.undos.find_turn(thread.id, turns, command.reply_to)
    found = next((at for at, turn in enumerate(turns) if turn_id in turn.ids), None)
    if found is None:
        return Outcome(keys.fork_unknown(language))
    return Outcome(keys.fork_running(language)) if turns[found].running else found


def _build_title(thread: Thread, turn: UndoableTurn, asked: str) -> str:
    """Return what a topic is called: as was asked, or after the conversation or its last message."""
    known = "" if thread.title == PRIVATE or thread.address.topic_id is None else thread.title
    title = compute_title(asked, "") or known.removeprefix(MARK).strip() or compute_title(turn.words, "")
    return f"{MARK} {title[:LONGEST]}".strip()
