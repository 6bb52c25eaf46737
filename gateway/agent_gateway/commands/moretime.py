"""The button that gives a running answer more time."""

from __future__ import annotations

from agent_contract.terms import EXTENSION_SECONDS, Timeouts
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead, take_buttons
from agent_gateway.store.rows import Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.units import duration
from agent_gateway.wording.worktime import parse_more


class MoreTimeButton:
    """Gives the very turn that a warning speaks of more time, once for each warning."""

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Give it; None for a button of another kind."""
        parsed = parse_more(pressed.data)
        if parsed is None:
            return None
        turn_id, before = parsed
        language = pressed.language
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.turn_over(language))  # whether another chat's turn runs is nobody's business
        given = await tx.turns.extend(turn_id, before, EXTENSION_SECONDS, await _read_most(tx, turn))
        if given is None:
            await take_buttons(tx, pressed)
            return Outcome(keys.turn_over(language) if turn.ended_at is not None else keys.time_not_given(language))
        words = keys.time_given(language, time=duration(language, given - before))
        await tx.audit.add(pressed.person_id, "more_time", thread.name)
        await show_instead(tx, pressed, words)  # the warning itself says it, and its button goes
        return Outcome(words)


async def _read_most(tx: Transaction, turn: Turn) -> int:
    """Return the seconds that a turn may be given in all, as its run was promised."""
    run = await tx.runs.get(turn.thread_id, turn.run) if turn.run is not None else None
    return (run.limits if run is not None and run.limits is not None else Timeouts()).turn_extra
