"""What is to stand in a chat, as the rest of the gateway sees it: answers, previews, buttons, files, reactions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from agent_gateway.store.rows import Address, TurnState


class Urgency(IntEnum):
    """What of a topic goes first; each has a queue of its own."""

    ANSWER = 0
    """Finals, answers to commands, questions with buttons: somebody waits for it."""
    NOTICE = 1
    """Notices, and files of agents: nobody's answer waits for them."""
    STRANGER = 2
    """What people are told whom the bot does not know."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What a topic has of one urgency, which is said in order."""

    chat_id: int
    topic_id: int | None
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class TurnView:
    """What a running turn shows: the assistant's texts and the messages that stand in the chat."""

    turn_id: int
    messages: tuple[str, ...]
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a message.

    Attributes:
        text: What it says.
        data: Comes back when it is pressed, at most 64 bytes.
        url: Opened in place of that.
        beside: It stands in the row of the button before it.
        copy: Copied in place of both, at most 256 characters.
    """

    text: str
    data: str = ""
    url: str = ""
    beside: bool = False
    copy: str = ""


def dump_buttons(buttons: Sequence[Button]) -> str:
    """Return buttons as the outbox holds them."""
    return json.dumps([_dump(button) for button in buttons])


def _dump(button: Button) -> list[str | bool]:
    """Return a button without what an earlier release does not know, where it does not need it."""
    if button.copy:
        return [button.text, button.data, button.url, button.beside, button.copy]
    if button.url or button.beside:
        return [button.text, button.data, button.url, button.beside]
    return [button.text, button.data]


def load_buttons(stored: str) -> tuple[Button, ...]:
    """Return the buttons that `dump_buttons` wrote."""
    return tuple(Button(*parts) for parts in json.loads(stored))


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
    """Something that must be said. `message_ids` stand already and are edited first; the rest is sent.

    One without text or file puts its buttons, or none, under the messages that stand, and changes nothing else of them.
    """

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
    language: str = "en"
    """Of whoever it answers, for what is said besides its text."""
    preview_ids: tuple[int, ...] = ()
    """Messages of the turn's previews: edited into it where nothing was said below them, and folded otherwise."""
    preview_age: float | None = None
    """Seconds since the newest of those was sent; None: not known."""
    way: str = ""
    """What the agent said on its way there."""
    threaded: bool = False
    """It answers in the comments of a post or a thread of replies, where only replies stay: each part is one."""
    ambiguous: int = 0
    """Sends of its next part in a row of which nobody knows whether they were done."""
    crashes: int = 0
    """Processes in a row that began to say it and ended before anything came of that."""
    urgency: Urgency = Urgency.ANSWER

    @property
    def queue(self) -> Queue:
        """Return where it stands."""
        return Queue(self.address.chat_id, self.address.topic_id, self.urgency)


@dataclass(frozen=True, slots=True)
class Fold:
    """Messages of a turn's previews, above its final, that are to tell the way there in one line or go away.

    Attributes:
        id: Of the outbox row of the final.
        address: Where they stand.
        message_ids: The messages.
        way: What the agent said on its way.
        tools: What it used; None: nothing, or nothing is shown of it.
        age: Seconds since the final was put into the outbox.
        said: The final stands; False: it never came into the chat.
        language: Of whoever asked.
    """

    id: int
    address: Address
    message_ids: tuple[int, ...]
    way: str
    tools: ToolUse | None
    age: float
    said: bool
    language: str = "en"


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
    """How a turn ends in the chat: `message_ids` are the messages of its previews."""

    text: str
    format: str = "markdown"
    message_ids: tuple[int, ...] = ()
    buttons: tuple[Button, ...] = ()
    goes_on: str | None = None
    """What a turn is to ask that goes on with it at once, by itself."""
    way: str = ""
    """What the agent said on its way there: kept in the history."""
    way_shown: bool = True
    """And shown below or above the answer."""
    over: str = ""
    """What a warning that its time runs short says from then on, where one stands."""
