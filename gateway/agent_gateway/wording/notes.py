"""What the chat says of notes that last: texts and buttons; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from enum import Enum
from typing import Final

from agent_contract.memory import MAX_NOTE
from agent_gateway.render.foreign import disarm
from agent_gateway.store.chatrows import Button
from agent_gateway.store.notes import Note, Scope
from agent_gateway.wording import keys
from agent_gateway.wording.search import say_when
from agent_gateway.wording.texts import shorten
from agent_gateway.wording.titles import show_title

PAGE: Final = 8
"""Notes on a page."""
ALONE: Final = 99
"""Instead of a page: the button stands under the note itself."""
_LONGEST: Final = 200
_NAME: Final = 24
_TITLE: Final = 24
_DATA = re.compile(r"n([dpcm]):([0-9]{1,18})(?::([0-9]{1,2}))?")
_FOR = re.compile(r"for:(chat|me)(?:\s+|$)", re.IGNORECASE)


class NotePress(Enum):
    """What a button does."""

    DELETE = "d"
    PAGE = "p"
    CHAT = "c"
    """The note holds in the whole chat."""
    ME = "m"
    """The note holds for its person."""


def parse_note_press(data: str) -> tuple[NotePress, int, int] | None:
    """Return what a button does, its note (of a page: the page), and the page behind it; None for any other button."""
    match = _DATA.fullmatch(data)
    return (NotePress(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def read_note(args: str) -> tuple[Scope, str]:
    """Return where a note is to hold, and the note: `for:chat` or `for:me` may stand before it."""
    match = _FOR.match(args.strip())
    scope = Scope.CONVERSATION if match is None else Scope.CHAT if match[1].lower() == "chat" else Scope.PERSON
    return scope, " ".join(args.strip()[match.end() if match else 0 :].split())


def is_too_long(note: str) -> bool:
    """Say whether a note has more characters than one may have."""
    return len(note) > MAX_NOTE


def noted_text(language: str, note: Note, *, group: bool = False) -> str:
    """Say that something is remembered, and where; of what an agent notes for a whole group also whose talk it comes from."""
    if group and note.by_agent and note.scope is Scope.CHAT:
        if note.person_id is None:
            return keys.notes_noted_event(language, note=disarm(note.text))
        return keys.notes_noted_talk(language, name=_say_name(language, note), note=disarm(note.text))
    say = {
        Scope.CONVERSATION: keys.notes_noted_here, Scope.CHAT: keys.notes_noted_chat, Scope.PERSON: keys.notes_noted_person
    }[note.scope]  # fmt: skip
    return say(language, note=disarm(note.text))


def build_noted_buttons(language: str, note: Note, *, private: bool, topics: bool) -> tuple[Button, ...]:
    """Build what can be done with a note that was just made."""
    buttons = []
    if note.scope is Scope.CONVERSATION and private:
        buttons.append(Button(keys.notes_button_person(language), f"nm:{note.id}"))
    elif note.scope is Scope.CONVERSATION and topics:
        buttons.append(Button(keys.notes_button_chat(language), f"nc:{note.id}"))
    buttons.append(Button(keys.notes_button_delete(language), f"nd:{note.id}:{ALONE}", beside=bool(buttons)))
    return tuple(buttons)


def list_text(language: str, notes: Sequence[Note], page: int, here: int, now: datetime, zone: tzinfo) -> str:
    """List a page of notes: what, where it holds, in which other topic than `here` it was noted, by whom and when."""
    if not notes:
        return keys.notes_none(language)
    lines = [keys.notes_head(language, count=len(notes))]
    where = {Scope.CONVERSATION: keys.notes_here, Scope.CHAT: keys.notes_chat, Scope.PERSON: keys.notes_person}
    for number, note in enumerate(notes[page * PAGE : (page + 1) * PAGE], start=1 + page * PAGE):
        about = [where[note.scope](language), _say_by(language, note), say_when(note.at, now, zone)]
        if note.thread_id != here:
            about.insert(1, shorten(show_title(language, note.title), _TITLE))
        lines.append(f"\n{number}. {shorten(disarm(note.text), _LONGEST)}\n{' · '.join(about)}")
    return "\n".join(lines)


def _say_by(language: str, note: Note) -> str:
    if not note.by_agent:
        return _say_name(language, note)
    if note.person_id is None:
        return keys.notes_by_itself(language)
    return keys.notes_by_agent(language, name=_say_name(language, note))


def _say_name(language: str, note: Note) -> str:
    return shorten(disarm(note.name), _NAME) if note.name else keys.export_person(language)


def build_list_buttons(notes: Sequence[Note], page: int) -> tuple[Button, ...]:
    """Build a button that deletes each note of a page, and those that turn pages."""
    shown = notes[page * PAGE : (page + 1) * PAGE]
    first = 1 + page * PAGE
    entries = [
        Button(f"🗑 {number}", f"nd:{note.id}:{page}", beside=bool((number - first) % 4))
        for number, note in enumerate(shown, start=first)
    ]
    turns = [Button("◀", f"np:{page - 1}")] if page else []
    if len(notes) > (page + 1) * PAGE:
        turns.append(Button("▶", f"np:{page + 1}", beside=bool(turns)))
    return (*entries, *turns)
