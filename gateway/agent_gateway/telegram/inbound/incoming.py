"""What an update asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent_gateway.store.rows import Address, Attachment

NOWHERE = 0
"""In place of a chat's id: which one is told by what the button names."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A voice message, or a video one: the file, and how long it is by Telegram's word."""

    file_id: str
    seconds: int
    video: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to ask the agent of `address`."""

    address: Address
    title: str
    """What people call the place; empty where the message does not tell."""
    person_id: int
    person_name: str
    message_id: int
    text: str
    """What the agent is told: what it refers to, and the words as Markdown."""
    words: str = ""
    """The words alone."""
    files: tuple[Attachment, ...] = ()
    album: str | None = None
    """Telegram's id of the album that it is a part of."""
    addressed: bool = True
    """False for what says nothing to the bot itself: it belongs to what the person asks beside it."""
    reply_to: int | None = None
    """The message that it answers."""
    button: str = ""
    """The data of that message's first button, where it is the bot's and has one."""
    speaker: str = ""
    """The header line that says who speaks, where several people may."""
    forwarded: bool = False
    threaded: bool = False
    """It stands in the comments of a post or a thread of replies, where only a reply to it stays."""
    sent_at: datetime | None = None
    """When it was written; None where it does not tell."""
    language: str = ""
    """Of the person's program; empty where it names none. The dispatcher puts the one in which they are answered here."""
    spoken: Spoken | None = None
    """It is spoken, and what it says is to be heard first."""
    heard: str = ""
    """What was understood of what is spoken; `text` holds it already."""

    @property
    def told(self) -> str:
        """Return the text below who speaks."""
        return "\n\n".join(filter(None, [self.speaker, self.text]))


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `addressed` is false in a group when it names no bot, so that another may be meant."""

    address: Address
    title: str
    person_id: int
    person_name: str
    message_id: int
    name: str
    args: str
    """As they were typed."""
    addressed: bool
    prompt: Prompt | None = None
    """What it asks, of a command that takes words for an agent."""
    language: str = ""
    reply_to: int | None = None
    """The message that it answers."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A person's message that reads otherwise now."""

    address: Address
    person_id: int
    message_id: int
    text: str
    told: str = ""
    """The same below who speaks."""
    now: Prompt | Command | None = None
    """What it asks now: for one that asked nothing before."""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under one of the bot's messages. Of a message too old to be shown, a topic is not known."""

    address: Address
    """Chat `NOWHERE`: Telegram did not tell the message (Bot API 10.5, `inline_message_id`)."""
    person_id: int
    person_name: str
    message_id: int
    callback_id: str
    """Empty: nobody waits for an answer, as the client itself showed the button."""
    data: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person said in a group beside the bot."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for an agent. Where `reply` is set, a person who may use the bot is told so, in their language."""

    reason: str
    address: Address | None = None
    person_id: int | None = None
    message_id: int | None = None
    reply: Callable[[str], str] | None = None
    language: str = ""
    heard: Heard | None = None
    """What it says to others."""


Incoming = Prompt | Edited | Command | Pressed | Ignored


def settle(incoming: Incoming, address: Address, language: str) -> Incoming:
    """Return the same at the address where its conversation is held now, in the language in which it is answered."""
    if isinstance(incoming, Command) and incoming.prompt is not None:
        prompt = replace(incoming.prompt, address=address, language=language)
        return replace(incoming, address=address, language=language, prompt=prompt)
    if isinstance(incoming, Edited) and incoming.now is not None:
        now = settle(incoming.now, address, language)
        return replace(
            incoming, address=address, language=language, now=now if isinstance(now, Prompt | Command) else None
        )  # fmt: skip
    return replace(incoming, address=address, language=language)
