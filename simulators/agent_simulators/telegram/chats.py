"""Chats with their topics and messages, and when each message was shown."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from agent_simulators.telegram.threads import topic_of


def now_ms() -> int:
    """Return milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is being written."""

    id: int
    text: str
    until: float
    can_stop: bool = False
    keep_on_stop: bool = False


@dataclass(slots=True)
class Topic:
    """A forum topic."""

    id: int
    name: str
    closed: bool = False
    implicit: bool = False
    """Whether the client made the name out of the first message."""
    opened: dict[str, Any] | None = None
    """The message that told of it."""


@dataclass(slots=True)
class Shown:
    """When a message was shown, and whether the bot learnt that it was; times in ms since the epoch."""

    at: int = field(default_factory=now_ms)
    edited: int | None = None
    edits: int = 0
    deleted: int | None = None
    lost: str | None = None
    """How the answer to the call that made it was lost; None where the bot got it."""
    edit_lost: str | None = None
    """The same of its newest edit."""
    notified: bool = False
    """Whether it made a sound on the phones of those who read it; only what a bot sends anew can."""

    def edit(self) -> None:
        """Count an edit."""
        self.edited, self.edits, self.edit_lost = now_ms(), self.edits + 1, None


@dataclass(slots=True)
class Chat:
    """A chat with its messages."""

    id: int
    type: str
    title: str
    forum: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    deleted: dict[int, dict[str, Any]] = field(default_factory=dict)
    shown: dict[int, Shown] = field(default_factory=dict)
    """By message, the deleted ones included."""
    blocked: bool = False
    member: str | None = None
    """What the bots are in it, once that was said."""
    administrators: tuple[int, ...] = ()
    """People who are administrators of it."""
    migrated_to: int | None = None
    typing: dict[int | None, float] = field(default_factory=dict)
    sent_at: list[float] = field(default_factory=list)
    drafts: dict[int | None, Draft] = field(default_factory=dict)
    drafted_at: list[float] = field(default_factory=list)
    ban: float = 0.0
    """Seconds of the last ban."""
    banned_until: float = 0.0
    reactions: list[str] | None = None
    """The emoji that may be set here; None for all."""
    reacted: dict[int, dict[int, list[str]]] = field(default_factory=dict)
    """By message and bot."""

    def as_chat(self) -> dict[str, Any]:
        """Return it as a Chat object."""
        chat: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.type == "private":
            return {**chat, "first_name": self.title}
        return {**chat, "title": self.title, **({"is_forum": True} if self.forum else {})}

    def add_message(self, message: dict[str, Any], *, notified: bool = False) -> None:
        """Show a message."""
        self.messages[message["message_id"]] = message
        self.shown[message["message_id"]] = Shown(notified=notified)

    def remove_message(self, number: int) -> dict[str, Any] | None:
        """Take a message away, and return it if there is one."""
        message = self.messages.pop(number, None)
        if message is not None:
            self.deleted[number] = message
            self.shown[number].deleted = now_ms()
        return message

    def remove_topic(self, number: int) -> None:
        """Take a topic away with its messages."""
        del self.topics[number]
        for message_id in [i for i, m in self.messages.items() if topic_of(m) == number]:
            self.remove_message(message_id)
