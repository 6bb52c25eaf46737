"""The buttons that ask again, or go on with, an answer that did not come to its end."""

from __future__ import annotations

from typing import Protocol

from agent_gateway.commands.turns import Outcome
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, Turn, TurnState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Pressed
from agent_gateway.wake import Wake
from agent_gateway.wording import again as words


class Opener(Protocol):
    """Shows at once that a message was taken."""

    def open(self, turn: Turn, address: Address, reply_to: int | None) -> None:
        """Begin to show a turn."""


class AgainButtons:
    """Asks again once what was asked in a turn that failed."""

    def __init__(self, store: Store, views: Opener, wake: Wake) -> None:
        self._store = store
        self._views = views
        self._wake = wake

    async def press(self, tx: Transaction, pressed: Pressed) -> Outcome | None:
        """Ask anew or go on; None for a button of another kind."""
        parsed = words.parse_again(pressed.data)
        if parsed is None:
            return None
        goes_on, turn_id = parsed
        turn = await tx.turns.by_id(turn_id)
        thread = await tx.threads.by_id(turn.thread_id) if turn is not None else None
        if turn is None or thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(words.NOT_CUT)  # what stands in another chat is nobody's business
        if turn.state is not TurnState.FAILED:
            return Outcome(words.NOT_CUT)
        text = turn.text
        if goes_on:
            text = words.build_continuation(text, await tx.turns.last_answer(turn.id), "its agent was lost.")
        new = await tx.turns.ask_again(turn, pressed.person_id, text)
        if new is None:
            return Outcome(words.ASKED_ALREADY)

        def show() -> None:
            self._wake.thread(thread.id)
            self._views.open(new, thread.address, new.message_id)

        return Outcome(words.CONTINUED if goes_on else words.ASKED, [show])
