"""The button below an answer that did not come to its end; pure. It names its turn, so that it works once."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.wording.texts import shorten

ASKED: Final = "It is asked again."
CONTINUED: Final = "It goes on."
ASKED_ALREADY: Final = "It was asked again already."
NOT_CUT: Final = "That answer is whole."
_KEPT: Final = 4000
"""Characters of an unfinished answer that the agent is shown: the last ones."""
_DATA = re.compile(r"(re|co):([0-9]{1,18})")
_ASKED_AGAIN = frozenset({"provider", "agent", "agent_died", "start_failed", "timeout", "restored"})


def build_buttons(turn_id: int, reason: str) -> tuple[Button, ...]:
    """Return the button below a turn that failed: to ask again, or to go on; none where a person stopped it."""
    if reason == "run_lost":
        return (Button("▶ Continue", f"co:{turn_id}"),)
    return (Button("🔁 Try again", f"re:{turn_id}"),) if reason in _ASKED_AGAIN else ()


def parse_again(data: str) -> tuple[bool, int] | None:
    """Return whether a pressed button goes on rather than asks anew, and its turn; None for any other button."""
    match = _DATA.fullmatch(data)
    return (match[1] == "co", int(match[2])) if match else None


def build_continuation(asked: str, partial: str, why: str) -> str:
    """Return what an agent is told that shall go on with an answer that was cut.

    Args:
        asked: What the person had asked.
        partial: What of the answer was seen.
        why: Why it ended.
    """
    said = partial.strip()[-_KEPT:]
    before = f" The person has seen this of it so far:\n{said}\n" if said else " "
    return (
        f"[Your answer to the message below was cut off: {shorten(why)}{before}"
        f"Go on where it stopped, without saying again what was said.]\n\n{asked}"
    )


def build_error_id(turn_id: int) -> str:
    """Return the short id of a failure, as it stands in the chat and in the log."""
    return f"e{turn_id:x}"


def with_id(text: str, turn_id: int, reason: str) -> str:
    """Return an error's text with its id; of what a person did, or a time that was over, nothing is to be looked up."""
    return text if reason in {"aborted", "timeout"} else f"{text} ({build_error_id(turn_id)})"
