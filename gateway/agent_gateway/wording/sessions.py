"""What the chat says of the sessions of a conversation: a list with buttons; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID

from agent_gateway.render.foreign import clean_said, disarm
from agent_gateway.store.chatrows import Button
from agent_gateway.store.pastsessions import PastSession
from agent_gateway.wording import keys
from agent_gateway.wording.search import say_when
from agent_gateway.wording.texts import shorten

PAGE: Final = 8
"""Sessions on a page."""
LONGEST_NAME: Final = 60
_TITLE: Final = 60
_BUTTON: Final = 32
_READ: Final = 400
_DATA = re.compile(r"se:([0-9a-f-]{36})|sp:([0-9]{1,2})")


def parse_session_press(data: str) -> UUID | int | None:
    """Return the session or the page that a button leads to; None for any other button."""
    match = _DATA.fullmatch(data)
    if match is None:
        return None
    if match[2] is not None:
        return int(match[2])
    try:
        return UUID(match[1])
    except ValueError:
        return None


def show_name(language: str, session: PastSession, longest: int = _TITLE) -> str:
    """Name a session: as people did, or by what was asked in it first."""
    said = session.name or " ".join(clean_said((session.first or "")[:_READ]).split())
    return shorten(disarm(said), longest) or keys.sessions_unnamed(language)


def list_text(language: str, sessions: Sequence[PastSession], page: int, now: datetime, zone: tzinfo) -> str:
    """List a page of sessions, the present one first."""
    lines = [keys.sessions_head(language)]
    for number, one in enumerate(sessions[page * PAGE : (page + 1) * PAGE], start=1 + page * PAGE):
        told = [keys.sessions_questions(language, count=one.questions)] if one.questions else []
        if one.began_at is not None:
            told.append(say_when(one.began_at, now, zone))
        if one.ended_at is None:
            told.insert(0, keys.sessions_present(language))
        lines.append(f"\n{number}. {show_name(language, one)}\n{' · '.join(told)}".rstrip())
    return "\n".join(lines)


def build_buttons(language: str, sessions: Sequence[PastSession], page: int) -> tuple[Button, ...]:
    """Build a button for each earlier session of a page, and those that turn pages."""
    shown = enumerate(sessions[page * PAGE : (page + 1) * PAGE], start=1 + page * PAGE)
    entries = [
        Button(f"↩ {number}. {show_name(language, one, _BUTTON)}", f"se:{one.id}")
        for number, one in shown
        if one.ended_at is not None
    ]
    turns = [Button("◀", f"sp:{page - 1}")] if page else []
    if len(sessions) > (page + 1) * PAGE:
        turns.append(Button("▶", f"sp:{page + 1}", beside=bool(turns)))
    return (*entries, *turns)
