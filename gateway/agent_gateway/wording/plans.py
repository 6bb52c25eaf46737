"""What is said of plans; pure."""

from __future__ import annotations

import re
from typing import Final, Literal, cast

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys

PLAN_NOTE: Final = (
    "[This turn writes a plan. You may read, search, and run commands that only read; every other tool is blocked. Look at "
    "what you need, then answer with the plan: the steps in their order, which files you would change and how, what you "
    "would run, and what is uncertain. Do not carry it out: the person reads it and decides.]"
)
"""What the agent is told before the task."""
GO_PROMPT: Final = "Carry out the plan."
"""What the agent is asked once a person says so; it stands in the history."""
Choice = Literal["go", "change", "drop"]
CHOICES: Final[tuple[Choice, ...]] = ("go", "change", "drop")
_DATA: Final = re.compile(r"plan:(go|change|drop):([0-9]{1,18})")


def build_plan_buttons(language: str, turn_id: int) -> tuple[Button, ...]:
    """Build the buttons below a plan, in one row."""
    return tuple(
        Button(choice_text(language, choice), f"plan:{choice}:{turn_id}", beside=choice != CHOICES[0])
        for choice in CHOICES
    )


def choice_text(language: str, choice: Choice) -> str:
    """Return the words of a button below a plan."""
    match choice:
        case "go":
            return keys.plan_question_go(language)
        case "change":
            return keys.plan_question_change(language)
        case "drop":
            return keys.plan_question_drop(language)


def parse_plan(data: str) -> tuple[Choice, int] | None:
    """Return what a button does with the plan of which turn; None for one of another kind."""
    found = _DATA.fullmatch(data)
    return (cast("Choice", found[1]), int(found[2])) if found else None
