"""Questions with a button: what they say, and how a pressed button is read; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.store.history import Forgotten
from agent_gateway.wording import keys

CANCEL: Final = "cancel"
_DATA = re.compile(r"cf:([a-z]{1,16}):([0-9]{1,18})")


def build_buttons(language: str, action: str, confirm_id: int, words: str) -> tuple[Button, ...]:
    """Build the button that does it, and the one that does not."""
    cancel = Button(keys.confirm_cancel(language), f"cf:{CANCEL}:{confirm_id}")
    return Button(words, f"cf:{action}:{confirm_id}"), cancel


def parse_confirm(data: str) -> tuple[str, int] | None:
    """Return the action and the question's id of a pressed button; None for any other button."""
    match = _DATA.fullmatch(data)
    return (match[1], int(match[2])) if match else None


def cleanup_question(language: str, lines: Sequence[str]) -> str:
    """Say which idle agents would be ended, a line each."""
    return "\n".join([keys.cleanup_question(language, count=len(lines)), *lines])


def cleanup_done(language: str, ended: Sequence[str], left: int) -> str:
    """Name the agents that were ended, and count those that were not idle any more."""
    if not ended:
        return keys.cleanup_busy(language)
    done = keys.cleanup_done(language, names=", ".join(ended))
    return f"{done}\n{keys.cleanup_left(language, count=left)}" if left else done


def forget_done(language: str, forgotten: Forgotten) -> str:
    """Say what was deleted, and what is not the gateway's to delete."""
    return keys.forget_done(language, messages=forgotten.messages, files=forgotten.files)
