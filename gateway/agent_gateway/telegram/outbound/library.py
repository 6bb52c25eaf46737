"""What is said, as the library's types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.ports import Entity

GENERAL_TOPIC = 1
"""Telegram's id of a forum's General topic: refused by sends, wanted by chat actions."""


def topic_for_sending(address: Address) -> int | None:
    """Return the topic as sends name it."""
    general = address.chat_id < 0 and address.topic_id == GENERAL_TOPIC
    return None if general else address.topic_id


def to_library(entities: Sequence[Entity]) -> list[MessageEntity]:
    """Return ranges as the library has them."""
    return [
        MessageEntity(
            e.type, e.offset, e.length, url=e.url, language=e.language,
            date_time_format=e.time.format if e.time is not None else None,
            unix_time=datetime.fromtimestamp(e.time.unix, UTC) if e.time is not None else None,
        )
        for e in entities
    ]  # fmt: skip


def to_keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Return the buttons under a message; None for none."""
    # Telegram takes a keyboard away when an edit names none.
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        key = InlineKeyboardButton(
            button.text, url=button.url or None, callback_data=None if button.url or button.copy else button.data,
            copy_text=CopyTextButton(button.copy) if button.copy else None,
        )  # fmt: skip
        if button.beside and rows:
            rows[-1].append(key)
        else:
            rows.append([key])
    return InlineKeyboardMarkup(rows) if rows else None
