"""The buttons that ask again, or go on with, an answer that did not come to its end."""

from __future__ import annotations

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import OpenView, WakeThread
from agent_gateway.store.rows import TurnState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Pressed
from agent_gateway.wording import again as words


class AgainButtons:
    """Asks again once what was asked in a turn that failed."""

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Ask anew or go on; None for a button of another kind."""
        parsed = words.parse_again(pressed.data)
        if parsed is None:
            return None
        goes_on, turn_id = parsed
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(words.NOT_CUT)  # what stands in another chat is nobody's business
        if turn.state is not TurnState.FAILED or turn.id <= await tx.jobs.forgotten_turn(thread.id):
            return Outcome(words.NOT_CUT)
        text = turn.text
        if goes_on:
            text = words.build_continuation(text, await tx.turns.last_answer(turn.id), "its agent was lost.")
        new = await tx.turns.ask_again(turn, pressed.person_id, text)
        if new is None:
            return Outcome(words.ASKED_ALREADY)
        tx.after(WakeThread(thread.id), OpenView(new, thread.address))
        return Outcome(words.CONTINUED if goes_on else words.ASKED)
