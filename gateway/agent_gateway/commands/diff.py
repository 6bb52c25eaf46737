"""`/diff`: what became of the files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import WakeJobs
from agent_gateway.jobs.diff import DATA, Scope
from agent_gateway.metrics import LIMITS
from agent_gateway.store.jobs import MOST_DIFFS_AN_HOUR, JobAsked, JobKind
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Command, Pressed
from agent_gateway.wording import keys

_DATA: Final = re.compile(f"{DATA}({'|'.join(Scope)})")
_ALL: Final = frozenset({"all", "branch"})
"""Words behind the command that ask for all of it."""


class DiffCommand:
    """Records that somebody wants to see it; it is looked at beside, and the message is the answer."""

    async def command(self, tx: Transaction, update_id: int, command: Command) -> Outcome:
        """Have the files looked at."""
        scope = Scope.ALL if command.args.strip().casefold() in _ALL else Scope.TURN
        progress = {"scope": scope.value, "language": command.language}
        return await ask_look(
            tx, JobKind.DIFF, f"diff:{update_id}", command.address, command.message_id, command.language, progress
        )

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Show the other scope in place of what stands; None for a button of another kind."""
        found = _DATA.fullmatch(pressed.data)
        if found is None:
            return None
        if pressed.address.chat_id == NOWHERE:
            return Outcome(keys.button_gone(pressed.language))
        progress = {"scope": found[1], "language": pressed.language, "edited": pressed.message_id}
        key = f"diff:{pressed.callback_id}"
        return await ask_look(tx, JobKind.DIFF, key, pressed.address, None, pressed.language, progress)


async def ask_look(
    tx: Transaction, kind: JobKind, key: str, address: Address, message_id: int | None, language: str,
    progress: Mapping[str, object],
) -> Outcome:  # fmt: skip
    """Record that files or branches are to be looked at, unless that is under way or too much of it was asked."""
    thread = await tx.threads.by_address(address)
    if thread is None:
        return Outcome(keys.diff_none(language))
    match await tx.jobs.add_look(kind, key, thread.id, address, message_id, progress):
        case JobAsked.UNDER_WAY:
            return Outcome(keys.diff_waits(language))
        case JobAsked.OFTEN:
            LIMITS.labels("diffs").inc()
            return Outcome(keys.diff_often(language, count=MOST_DIFFS_AN_HOUR))
        case JobAsked.FULL:
            LIMITS.labels("diffs").inc()
            return Outcome(keys.diff_full(language))
        case JobAsked.ADDED:
            tx.after(WakeJobs())
            return Outcome("")
