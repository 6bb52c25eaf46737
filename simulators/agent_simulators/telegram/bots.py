"""A bot, the updates that wait for it, and what became of each."""

from __future__ import annotations

import asyncio
import copy
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

KEPT_SECONDS = 86_400.0
"""How long an update waits for its bot."""
MAX_HISTORY = 20_000
"""Updates a bot whose fate is remembered; the oldest are forgotten first."""
MAX_PAUSE = 60.0
"""Seconds; the longest pause between two deliveries of an update, where the settings say nothing else."""
MAX_RETRY_AFTER = 3600.0

SETTINGS: dict[str, Any] = {
    "can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False,
    "can_connect_to_business": False, "supports_guest_queries": False, "has_topics_enabled": False,
    "allows_users_to_create_topics": False, "has_topic_sidebar": False, "can_communicate_with_bots": False,
    "callback_query_mode": "default",
}  # fmt: skip
"""What setMySettings changes and getMe tells (Bot API 10.5), as far as it matters here, and its first values."""

Fate = Literal["offset", "webhook", "dropped", "expired", "once"]
"""How an update left the queue: confirmed by an offset or a webhook's 2xx; dropped at the bot's wish; too old;
or given once, for it had no number that could be confirmed."""


@dataclass(slots=True, eq=False)
class Update:
    """An update as it was when it was made, and how it fared."""

    body: dict[str, Any]
    made: float = field(default_factory=time.time)
    """Seconds since the epoch, as the other times here."""
    given: int = 0
    """How often it was handed out or sent."""
    first_given: float | None = None
    ended: float | None = None
    fate: Fate | None = None
    error: str | None = None
    """Why the newest delivery failed."""
    failures: int = 0
    pause: float = 1.0
    not_before: float = 0.0
    """Seconds of the monotonic clock: no delivery before it."""

    @property
    def number(self) -> int | None:
        """Return its id; an injected one may have none that is a number."""
        number = self.body["update_id"]
        return number if isinstance(number, int) else None

    @property
    def kind(self) -> str:
        """Return the field that it holds."""
        return next((key for key in self.body if key != "update_id"), "")

    @property
    def message(self) -> dict[str, Any]:
        """Return the message that it is about, or what else holds a chat; empty for an odd one."""
        value = self.body.get(self.kind)
        inner = value.get("message") if isinstance(value, dict) else None
        found = inner if isinstance(inner, dict) else value
        return found if isinstance(found, dict) else {}

    @property
    def chat(self) -> int | None:
        """Return the id of its chat; None for an odd one."""
        chat = self.message.get("chat")
        number = chat.get("id") if isinstance(chat, dict) else None
        return number if isinstance(number, int) else None

    def give(self) -> None:
        """Count that it was handed out or sent."""
        self.given += 1
        self.first_given = self.first_given or time.time()

    def fail(self, error: str, retry_after: float, most: float) -> None:
        """Set the next delivery: at once after the first failure, then after pauses that double; or when asked for."""
        self.error = error
        wait = min(max(retry_after, 0.0), MAX_RETRY_AFTER)
        if not wait and self.failures:
            self.pause = min(self.pause * 2, most)
            wait = self.pause
        self.failures += 1
        self.not_before = time.monotonic() + wait


@dataclass(slots=True, eq=False)
class Webhook:
    """Where updates are sent; a change makes a new one."""

    url: str
    secret: str | None
    max_connections: int
    last_error_date: int | None = None
    last_error_message: str = ""

    def fail(self, error: str) -> None:
        """Remember the newest failure, which getWebhookInfo tells."""
        self.last_error_date, self.last_error_message = int(time.time()), error


@dataclass(slots=True)
class Bot:
    """One bot and what waits for it."""

    token: str
    username: str
    updates: list[Update] = field(default_factory=list)
    """What waits, oldest first."""
    history: deque[Update] = field(default_factory=lambda: deque(maxlen=MAX_HISTORY))
    """All updates, those that wait included."""
    next_update: int = field(default_factory=lambda: int(time.time()))
    """Grows on over a restart of the simulator, as the ids of the real cloud do."""
    allowed: list[str] | None = None
    webhook: Webhook | None = None
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    poll: int = 0
    """Number of the newest getUpdates; an older one that still waits gets 409."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> int:
        """Return the numeric id, the token's first part."""
        return int(self.token.split(":")[0])

    def user(self) -> dict[str, Any]:
        """Return the bot as a User."""
        return {"id": self.id, "is_bot": True, "first_name": self.username, "username": self.username}

    def reads(self, kind: str, body: dict[str, Any]) -> bool:
        """Tell whether it gets a message: in privacy mode a group's only where it is addressed or replied to."""
        private = not kind.endswith("message") or body["chat"]["type"] == "private"
        if private or self.settings["can_read_all_group_messages"]:
            return True
        marks = [*body.get("entities", []), *body.get("caption_entities", [])]
        replied = body.get("reply_to_message", {}).get("from", {}).get("id") == self.id
        named = f"@{self.username}" in (body.get("text") or body.get("caption") or "")
        service = not any(key in body for key in ("text", "caption", "rich_message", "media_group_id"))
        return replied or named or service or any(mark["type"] == "bot_command" for mark in marks)

    def notify(self) -> None:
        """Wake what waits for a change."""
        self.changed.set()
        self.changed = asyncio.Event()

    def add_update(self, body: dict[str, Any]) -> Update:
        """Queue an update as it is now, numbered unless it has a number."""
        update = Update(copy.deepcopy({"update_id": self.next_update, **body}))
        self.next_update += 1
        self.updates.append(update)
        self.history.append(update)
        self.notify()
        return update

    def wanted(self) -> list[Update]:
        """Return what waits of the kinds that the bot allows; what is too old is given up."""
        for update in [u for u in self.updates if time.time() - u.made > KEPT_SECONDS]:
            self.settle(update, "expired")
        return [u for u in self.updates if self._allows(u)]

    def _allows(self, update: Update) -> bool:
        kinds = set(update.body) - {"update_id"}
        return self.allowed is None or not kinds or bool(kinds & set(self.allowed))

    def settle(self, update: Update, fate: Fate) -> None:
        """Take an update out of the queue, if it is in it."""
        if update in self.updates:
            self.updates.remove(update)
            update.ended, update.fate = time.time(), fate

    def drop_updates(self) -> None:
        """Give up all that waits."""
        for update in list(self.updates):
            self.settle(update, "dropped")
