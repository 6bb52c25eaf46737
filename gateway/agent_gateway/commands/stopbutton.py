"""The Stop button below a running answer."""

from __future__ import annotations

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.unsent import drop_unsent
from agent_gateway.effects import AbortTurn, CloseViews, DropMessage, WakeThread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.stop import parse_stop


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
            return Outcome(keys.turn_over(pressed.language))  # whether another chat's turn runs is nobody's business
        if await tx.turns.cancel(turn.id):
            words = keys.stopped(pressed.language)
            tx.after(CloseViews((turn.id,)), WakeThread(thread.id))
        elif await tx.turns.ask_stop(turn.id):
            words = keys.stop_pressed(pressed.language)
            await drop_unsent(tx, thread, f"stop:{turn.id}")
            tx.after(AbortTurn(thread.id, turn.id), WakeThread(thread.id))
        else:
            if pressed.message_id and not await tx.outbox.shows(turn.id, pressed.message_id):
                # a preview of which nobody confirmed that it was sent: only a press tells that it stands, and where
                tx.after(DropMessage(pressed.address, pressed.message_id))
            return Outcome(keys.turn_over(pressed.language))
        await tx.audit.add(pressed.person_id, "stop", thread.name)
        return Outcome(words)
