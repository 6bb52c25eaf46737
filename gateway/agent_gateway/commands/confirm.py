"""Questions with a button: asked once, answered once, by who asked or an administrator, within ten minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from agent_gateway.commands.turns import Outcome
from agent_gateway.store import Store
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed
from agent_gateway.wake import Wake
from agent_gateway.wording import confirm as texts


class ConfirmedAction(Protocol):
    """What a question asks about."""

    async def do(self, tx: Transaction, confirm: Confirm, person_id: int) -> Outcome:
        """Do it within the transaction that records the answer; the outcome's text takes the question's place."""


class Questions:
    """Asks, and takes the answers.

    Args:
        store: Keeps the questions.
        wake: Tells that something is to be said.
        is_admin: Who may answer everybody's.
    """

    def __init__(self, store: Store, wake: Wake, *, is_admin: Callable[[int], bool]) -> None:
        self._store = store
        self._wake = wake
        self._is_admin = is_admin
        self.actions: Mapping[str, ConfirmedAction] = {}
        """What each action does; set once."""

    async def ask(
        self, tx: Transaction, command: Command, action: str, subject: Sequence[tuple[int, int]],
        text: str, button: str,
    ) -> Outcome:  # fmt: skip
        """Ask whether `action` is to be done to `subject`; `button` does it."""
        number = await tx.confirms.add(action, command.address, command.person_id, subject)
        return Outcome(text, buttons=texts.build_buttons(action, number, button))

    async def press(self, tx: Transaction, pressed: Pressed) -> Outcome | None:
        """Take an answer; None for a button of another kind."""
        found = texts.parse_confirm(pressed.data)
        if found is None:
            return None
        action, number = found
        confirm = await tx.confirms.lock(number)
        if confirm is None or confirm.address.chat_id != pressed.address.chat_id:
            return Outcome(texts.GONE)
        if action not in {confirm.action, texts.CANCEL} or confirm.action not in self.actions:
            return Outcome(texts.GONE)
        if pressed.person_id != confirm.person_id and not self._is_admin(pressed.person_id):
            return Outcome(texts.NOT_YOURS)
        if not confirm.open:
            return Outcome(texts.PRESSED)
        if confirm.expired:
            return await self._end(tx, pressed, confirm, "cancelled", Outcome(texts.EXPIRED), texts.EXPIRED)
        if action == texts.CANCEL:
            return await self._end(tx, pressed, confirm, "cancelled", Outcome(texts.CANCELLED), texts.CANCELLED)
        outcome = await self.actions[confirm.action].do(tx, confirm, pressed.person_id)
        return await self._end(tx, pressed, confirm, "done", outcome, texts.DONE)

    async def _end(
        self, tx: Transaction, pressed: Pressed, confirm: Confirm, state: str, outcome: Outcome, words: str
    ) -> Outcome:
        """Record the answer, and let the question's message say what came of it; it loses its buttons."""
        await tx.confirms.end(confirm.id, state, pressed.person_id)
        key, ids = f"confirm:{confirm.id}", [pressed.message_id]
        await tx.outbox.put(confirm.address, outcome.text, key, message_ids=ids)
        return Outcome(words, [self._wake.outbox, *outcome.then])
