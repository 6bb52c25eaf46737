"""What the simulated cloud knows: bots, chats, files, presses, faults, and what happened in order."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from agent_simulators.faults import Faults
from agent_simulators.telegram.bots import MAX_PAUSE, Bot
from agent_simulators.telegram.chats import Chat, Topic, now_ms
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.describe import describe_message
from agent_simulators.telegram.faultspec import TelegramFault
from agent_simulators.telegram.threads import thread_fields, topic_of
from agent_simulators.telegram.versions import NEWEST

CALLBACK_SECONDS = 60.0
"""How long a press can be answered."""
DRAFT_SECONDS = 30.0
"""How long a draft is shown that is not renewed."""


@dataclass(slots=True)
class File:
    """A file; photos have no name."""

    kind: str
    name: str
    mime: str
    data: bytes
    id: str = ""


@dataclass(slots=True)
class Callback:
    """A button that a person pressed, and what the bot said to it."""

    id: str
    bot: Bot
    chat: int
    topic: int | None
    message_id: int
    data: str
    update_id: int = 0
    pressed_at: float = field(default_factory=time.time)
    answered: bool = False
    text: str = ""
    alert: bool = False
    """Whether the words came as a window that has to be closed."""

    @property
    def old(self) -> bool:
        """Say whether the person's client has stopped waiting."""
        return time.time() - self.pressed_at > CALLBACK_SECONDS


class Cloud:
    """All state of one simulated Telegram."""

    def __init__(self, token: str) -> None:
        bot = Bot(token, "demo_bot")
        self.bots = {token: bot}
        self.chats: dict[int, Chat] = {}
        self.events: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.faults: Faults[TelegramFault] = Faults()
        self.callbacks: dict[str, Callback] = {}
        self.files: dict[str, File] = {}
        self.group_limit: int | None = None
        self.group_window = 60.0
        self.group_bans = False
        self.api = NEWEST
        self.draft_seconds = DRAFT_SECONDS
        self.webhook_pause = MAX_PAUSE
        """Seconds; the longest pause between two deliveries of an update."""
        self.deliverable = asyncio.Event()
        """Set where there may be something to send to a webhook; cleared by the one who sends."""
        self.happened = asyncio.Event()
        self._next_message = 1
        self._next_topic = 2
        self._calls = 0

    # --- chats -------------------------------------------------------------------------------

    def chat(self, chat_id: int) -> Chat:
        """Return the chat.

        Raises:
            Refused: there is none, the person blocked the bot, or the group moved.
        """
        chat = self.chats.get(chat_id)
        if chat is None:
            raise Refused("Bad Request: chat not found")
        if chat.migrated_to is not None:
            raise Refused(
                "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to
            )
        if chat.blocked:
            raise Refused("Forbidden: bot was blocked by the user", 403)
        return chat

    def ensure_chat(self, chat_id: int, kind: str | None = None, title: str = "", *, forum: bool = False) -> Chat:
        """Return the chat, made at need: a positive id is a private chat."""
        if chat_id not in self.chats:
            kind = kind or ("private" if chat_id > 0 else "supergroup")
            self.chats[chat_id] = Chat(chat_id, kind, title or ("Person" if chat_id > 0 else "Group"), forum)
        return self.chats[chat_id]

    def add_topic(self, chat: Chat, name: str, topic_id: int | None = None) -> Topic:
        """Make a topic."""
        if topic_id is None:
            topic_id = self._next_topic
        self._next_topic = max(self._next_topic, topic_id) + 1
        chat.forum = chat.forum or chat.type != "private"
        if chat.type == "private":  # topics of a private chat are there only for a bot that has them
            for bot in self.bots.values():
                bot.settings["has_topics_enabled"] = True
        chat.topics[topic_id] = Topic(topic_id, name)
        return chat.topics[topic_id]

    def add_file(self, file: File) -> File:
        """Keep a file under an id of its own."""
        file.id = f"f{len(self.files) + 1}"
        self.files[file.id] = file
        return file

    # --- messages ----------------------------------------------------------------------------

    def add_message(
        self,
        chat: Chat,
        sender: dict[str, Any],
        text: str | None,
        topic: int | None,
        *,
        silent: bool = False,
        **extra: Any,
    ) -> dict[str, Any]:
        """Put a message into a chat; one without a text holds something else; a silent one makes no sound."""
        message = {
            "message_id": self._next_message,
            "date": int(time.time()),
            "chat": chat.as_chat(),
            "from": sender,
            **({"text": text} if text is not None else {}),
            **thread_fields(chat, topic, extra.get("reply_to_message")),
            **{k: v for k, v in extra.items() if v},
        }
        self._next_message += 1
        notified = sender["is_bot"] and not silent
        chat.add_message(message, notified=notified)
        if sender["is_bot"]:
            chat.drafts.pop(topic, None)
        self.note("message", chat.id, topic, **describe_message(message), notified=notified)
        return message

    def note_edit(self, chat: Chat, message: dict[str, Any]) -> None:
        """Remember that a message was edited; no edit notifies."""
        chat.shown[message["message_id"]].edit()
        self.note("edit", chat.id, topic_of(message), **describe_message(message), notified=False)

    def count_call(self) -> int:
        """Return the number of a new call."""
        self._calls += 1
        return self._calls

    def note(self, kind: str, chat_id: int, topic: int | None, **what: Any) -> None:
        """Remember that something happened in a chat."""
        number = len(self.events) + 1
        self.events.append({"n": number, "t": now_ms(), "kind": kind, "chat": chat_id, "topic": topic, **what})
        self.happened.set()
        self.happened = asyncio.Event()

    def press(
        self, chat: Chat, message: dict[str, Any], user: dict[str, Any], button: dict[str, str], *,
        inaccessible: bool = False,
    ) -> Callback:  # fmt: skip
        """Let a person press a button {text, data} under a bot's message; only that bot learns of it."""
        data = button["data"]
        bot = next(b for b in self.bots.values() if b.id == message["from"]["id"])
        callback = Callback(str(time.time_ns()), bot, chat.id, topic_of(message), message["message_id"], data)
        self.callbacks[callback.id] = callback
        if inaccessible:
            message = {"message_id": message["message_id"], "chat": message["chat"], "date": 0}
        under: dict[str, Any] = {"message": message}
        if bot.settings["callback_query_mode"] != "default":
            under = {"inline_message_id": f"inline-{chat.id}-{message['message_id']}"}
        query = {"id": callback.id, "from": user, **under, "chat_instance": str(chat.id), "data": data}
        self.note(
            "press",
            chat.id,
            callback.topic,
            id=callback.id,
            message_id=callback.message_id,
            by=user["id"],
            data=data,
            text=button["text"],
        )
        callback.update_id = self.deliver_raw(bot, {"callback_query": query})
        return callback

    # --- updates -----------------------------------------------------------------------------

    def deliver(self, kind: str, body: dict[str, Any]) -> list[int]:
        """Queue an update for every bot that may read it; return the update ids, -1 where it may not."""
        return [self.deliver_raw(bot, {kind: body}) if bot.reads(kind, body) else -1 for bot in self.bots.values()]

    def deliver_raw(self, bot: Bot, update: dict[str, Any]) -> int:
        """Queue an update as it is, numbered unless it has a number."""
        added = bot.add_update(update)
        self.deliverable.set()
        return added.number if added.number is not None else -1
