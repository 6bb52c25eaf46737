"""Questions with a button: asked once, answered once, by who asked or an administrator, within ten minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, take_buttons
from agent_gateway.effects import WakeOutbox
from agent_gateway.store.chatrows import Button
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import confirm as texts
from agent_gateway.wording import keys


class ConfirmedAction(Protocol):
    """What a question asks about."""

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Do it within the transaction that records the answer; the outcome's text and buttons take the question's place."""


async def ask(
    tx: Transaction, asked: Command | Pressed, action: str, subject: Sequence[tuple[int, int]], text: str, button: str
) -> Outcome:
    """Ask whether `action` is to be done to `subject`; `button` does it."""
    number = await tx.confirms.add(action, asked.address, asked.person_id, subject)
    return Outcome(text, texts.build_buttons(asked.language, action, number, button))


class Questions:
    """Takes the answers.

    Args:
        actions: What each action does, by its name.
        is_admin: Who may answer everybody's.
    """

    def __init__(self, actions: Mapping[str, ConfirmedAction], *, is_admin: Callable[[int], bool]) -> None:
        self._actions = actions
        self._is_admin = is_admin

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Take an answer; None for a button of another kind."""
        found = texts.parse_confirm(pressed.data)
        if found is None:
            return None
        (action, number), language = found, pressed.language
        confirm = await tx.confirms.lock(number)
        if confirm is None:  # it is as old as that
            await take_buttons(tx, pressed)
        if confirm is None or confirm.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.button_gone(language))
        if action not in {confirm.action, texts.CANCEL} or confirm.action not in self._actions:
            return Outcome(keys.button_gone(language))
        if pressed.person_id != confirm.person_id and not self._is_admin(pressed.person_id):
            return Outcome(keys.confirm_not_yours(language))
        if not confirm.open:
            return Outcome(keys.confirm_pressed(language))
        if confirm.expired:
            words = keys.confirm_expired(language)
            return await _end(tx, pressed, confirm, "cancelled", words, words)
        if action == texts.CANCEL:
            words = keys.confirm_cancelled(language)
            return await _end(tx, pressed, confirm, "cancelled", words, words)
        outcome = await self._actions[confirm.action].do(tx, confirm, pressed)
        return await _end(tx, pressed, confirm, "done", outcome.text, keys.done(language), outcome.buttons)


async def _end(
    tx: Transaction, pressed: Pressed, confirm: Confirm, state: str, result: str, words: str, buttons: Sequence[Button] = ()
) -> Outcome:  # fmt: skip
    """Record the answer, and let the question's message say what came of it, with other buttons or none."""
    await tx.confirms.end(confirm.id, state, pressed.person_id)
    key = f"confirm:{confirm.id}"
    await tx.outbox.put(confirm.address, result, key, message_ids=[pressed.message_id], buttons=buttons)
    tx.after(WakeOutbox())
    return Outcome(words)
