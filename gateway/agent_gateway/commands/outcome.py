"""What a command or button says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_gateway.effects import WakeOutbox
from agent_gateway.store.chatrows import Button
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Pressed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said to who asked. What follows besides is noted on the transaction."""

    text: str
    """Empty: nothing is said."""
    buttons: tuple[Button, ...] = ()
    """Under what is said."""
    format: str = "plain"
    """`markdown` where ids stand in it as code, which a tap copies."""


async def take_buttons(tx: Transaction, pressed: Pressed) -> None:
    """Take the buttons away from the message whose button was pressed: they are of no use any more."""
    if pressed.address.chat_id == NOWHERE:
        return
    await tx.outbox.put_buttons(pressed.address, pressed.message_id, f"pressed:{pressed.callback_id}")
    tx.after(WakeOutbox())


async def show_instead(
    tx: Transaction,
    pressed: Pressed,
    text: str,
    buttons: Sequence[Button] = (),
    *,
    format: str = "plain",  # noqa: A002  # the column's name
) -> None:
    """Make the message whose button was pressed say something else, with these buttons."""
    if pressed.address.chat_id == NOWHERE:
        return
    ids = [pressed.message_id]
    key = f"pressed:{pressed.callback_id}"
    await tx.outbox.put(pressed.address, text, key, message_ids=ids, buttons=buttons, format=format)
    tx.after(WakeOutbox())
