"""`/remember` and `/memory`: notes that last, which the agent is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from agent_contract.memory import MAX_NOTE
from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.inbox.zones import find_zone
from agent_gateway.metrics import LIMITS
from agent_gateway.store.chatrows import Button
from agent_gateway.store.notes import MOST_NOTES, Note, Scope
from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import notes as texts
from agent_gateway.wording.notes import ALONE, PAGE, NotePress


class NoteCommands:
    """Makes, lists and deletes notes: what a conversation is told, each of its people may delete.

    Args:
        bot_name: The gateway's short name.
        zone: Of people who chose none.
    """

    def __init__(self, bot_name: str, zone: str) -> None:
        self._bot_name = bot_name
        self._zone = zone

    async def remember(self, tx: Transaction, request: Request) -> Outcome:
        """Note something for this conversation, for its chat, or for the person."""
        command, language = request.command, request.command.language
        scope, text = texts.read_note(command.args)
        if not text:
            return Outcome(keys.notes_usage(language))
        if texts.is_too_long(text):
            LIMITS.labels("note-size").inc()
            return Outcome(keys.notes_long(language, count=str(MAX_NOTE)))
        if scope is Scope.PERSON and not request.private:
            return Outcome(keys.notes_private(language))
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title, language)
        note_id = await tx.notes.add(thread.id, scope, command.person_id, text)
        if note_id is None:
            LIMITS.labels("notes").inc()
            return Outcome(keys.notes_full(language, count=str(MOST_NOTES)))
        await tx.audit.add(command.person_id, "remember", thread.name)
        note = Note(note_id, scope, thread.id, command.person_id, None, False, text, datetime.now(UTC))  # by a person
        return Outcome(texts.noted_text(language, note), _build_buttons(language, note, address))

    async def memory(self, tx: Transaction, request: Request) -> Outcome:
        """List the notes that hold here."""
        command = request.command
        thread = await tx.threads.by_address(command.address)
        return Outcome(*await self._page(tx, thread, command.person_id, command.language, 0))

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Delete a note, let it hold elsewhere, or turn a page; None for a button of another kind."""
        found = texts.parse_note_press(pressed.data)
        if found is None:
            return None
        what, number, page = found
        language = pressed.language
        thread = await tx.threads.by_address(pressed.address) if pressed.address.chat_id != NOWHERE else None
        if what is NotePress.PAGE:
            await show_instead(tx, pressed, *await self._page(tx, thread, pressed.person_id, language, number))
            return Outcome("")
        notes = await tx.notes.of(thread.id) if thread is not None else []
        note = next((one for one in notes if one.id == number), None)
        if thread is None or note is None:
            return Outcome(keys.notes_gone(language))  # whether another chat's note exists is nobody's business
        if what is NotePress.DELETE:
            await tx.notes.delete(note.id)
            await tx.audit.add(pressed.person_id, "forget-note", thread.name)
            if page == ALONE:
                await show_instead(tx, pressed, keys.notes_deleted(language))
            else:
                await show_instead(tx, pressed, *await self._page(tx, thread, pressed.person_id, language, page))
            return Outcome(keys.notes_deleted(language))
        return await self._widen(tx, pressed, note, what)

    async def _widen(self, tx: Transaction, pressed: Pressed, note: Note, what: NotePress) -> Outcome:
        private = pressed.address.chat_id == pressed.person_id
        scope = Scope.CHAT if what is NotePress.CHAT else Scope.PERSON
        if scope is Scope.PERSON and not (private and note.person_id == pressed.person_id):
            return Outcome(keys.notes_private(pressed.language))
        notes = await tx.notes.of(note.thread_id)
        if sum(1 for one in notes if one.scope is scope) >= MOST_NOTES:
            LIMITS.labels("notes").inc()
            return Outcome(keys.notes_full(pressed.language, count=str(MOST_NOTES)))
        await tx.notes.widen(note.id, scope)
        now = replace(note, scope=scope)
        await show_instead(
            tx, pressed, texts.noted_text(pressed.language, now), _build_buttons(pressed.language, now, pressed.address)
        )
        return Outcome("")

    async def _page(
        self, tx: Transaction, thread: Thread | None, person_id: int, language: str, page: int
    ) -> tuple[str, tuple[Button, ...]]:
        notes = await tx.notes.of(thread.id) if thread is not None else []
        page = max(0, min(page, (len(notes) - 1) // PAGE))
        zone = find_zone(await tx.people.zone(person_id) or self._zone)
        here = thread.id if thread is not None else 0
        text = texts.list_text(language, notes, page, here, datetime.now(UTC), zone)
        return text, texts.build_list_buttons(notes, page)


def _build_buttons(language: str, note: Note, address: Address) -> tuple[Button, ...]:
    return texts.build_noted_buttons(
        language, note, private=address.chat_id > 0, topics=address.topic_id is not None or address.chat_id < 0
    )
