"""The history of a conversation as Markdown; pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from agent_gateway.store.history import HistoryItem
from agent_gateway.wording import keys
from agent_gateway.wording.titles import show_title

MEDIA_TYPE: Final = "text/markdown"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def export_head(language: str, name: str, title: str, now: datetime) -> str:
    """Build the beginning of the file."""
    heading = " ".join(f"{show_title(language, title) if title else name}".split())
    return f"# {heading}\n\n{keys.export_made(language, name=name, at=format_time(now))}\n"


def export_part(language: str, said: HistoryItem) -> str:
    """Build what stands in the file of one thing that was said."""
    text = said.text.strip()
    if said.task is not None:
        head = keys.export_subagent(language, name=said.who)
        text = f"{keys.export_task(language, task=' '.join(said.task.split()))}\n\n{text}"
    elif said.who == "assistant":
        head = keys.export_agent(language)
    elif said.person_id is None:
        head = keys.export_person(language)
    else:
        head = keys.export_person_id(language, id=str(said.person_id))
    if said.undone:
        head = f"{head} · {keys.export_undone(language)}"
    return f"\n## {format_time(said.at)} · {head}\n\n{text}\n"


def export_name(thread: str, part: int) -> str:
    """Return the name of the file; those of one that is too long for Telegram are numbered."""
    number = f"-{part}" if part > 1 else ""
    return f"{_UNSAFE.sub('-', thread)}{number}.md"


def name_person(person_id: int) -> str:
    """Return the name of a file with what is kept of one person, without its ending."""
    return f"person-{person_id}"


def patch_name(thread: str, scope: str) -> str:
    """Return the name of a file with a patch."""
    return f"{_UNSAFE.sub('-', thread)}-{scope}.patch"


def export_caption(language: str, messages: int, parts: int) -> str:
    """Say what the file is."""
    if parts > 1:
        return keys.export_caption_parts(language, count=messages, parts=str(parts))
    return keys.export_caption(language, count=messages)


def format_time(moment: datetime) -> str:
    """Return a moment as it stands in the file."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")
