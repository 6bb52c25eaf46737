"""The history of a conversation as Markdown; pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from agent_gateway.store.history import HistoryItem

MEDIA_TYPE: Final = "text/markdown"
NOTHING_TO_EXPORT: Final = "There is no history yet: write a message."
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def export_head(name: str, title: str, now: datetime) -> str:
    """Build the beginning of the file."""
    heading = " ".join(f"{title or name}".split())
    return f"# {heading}\n\nConversation {name}, exported {_time(now)}.\n"


def export_part(said: HistoryItem) -> str:
    """Build what stands in the file of one thing that was said."""
    if said.task is not None:
        head = f"Sub-agent {said.who}"
        text = f"Task: {' '.join(said.task.split())}\n\n{said.text.strip()}"
    else:
        person = "Person" if said.person_id is None else f"Person {said.person_id}"
        head = "Agent" if said.who == "assistant" else person
        text = said.text.strip()
    return f"\n## {_time(said.at)} · {head}\n\n{text}\n"


def export_name(thread: str, part: int) -> str:
    """Return the name of the file; those of one that is too long for Telegram are numbered."""
    number = f"-{part}" if part > 1 else ""
    return f"{_UNSAFE.sub('-', thread)}{number}.md"


def export_caption(messages: int, parts: int) -> str:
    """Say what the file is."""
    words = f"The history of this conversation: {messages} {'entry' if messages == 1 else 'entries'}"
    return f"{words}, in {parts} files." if parts > 1 else f"{words}."


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
