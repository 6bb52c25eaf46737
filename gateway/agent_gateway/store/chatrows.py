"""What is to stand in a chat, as the rest of the gateway sees it: answers, previews, buttons, files, reactions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent_gateway.store.rows import Address, TurnState


@dataclass(frozen=True, slots=True)
class TurnView:
    """What a running turn shows: the assistant's texts and the messages that stand in the chat."""

    turn_id: int
    messages: tuple[str, ...]
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a message; `data` comes back when it is pressed (at most 64 bytes)."""

    text: str
    data: str


def dump_buttons(buttons: Sequence[Button]) -> str:
    """Return buttons as the outbox holds them."""
    return json.dumps([[button.text, button.data] for button in buttons])


@dataclass(frozen=True, slots=True)
class ToolUse:
    """How many tools a turn used, how many of them failed, and how long the turn took."""

    total: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file for the chat."""

    id: int
    name: str
    media_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something that must be said. `message_ids` stand already and are edited first; the rest is sent."""

    id: int
    address: Address
    reply_to: int | None
    turn_id: int | None
    kind: str
    format: str
    text: str
    message_ids: tuple[int, ...]
    shown: tuple[str, ...]
    attempts: int
    buttons: tuple[Button, ...] = ()
    """Under the last message of it; none takes those away that stand there."""
    tools: ToolUse | None = None
    """Told behind it."""
    file: FileRow | None = None
    """It is this file, and the text its caption."""
    age: float = 0.0
    """Seconds since it was put here."""


@dataclass(frozen=True, slots=True)
class DueReaction:
    """A turn whose message, `message_id`, does not bear the reaction that it should."""

    turn_id: int
    address: Address
    message_id: int
    state: TurnState
    reason: str | None
    begun: bool
    """Eyes may stand there."""
    attempts: int


@dataclass(frozen=True, slots=True)
class Final:
    """How a turn ends in the chat: `message_ids` are the messages of its previews, which are edited first."""

    text: str
    format: str = "markdown"
    message_ids: tuple[int, ...] = ()
    buttons: tuple[Button, ...] = ()
    goes_on: str | None = None
    """What a turn is to ask that goes on with it at once, by itself."""
