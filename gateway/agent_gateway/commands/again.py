"""The buttons that ask again, or go on with, an answer that did not come to its end."""

from __future__ import annotations

from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, take_buttons
from agent_gateway.effects import OpenView, WakeThread
from agent_gateway.store.rows import Turn, TurnState
from agent_gateway.store.spending import Account
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import again as words
from agent_gateway.wording import keys
from agent_gateway.wording.budgets import still_spent_text

START_FAILED: Final = "start_failed"
"""Reason of turns for which no run could be started."""


class AgainButtons:
    """Asks again once what was asked in a turn that failed.

    Args:
        zone: Time zone in which a day's budget ends.
    """

    def __init__(self, zone: str) -> None:
        self._zone = zone

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Ask anew or go on; None for a button of another kind."""
        together = words.parse_together(pressed.data)
        if together is not None:
            return await _ask_together(tx, pressed, *together)
        parsed = words.parse_again(pressed.data)
        if parsed is None:
            return None
        goes_on, turn_id = parsed
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.again_whole(pressed.language))  # what stands in another chat is nobody's business
        cut = turn.state is TurnState.FAILED or turn.reason == words.LENGTH
        if not cut or turn.id <= await tx.jobs.forgotten_turn(thread.id):
            await take_buttons(tx, pressed)
            return Outcome(keys.again_whole(pressed.language))
        if await tx.undos.is_turn_undone(turn.id):
            await take_buttons(tx, pressed)
            return Outcome(keys.again_undone(pressed.language))
        spent = await self._find_spent(tx, turn)
        if spent is not None:
            return Outcome(still_spent_text(pressed.language, spent))
        text = turn.text
        if goes_on:
            said = await tx.turns.last_answer(turn.id)
            text = words.build_continuation(text, said, words.describe_cut(turn.reason))
        new = await tx.turns.ask_again(turn, pressed.person_id, text, pressed.language)
        await take_buttons(tx, pressed)
        if new is None:
            return Outcome(keys.again_already(pressed.language))
        tx.after(WakeThread(thread.id), OpenView(new, thread.address))
        say = keys.again_continued if goes_on else keys.again_asked
        return Outcome(say(pressed.language))

    async def _find_spent(self, tx: Transaction, turn: Turn) -> Account | None:
        """Return the budget that stopped a turn, while it would stop the next one too; its button stays."""
        if turn.reason != words.BUDGET or turn.run is None:
            return None
        return await tx.budgets.find_spent(turn.thread_id, turn.run, turn.id, self._zone)


async def _ask_together(tx: Transaction, pressed: Pressed, first: int, last: int) -> Outcome:
    """Ask anew, in their order, what waited together for a run that could not be started."""
    turn = await tx.turns.by_id(first)
    thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
    if thread is None or thread.address.chat_id != pressed.address.chat_id:
        return Outcome(keys.again_whole(pressed.language))
    forgotten = await tx.jobs.forgotten_turn(thread.id)
    asked = 0
    for failed in await tx.turns.failed_between(thread.id, first, last, START_FAILED):
        known = failed.id > forgotten and not await tx.undos.is_turn_undone(failed.id)
        new = await tx.turns.ask_again(failed, failed.person_id, failed.text) if known else None
        if new is not None:
            asked += 1
            tx.after(OpenView(new, thread.address))
    await take_buttons(tx, pressed)
    tx.after(WakeThread(thread.id))
    say = keys.again_asked if asked else keys.again_already
    return Outcome(say(pressed.language))
