"""The Stop button below a running answer."""

from __future__ import annotations

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import AbortTurn, CloseViews, WakeThread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Pressed
from agent_gateway.wording.commands import STOPPED
from agent_gateway.wording.stop import STOPPING, TURN_OVER, parse_stop


class StopButton:
    """Stops the very turn that a button stands below."""

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Stop the turn if it still runs, or take it back while it waits; None for a button of another kind."""
        turn_id = parse_stop(pressed.data)
        if turn_id is None:
            return None
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(TURN_OVER)  # whether another chat's turn runs is nobody's business
        if await tx.turns.cancel(turn.id):
            words = STOPPED
            tx.after(CloseViews((turn.id,)), WakeThread(thread.id))
        elif await tx.turns.ask_stop(turn.id):
            words = STOPPING
            tx.after(AbortTurn(thread.id, turn.id), WakeThread(thread.id))
        else:
            return Outcome(TURN_OVER)
        await tx.audit.add(pressed.person_id, "stop", thread.name)
        return Outcome(words)
