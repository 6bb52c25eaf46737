"""What a conversation can be set to: texts and buttons; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.repositories import read_repository_thread
from agent_gateway.wording.services import read_service_thread
from agent_gateway.wording.threads import ThreadPress, parse_thread_press

_DIGEST: Final = 12
_LONGEST_NAME: Final = 80
_MODEL = re.compile(r"md:([0-9]{1,18}):([0-9a-f]{12})")


def model_text(language: str, current: str, models: Sequence[str], writing: str | None) -> str:
    """Say which model answers.

    Args:
        language: Of the reader.
        current: The one of the next answer; empty where nobody names one here.
        models: Those that can be chosen.
        writing: The one that writes the running answer, where it is another.
    """
    if writing is None:
        lines = [keys.model_now(language, name=current) if current else keys.model_default(language)]
    else:
        lines = [keys.model_next(language, name=current) if current else keys.model_next_default(language)]
        lines.append(keys.model_writing(language, name=writing) if writing else keys.model_writing_other(language))
    if not models:
        lines.append(keys.model_only(language))
    return "\n".join(lines)


def model_unknown(language: str, name: str, models: Sequence[str]) -> str:
    """Say that a model is none of those allowed."""
    if not models:
        return keys.model_only(language)
    return keys.model_unknown(language, name=name[:_LONGEST_NAME], models=", ".join(models))


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


def read_thread(data: str) -> int | None:
    """Return the conversation that a pressed button of these is about; None for any other button."""
    model = parse_model(data)
    if model is not None:
        return model[0]
    repository = read_repository_thread(data)
    if repository is not None:
        return repository
    service = read_service_thread(data)
    if service is not None:
        return service
    pressed = parse_thread_press(data)
    return pressed[1] if pressed is not None and pressed[0] in {ThreadPress.DETAILS, ThreadPress.STOP} else None
