"""`/search`: what was said in this conversation, or in this chat; found messages in pages, with a way to each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.effects import WakeOutbox
from agent_gateway.inbox.zones import find_zone
from agent_gateway.memory.asking import narrow_days, read_question
from agent_gateway.memory.searching import search
from agent_gateway.metrics import LIMITS
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import search as texts
from agent_gateway.wording.search import PAGE, View

A_MINUTE: Final = 20
"""Searches of a conversation."""


class SearchCommand:
    """Searches. What may be seen is read anew for each page and each message.

    Args:
        zone: Of people who chose none.
    """

    def __init__(self, zone: str) -> None:
        self._zone = zone

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Show what fits best."""
        command, language = request.command, request.command.language
        zone = await self._find_zone(tx, command.person_id)
        question = read_question(command.args, zone)
        if question.unknown is not None:
            return Outcome(keys.search_filter_unknown(language, filter=texts.build_excerpt(question.unknown, 40)))
        if not question.words:
            return Outcome(keys.search_usage(language))
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(keys.search_nothing_said(language))
        search_id = await tx.search.add(thread.id, command.args, A_MINUTE)
        if search_id is None:
            LIMITS.labels("searches").inc()
            return Outcome(keys.search_often(language, count=str(A_MINUTE)))
        shown = await self._page(tx, thread, command.args, View(search_id), language, zone)
        return Outcome(*shown)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Turn a page, change a filter, or lead to a message; None for a button of another kind."""
        opened, view = texts.parse_open(pressed.data), texts.parse_view(pressed.data)
        if opened is None and view is None:
            return None
        gone = Outcome(keys.search_gone(pressed.language))
        thread = await tx.threads.by_address(pressed.address) if pressed.address.chat_id != NOWHERE else None
        if opened is not None:
            return gone if thread is None else await self._open(tx, pressed, thread, opened)
        asked = await tx.search.question(view.search, thread.id) if thread is not None and view is not None else None
        if thread is None or view is None or asked is None:
            return gone
        zone = await self._find_zone(tx, pressed.person_id)
        await show_instead(tx, pressed, *await self._page(tx, thread, asked, view, pressed.language, zone))
        return Outcome("")

    async def _page(
        self, tx: Transaction, thread: Thread, asked: str, view: View, language: str, zone: tzinfo
    ) -> tuple[str, tuple[Button, ...]]:
        question, now = read_question(asked, zone), datetime.now(UTC)
        narrowing = narrow_days(question.narrowing, view.days, now)
        role = texts.ROLES[view.who]
        narrowing = replace(narrowing, role=role) if role else narrowing
        visible = await tx.search.visible(thread.id, chat=True)
        topics = len(visible) > 1
        seen = visible if view.chat else [one for one in visible if one.thread_id == thread.id]
        found, total = await search(tx, seen, question.words, narrowing, view.page * PAGE, PAGE)
        text = texts.list_text(language, question.words, found, total, view, thread.id, now, zone)
        return text, texts.build_buttons(language, found, total, view, topics=topics)

    async def _open(self, tx: Transaction, pressed: Pressed, thread: Thread, opened: tuple[int, bool]) -> Outcome:
        """Answer the message that was found, as a tap on what is answered leads there: no link does in such chats."""
        message_id, chat = opened
        row = await tx.search.message(await tx.search.visible(thread.id, chat=chat), message_id)
        home = await tx.threads.by_id(row["thread_id"]) if row is not None else None
        if row is None or home is None:
            return Outcome(keys.search_gone(pressed.language))
        text = texts.message_text(pressed.language, row["role"], row["text"])
        reply_to = row["message_id"] if home.id == thread.id else None
        await tx.outbox.put(pressed.address, text, f"found:{pressed.callback_id}", reply_to=reply_to)
        tx.after(WakeOutbox())
        return Outcome("")

    async def _find_zone(self, tx: Transaction, person_id: int) -> tzinfo:
        return find_zone(await tx.people.zone(person_id) or self._zone)
