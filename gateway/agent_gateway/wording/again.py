"""The button below an answer that did not come to its end; pure. It names its turn, so that it works once."""

from __future__ import annotations

import re
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten

_KEPT: Final = 4000
"""Characters of an unfinished answer that the agent is shown: the last ones."""
_TOGETHER = re.compile(r"rs:([0-9]{1,18}):([0-9]{1,18})")
LENGTH: Final = "length"
"""Reason of a turn that is done, but whose answer was cut at the model's output limit."""
BUDGET: Final = "budget"
"""Reason of a turn that no budget bore any further."""
_DATA = re.compile(r"(re|co):([0-9]{1,18})")
_ASKED_AGAIN = frozenset({"provider", "agent", "agent_died", "start_failed", "timeout", "restored"})


def build_buttons(language: str, turn_id: int, reason: str) -> tuple[Button, ...]:
    """Return the button below a turn that failed: to ask again, or to go on; none where a person stopped it."""
    go_on = Button(keys.again_continue(language), f"co:{turn_id}")
    again = Button(keys.again_retry(language), f"re:{turn_id}")
    if reason in {LENGTH, BUDGET}:
        return (go_on,)
    if reason == "timeout":
        return (go_on, again)
    if reason == "run_lost":
        return (go_on,)
    return (again,) if reason in _ASKED_AGAIN else ()


def build_together_buttons(language: str, first: int, last: int) -> tuple[Button, ...]:
    """Return the button that asks all turns again that waited together, from the first to the last."""
    return (Button(keys.again_retry(language), f"rs:{first}:{last}"),)


def parse_together(data: str) -> tuple[int, int] | None:
    """Return the first and the last turn that a pressed button asks again; None for any other button."""
    match = _TOGETHER.fullmatch(data)
    return (int(match[1]), int(match[2])) if match else None


def parse_again(data: str) -> tuple[bool, int] | None:
    """Return whether a pressed button goes on rather than asks anew, and its turn; None for any other button."""
    match = _DATA.fullmatch(data)
    return (match[1] == "co", int(match[2])) if match else None


def describe_cut(reason: str | None) -> str:
    """Return why an answer ended before its end, in words for the agent; `reason` is `turns.reason`."""
    if reason == LENGTH:
        return "it reached the model's output limit."
    if reason == BUDGET:
        return "a budget was used up, and there is one again."
    return "its time was over." if reason == "timeout" else "its agent was lost."


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


def with_id(language: str, text: str, turn_id: int, reason: str) -> str:
    """Return an error's text with its id; of what a person did, or a time or budget that was over, nothing is to be looked up."""
    if reason in {"aborted", "timeout", BUDGET}:
        return text
    return f"{text} · {keys.error_id(language, id=build_error_id(turn_id))}"
