"""What the chat says of going back to before a message: questions, lists and buttons; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum
from typing import Final

from agent_gateway.render.foreign import clean_said, disarm
from agent_gateway.store.chatrows import Button
from agent_gateway.store.undos import UndoableTurn
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten

PAGE: Final = 8
"""Turns that are listed at once."""
_NAMED: Final = 5
"""Turns that a question names."""
_LONGEST: Final = 40
"""Characters of a message that name it."""
_READ: Final = 400
_DATA: Final = re.compile(r"ud:([ltb]):([0-9]{1,18})(?::([0-9]{1,18}))?")


class UndoPress(Enum):
    """What a button does."""

    LIST = "l"
    """Show the turns of a conversation, from one on."""
    TURN = "t"
    """Ask about a turn."""
    BACK = "b"
    """Put an undo back."""


class FilesAfter(Enum):
    """What becomes of the files."""

    BEFORE = "before"
    EMPTY = "empty"
    SAME = "same"
    NONE = "none"
    """There are none, and none are kept."""


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What would be undone.

    Attributes:
        turns: The turns, the newest first.
        files: What becomes of the files.
        waiting: How many messages wait.
    """

    turns: Sequence[UndoableTurn]
    files: FilesAfter
    waiting: int

    @property
    def running(self) -> bool:
        """Say whether one of them is under way."""
        return any(turn.running for turn in self.turns)


def parse_undo_press(data: str) -> tuple[UndoPress, int, int] | None:
    """Return what a button does, and its two numbers (0: none); None for any other button."""
    match = _DATA.fullmatch(data)
    return (UndoPress(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def question_text(language: str, plan: UndoPlan, now: datetime, zone: tzinfo) -> str:
    """Ask whether turns are to be undone: which, what becomes of the files, and what stays."""
    lines = [keys.undo_question(language, count=len(plan.turns))]
    lines += [f"• {name_turn(turn, now, zone)}" for turn in plan.turns[:_NAMED]]
    if len(plan.turns) > _NAMED:
        lines.append(keys.undo_more(language, count=len(plan.turns) - _NAMED))
    rest = [_FILES[plan.files](language)] if plan.files is not FilesAfter.NONE else []
    if plan.running:
        rest.append(keys.undo_running(language))
    if plan.waiting:
        rest.append(keys.undo_waiting(language, count=plan.waiting))
    rest.append(keys.undo_stays(language))
    return "\n".join([*lines, "", *rest])


def build_others_button(language: str, thread_id: int) -> Button:
    """Build the button that shows the other turns."""
    return Button(keys.undo_question_others(language), f"ud:{UndoPress.LIST.value}:{thread_id}:0")


def build_list(
    language: str, thread_id: int, turns: Sequence[UndoableTurn], begin: int, now: datetime, zone: tzinfo
) -> tuple[Button, ...]:
    """Build a button for each turn of a page, and those that lead to the pages beside it."""
    page = turns[begin : begin + PAGE]
    buttons = [Button(name_turn(turn, now, zone), f"ud:{UndoPress.TURN.value}:{thread_id}:{turn.id}") for turn in page]
    turning = []
    if begin + PAGE < len(turns):
        turning.append((keys.undo_earlier(language), begin + PAGE))
    if begin > 0:
        turning.append((keys.undo_later(language), max(0, begin - PAGE)))
    for number, (words, at) in enumerate(turning):
        buttons.append(Button(words, f"ud:{UndoPress.LIST.value}:{thread_id}:{at}", beside=number > 0))
    return tuple(buttons)


def build_back_button(language: str, undo_id: int) -> Button:
    """Build the button that puts back what was undone."""
    return Button(keys.undo_back(language), f"ud:{UndoPress.BACK.value}:{undo_id}")


def done_text(language: str, plan: UndoPlan, pushed: int) -> str:
    """Say what was undone, and what was not."""
    lines = [keys.undo_done(language, count=len(plan.turns))]
    if plan.files in {FilesAfter.BEFORE, FilesAfter.EMPTY}:
        lines.append(keys.undo_files_now(language))
    if pushed:
        lines.append(keys.undo_pushed(language, count=pushed))
    return "\n".join(lines)


def name_turn(turn: UndoableTurn, now: datetime, zone: tzinfo) -> str:
    """Name a turn by when it was asked, in a zone, and by its first words."""
    asked, today = turn.asked_at.astimezone(zone), now.astimezone(zone)
    at = f"{asked:%H:%M}" if asked.date() == today.date() else f"{asked:%Y-%m-%d %H:%M}"
    words = " ".join(clean_said(turn.words[:_READ]).split())
    return f"{at} {shorten(disarm(words), _LONGEST)}".rstrip()


_FILES: Final = {
    FilesAfter.BEFORE: keys.undo_files,
    FilesAfter.EMPTY: keys.undo_files_empty,
    FilesAfter.SAME: keys.undo_files_same,
}
