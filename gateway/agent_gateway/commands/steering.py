"""Words for the running answer, and edits of what was asked."""

from __future__ import annotations

import logging
from typing import Final

from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import SendSteers, WakeThread
from agent_gateway.metrics import LIMITS
from agent_gateway.store.rows import Thread, Turn, TurnState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Edited, Prompt
from agent_gateway.wording import keys, texts

_log = logging.getLogger(__name__)
MOST_UNREAD: Final = 20
"""Words and edits for one turn that its agent has not read."""
_LIVE = frozenset({TurnState.DELIVERED, TurnState.STARTED})


class Steering:
    """Adds to a running turn. What its agent does not read before the end becomes a turn of its own."""

    async def reply(
        self, tx: Transaction, update_id: int, thread: Thread, prompt: Prompt, running: Turn | None
    ) -> Outcome | None:
        """Steer by a reply to the running answer, or to what was understood of its spoken question.

        None for any other message, which is asked in its turn. What is spoken steers by its words.
        """
        if running is None or prompt.reply_to is None or (prompt.files and not prompt.heard) or not prompt.text:
            return None
        shown = (await tx.views.get(running.id)).message_ids
        if prompt.reply_to not in shown and not await tx.turns.has_echo(running.id, prompt.reply_to):
            return None
        return await self._steer(tx, thread, running, update_id, prompt)

    async def command(self, tx: Transaction, update_id: int, command: Command) -> Outcome | Prompt:
        """Steer by `/steer`; where nothing runs, the words are a message like any other."""
        prompt = command.prompt
        if prompt is None:
            return Outcome(keys.steer_usage(command.language))
        thread = await tx.threads.by_address(command.address)
        running = await tx.turns.running(thread.id) if thread is not None else None
        if thread is not None and running is not None and not prompt.files:
            outcome = await self._steer(tx, thread, running, update_id, prompt)
            if outcome is not None:
                return outcome
        return prompt

    async def edit(self, tx: Transaction, update_id: int, edited: Edited) -> Outcome | None:
        """Take an edit: before its turn begins it replaces what is asked, afterwards the agent is told.

        None: of a message that asked nothing.
        """
        thread = await tx.threads.by_address(edited.address)
        said = await tx.steers.asked_by_message(thread.id, edited.message_id) if thread is not None else None
        if thread is None or said is None:
            return None
        if said.person_id != edited.person_id or not edited.text:
            return Outcome("")
        turn, words = said.turn, texts.edited_text(edited.told)
        if words == said.told or (said.told is None and said.text in {edited.text, edited.told}):
            return Outcome("")  # it shows a link's preview now
        if not said.steered and await self._replace(tx, turn, edited):
            return Outcome("")
        unread = await tx.steers.count_unread(turn.id)
        if unread >= MOST_UNREAD:
            LIMITS.labels("steers").inc()
            return Outcome(keys.queue_full(edited.language, count=unread))
        await tx.steers.add(turn, "edit", update_id, edited.message_id, edited.person_id, words)
        if turn.state in _LIVE:
            tx.after(SendSteers(thread.id, turn), WakeThread(thread.id))
        return Outcome("")

    async def follow(
        self, tx: Transaction, update_id: int, thread: Thread, prompt: Prompt, running: Turn
    ) -> Outcome | None:
        """Add what belongs to a question whose answer has just begun: the agent reads it next, and nothing is said."""
        outcome = await self._steer(tx, thread, running, update_id, prompt)
        return Outcome("") if outcome is not None else None

    async def _replace(self, tx: Transaction, turn: Turn, edited: Edited) -> bool:
        if await tx.parts.edit(turn.id, edited.message_id, edited.text):
            return True
        return turn.again_of is not None and await tx.steers.edit_turn(turn.id, edited.told)

    async def _steer(
        self, tx: Transaction, thread: Thread, running: Turn, update_id: int, said: Prompt
    ) -> Outcome | None:
        """Attach words to a turn; None where that has just ended, or has not read so many others."""
        if await tx.steers.count_unread(running.id) >= MOST_UNREAD:
            LIMITS.labels("steers").inc()
            return None
        added = await tx.steers.add(running, "steer", update_id, said.message_id, said.person_id, said.told)
        if added is None:
            return None
        _log.info("steer", extra={"agent_thread": thread.name, "turn": running.id})
        # the turn may end meanwhile: then the words wait as one of their own
        tx.after(SendSteers(thread.id, running), WakeThread(thread.id))
        return Outcome(keys.steered(said.language))
