"""What the chat says of people who ask beside it, by `kubectl openclaw`; pure."""

from __future__ import annotations

from typing import Final

from agent_gateway.render.foreign import clean_said
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import escape
from agent_gateway.wording.texts import shorten

_MOST_SHOWN: Final = 400
"""Characters of what was asked that are shown."""
_MOST_NAME: Final = 100


def wrote_text(language: str, person: str, text: str) -> str:
    """Say who asks something beside the chat, and how it begins."""
    said = clean_said(text.strip())
    cut = said if len(said) <= _MOST_SHOWN else f"{said[: _MOST_SHOWN - 1]}…"
    quoted = "\n".join(f"> {escape(line)}".rstrip() for line in cut.splitlines() if line.strip())
    return "\n\n".join(filter(None, [keys.console_wrote(language, name=_show(person)), quoted]))


def stopped_text(language: str, person: str) -> str:
    """Say who stopped it beside the chat."""
    return keys.console_stopped(language, name=_show(person))


def _show(person: str) -> str:
    return f"`{shorten(clean_said(person), _MOST_NAME).replace('`', chr(39))}`"
