"""What a conversation can be set to: texts and buttons; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from agent_gateway.store.chatrows import Button

VERBOSE_USAGE: Final = "Usage: /verbose 0|1|2"
VERBOSE_LEVELS: Final = (
    "0: only the answer and the Stop button.",
    "1: the last five tools, a short line each.",
    "2: the last ten tools, with longer arguments.",
)
MODEL_GONE: Final = "This model is not on the list any more. Send /model again."
CLASS_UNKNOWN: Final = "The cluster does not answer, so it is not known what may be chosen here. Try again in a moment."
MOST_THREADS: Final = 20
"""Conversations that `/threads` names, with a button each."""
_DIGEST = 12
_MODEL = re.compile(r"md:([0-9]{1,18}):([0-9a-f]{12})")
_THREAD = re.compile(r"th:([0-9]{1,18})")


def verbose_text(level: int) -> str:
    """Say how much is shown now, and what there is."""
    marked = [f"✓ {line}" if number == level else line for number, line in enumerate(VERBOSE_LEVELS)]
    return "\n".join([*marked, VERBOSE_USAGE])


def verbose_done(level: int) -> str:
    """Confirm a choice."""
    return f"From the next answer on, {VERBOSE_LEVELS[level]}"


def model_text(current: str, models: Sequence[str], writing: str | None) -> str:
    """Say which model answers.

    Args:
        current: The one of the next answer; empty where nobody names one here.
        models: Those that can be chosen.
        writing: The one that writes the running answer, where it is another.
    """
    lines = [f"Model: {current or 'the cluster chooses it'}"]
    if writing is not None:
        lines = [f"From the next answer on, {lines[0][0].lower()}{lines[0][1:]}"]
        lines.append(f"The answer that is being written: {writing or 'the model of before'}")
    if not models:
        lines.append("There is no other to choose: an administrator can allow some with LLM_MODELS.")
    return "\n".join(lines)


def model_unknown(name: str, models: Sequence[str]) -> str:
    """Say that a model is none of those allowed."""
    if not models:
        return model_text("", (), None).split("\n", 1)[1]
    return f"{name[:80]} is not allowed here. There are: {', '.join(models)}"


def build_model_buttons(thread_id: int, models: Sequence[str], current: str) -> tuple[Button, ...]:
    """Build a button for each model; the current one is marked."""
    return tuple(
        Button(f"✓ {name}" if name == current else name, f"md:{thread_id}:{digest_model(name)}") for name in models
    )


def parse_model(data: str) -> tuple[int, str] | None:
    """Return the thread and the digest of a model of a pressed button; None for any other button."""
    match = _MODEL.fullmatch(data)
    return (int(match[1]), match[2]) if match else None


def digest_model(name: str) -> str:
    """Return what stands for a name in a button: a name may be longer than a button can carry."""
    return hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]


def build_thread_button(thread_id: int, name: str, title: str) -> Button:
    """Build the button that tells how a conversation is."""
    words = f"{title} · {name}" if title else name
    return Button(words[:60], f"th:{thread_id}")


def parse_thread(data: str) -> int | None:
    """Return the thread that a pressed button asks about; None for any other button."""
    match = _THREAD.fullmatch(data)
    return int(match[1]) if match else None


def read_thread(data: str) -> int | None:
    """Return the conversation that a pressed button of these is about; None for any other button."""
    model = parse_model(data)
    return model[0] if model is not None else parse_thread(data)
