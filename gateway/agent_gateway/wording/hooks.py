"""What the chat says of events that came in, and of checks that ended; pure. What came from outside is quoted."""

from __future__ import annotations

from typing import Final

from agent_gateway.forges.values import Checks
from agent_gateway.render.foreign import clean_said
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import escape
from agent_gateway.wording.texts import shorten

_MOST_SHOWN: Final = 400
"""Characters of what is asked that are shown."""


def came_text(language: str, hook: str, event: str, prompt: str) -> str:
    """Say that an event came in, and how what is asked begins."""
    name = f"`{hook}`" + (f" · {escape(shorten(clean_said(event), 100))}" if event else "")
    asked = clean_said(prompt.partition("]\n\n")[2].strip())
    cut = asked if len(asked) <= _MOST_SHOWN else f"{asked[: _MOST_SHOWN - 1]}…"
    quoted = "\n".join(f"> {escape(line)}".rstrip() for line in cut.splitlines() if line.strip())
    return "\n\n".join(filter(None, [keys.hooks_came(language, name=name), quoted]))


def checks_text(
    language: str, path: str, branch: str, checks: Checks, round_: int | None, rounds: int, *, of_pull: bool
) -> str:
    """Say how the checks of a pushed branch ended, and whether the agent looks at it.

    Args:
        language: Of the chat.
        path: The repository.
        branch: Which.
        checks: How they are.
        round_: Which time in a row the agent is asked; 0 where it was too often, None where it is not.
        rounds: How often it may be.
        of_pull: The pull request's own news say how they ended.
    """
    parts = []
    if not of_pull:
        names = escape(shorten(clean_said(", ".join(checks.failing)), 200))
        where = f"`{shorten(clean_said(branch), 120).replace('`', chr(39))}` · {escape(path)}"
        parts.append(where)
        if not checks.failed:
            parts.append(keys.pulls_passed(language))
        else:
            parts.append(keys.pulls_failed_which(language, names=names) if names else keys.pulls_failed(language))
    if round_ is not None:
        parts.append(
            keys.hooks_looking(language, round=round_, rounds=rounds)
            if round_
            else keys.hooks_rounds(language, rounds=rounds)
        )
    return "\n\n".join(parts)
