"""What administrators are shown of who did what; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from itertools import groupby
from typing import Final

from agent_gateway.render.foreign import clean_said, disarm
from agent_gateway.store.audit import Act
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten

PAGE: Final = 15
"""Acts on a page."""
_NAME: Final = 24
_SUBJECT: Final = 60
_DATA: Final = re.compile(r"au:(-?[0-9]{1,18}):([0-9]{1,18})")
_EVERYBODY: Final = 0
_CONSOLE: Final = "console-"
"""How acts begin of people at a terminal: they are known by a name in the cluster, which stands behind the subject."""


def parse_audit_press(data: str) -> tuple[int | None, int] | None:
    """Return whose acts a button shows (None: everybody's), and before which; None for any other button."""
    match = _DATA.fullmatch(data)
    return (int(match[1]) or None, int(match[2])) if match else None


def list_text(language: str, acts: Sequence[Act], zone: tzinfo) -> str:
    """List acts, those of a day below it."""
    if not acts:
        return keys.audit_none(language)
    lines = [keys.audit_head(language)]
    for day, of_day in groupby(acts, key=lambda act: act.at.astimezone(zone).date()):
        lines.append(f"\n{day.isoformat()}")
        lines += [_describe(language, act, zone) for act in of_day]
    return "\n".join(lines)


def build_buttons(language: str, acts: Sequence[Act], person_id: int | None, *, more: bool) -> tuple[Button, ...]:
    """Build the button that leads to what was before; none where there is nothing."""
    data = f"au:{person_id or _EVERYBODY}:{acts[-1].id}" if more and acts else ""
    return (Button(keys.audit_earlier(language), data),) if data else ()


def _describe(language: str, act: Act, zone: tzinfo) -> str:
    who = keys.audit_itself(language) if act.person_id is None else str(act.person_id)
    name, subject = _show(act.name or "", _NAME), act.subject
    if act.person_id is None and act.action.startswith(_CONSOLE):
        subject, _, person = subject.partition(" by ")
        who = f"💻 {_show(person, _SUBJECT)}"
    who = f"{name} ({who})" if name else who
    subject = _show(subject, _SUBJECT)
    return " · ".join(filter(None, [f"{act.at.astimezone(zone):%H:%M} {who}", act.action.replace("_", " "), subject]))


def _show(words: str, most: int) -> str:
    return shorten(disarm(" ".join(clean_said(words).split())), most)
