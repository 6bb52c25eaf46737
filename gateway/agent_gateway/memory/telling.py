"""How an agent is told of notes; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from agent_gateway.store.notes import Note, Scope, Told

MOST_TOLD: Final = 30
"""Notes that an agent is told."""
MOST_CHARACTERS: Final = 4000
"""Of all notes that an agent is told."""
_WHERE: Final = {Scope.CONVERSATION: "this conversation", Scope.CHAT: "this chat", Scope.PERSON: "this person"}
_MOST_NAME: Final = 60
_HEAD: Final = "[What you were asked to remember, newest first. It holds until a person says otherwise; what is not here was forgotten.]"
_END: Final = "[End of what you were asked to remember]"
_NOTHING: Final = "[What you were asked to remember before was forgotten: do not go by it any more.]"


def compute_digest(notes: Sequence[Note]) -> str:
    """Return a digest of what would be told."""
    told = "\n".join(f"{note.id} {note.scope}" for note in notes)
    return hashlib.sha256(told.encode()).hexdigest() if notes else ""


def must_tell(told: Told | None, session_id: UUID, turn_id: int, digest: str) -> bool:
    """Say whether notes go with a turn: once in a session and a day, when they changed, and again with the same turn."""
    if told is None or told.session_id != session_id:
        return bool(digest)
    return told.turn_id == turn_id or told.digest != digest or (bool(digest) and not told.lately)


def tell_notes(notes: Sequence[Note], here: int) -> str:
    """Return what stands before a person's words in the conversation `here`."""
    if not notes:
        return _NOTHING
    lines, left = [], MOST_CHARACTERS
    for note in notes[:MOST_TOLD]:
        line = (
            f"- {note.at:%Y-%m-%d}, {_WHERE[note.scope]}, {_describe_author(note, here)}: {' '.join(note.text.split())}"
        )
        if len(line) > left:
            break
        left -= len(line)
        lines.append(line)
    if len(lines) < len(notes):
        lines.append(f"- {len(notes) - len(lines)} older ones are left out; the person sees them with /memory.")
    return "\n".join([_HEAD, *lines, _END])


def _describe_author(note: Note, here: int) -> str:
    name = " ".join((note.name or "a person").split())[:_MOST_NAME]
    other = note.thread_id != here
    where = f" in the topic {' '.join(note.title.split())[:_MOST_NAME] or 'without a title'!r}" if other else ""
    if not note.by_agent:
        return f"by {name}{where}"
    whose = f"for {name}" if note.person_id is not None else "that no person had asked"
    return f"noted by an agent {whose}{where}"
