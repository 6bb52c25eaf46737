"""Words for the running answer, and edits of what was asked."""

from __future__ import annotations

import logging

from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import SendSteers, WakeThread
from agent_gateway.store.rows import Thread, Turn, TurnState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Edited, Prompt
from agent_gateway.wording import texts

_log = logging.getLogger(__name__)
_LIVE = frozenset({TurnState.DELIVERED, TurnState.STARTED})


class Steering:
    """Adds to a running turn. What its agent does not read before the end becomes a turn of its own."""

    async def reply(
        self, tx: Transaction, update_id: int, thread: Thread, prompt: Prompt, running: Turn | None
    ) -> Outcome | None:
        """Steer by a reply to the running answer; None for any other message, which is asked in its turn."""
        if running is None or prompt.reply_to is None or prompt.files or not prompt.text.strip():
            return None
        if prompt.reply_to not in (await tx.views.get(running.id)).message_ids:
            return None
        return await self._steer(tx, thread, running, update_id, prompt, prompt.text)

    async def command(self, tx: Transaction, update_id: int, command: Command) -> Outcome | Prompt:
        """Steer by `/steer`; where nothing runs, the words are a message like any other."""
        words = command.args.strip()
        if not words:
            return Outcome(texts.STEER_USAGE)
        thread = await tx.threads.by_address(command.address)
        running = await tx.turns.running(thread.id) if thread is not None else None
        if thread is not None and running is not None:
            outcome = await self._steer(tx, thread, running, update_id, command, words)
            if outcome is not None:
                return outcome
        return Prompt(command.address, command.title, command.person_id, command.person_name, command.message_id, words)

    async def edit(self, tx: Transaction, update_id: int, edited: Edited) -> Outcome:
        """Take an edit: before its turn begins it replaces what is asked, afterwards the agent is told."""
        thread = await tx.threads.by_address(edited.address)
        said = await tx.steers.asked_by_message(thread.id, edited.message_id) if thread is not None else None
        if thread is None or said is None or said.person_id != edited.person_id:
            return Outcome("")  # of a message that asked nothing
        turn, words = said.turn, texts.edited_text(edited.text)
        if words == said.told or (said.told is None and edited.text == said.text):
            return Outcome("")  # it shows a link's preview now
        if not said.steered and await tx.steers.edit_turn(turn.id, edited.text):
            return Outcome("")
        await tx.steers.add(turn, "edit", update_id, edited.message_id, edited.person_id, words)
        if turn.state in _LIVE:
            tx.after(SendSteers(thread.id, turn), WakeThread(thread.id))
        return Outcome("")

    async def _steer(
        self,
        tx: Transaction,
        thread: Thread,
        running: Turn,
        update_id: int,
        said: Prompt | Command,
        words: str,
    ) -> Outcome | None:
        """Attach words to a turn; None where that has just ended."""
        added = await tx.steers.add(running, "steer", update_id, said.message_id, said.person_id, words)
        if added is None:
            return None
        _log.info("steer", extra={"agent_thread": thread.name, "turn": running.id})
        # the turn may end meanwhile: then the words wait as one of their own
        tx.after(SendSteers(thread.id, running), WakeThread(thread.id))
        return Outcome(texts.STEERED)
