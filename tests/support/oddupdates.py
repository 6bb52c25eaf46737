"""Updates as Telegram sends them, and what becomes of them by a seeded chance: odd in every way that JSON allows."""

from __future__ import annotations

import copy
import random
from typing import Any

PERSON = {"id": 42, "is_bot": False, "first_name": "P"}
PRIVATE = {"id": 42, "type": "private", "first_name": "P"}
FORUM = {"id": -100200300, "type": "supergroup", "title": "Builders", "is_forum": True}
_MESSAGE: dict[str, Any] = {
    "message_id": 5, "date": 1, "chat": PRIVATE, "from": PERSON, "text": "hello @demo_bot",
    "entities": [{"type": "mention", "offset": 6, "length": 9}, {"type": "bold", "offset": 0, "length": 15}],
}  # fmt: skip
_PHOTO: dict[str, Any] = {
    "message_id": 6, "date": 1, "chat": PRIVATE, "from": PERSON, "caption": "look",
    "photo": [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9, "file_size": 9}], "media_group_id": "77",
}  # fmt: skip
_TOPIC: dict[str, Any] = {
    **_MESSAGE, "chat": FORUM, "message_thread_id": 7, "is_topic_message": True,
    "reply_to_message": {**_MESSAGE, "chat": FORUM, "forum_topic_created": {"name": "deploy", "icon_color": 1}},
}  # fmt: skip
_MEMBER = {"chat": FORUM, "from": PERSON, "date": 1, "old_chat_member": {"status": "member", "user": PERSON}}
WHOLE: tuple[dict[str, Any], ...] = (
    {"message": _MESSAGE},
    {"message": _PHOTO},
    {"message": _TOPIC},
    {"message": {**_MESSAGE, "text": "/status", "entities": [{"type": "bot_command", "offset": 0, "length": 7}]}},
    {"message": {**_MESSAGE, "voice": {"file_id": "v", "file_unique_id": "w", "duration": 3}, "text": None}},
    {"message": {**_TOPIC, "text": None, "forum_topic_closed": {}}},
    {"message": {**_MESSAGE, "chat": FORUM, "text": None, "migrate_to_chat_id": -100999}},
    {"edited_message": {**_MESSAGE, "edit_date": 2}},
    {"stopped_message_generation": {"chat": PRIVATE, "draft_id": 3}},
    {"callback_query": {"id": "1", "from": PERSON, "message": _TOPIC, "data": "st:1", "chat_instance": "1"}},
    {"my_chat_member": {**_MEMBER, "new_chat_member": {"status": "kicked", "user": PERSON, "until_date": 0}}},
    {"channel_post": {**_MESSAGE, "chat": {"id": -1001, "type": "channel", "title": "c"}}},
    {"message_reaction": {"chat": FORUM, "message_id": 5, "user": PERSON, "date": 1, "old_reaction": []}},
    {"poll": {"id": "1", "question": "?", "options": []}},
    {"chat_join_request": {"chat": FORUM, "from": PERSON, "user_chat_id": 42, "date": 1}},
    {"something_new": {"of": ["a", {"later": "time"}]}},
)
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, -(2**70), 1.5, "", " ", "\x00", "\ud800", "\u202eright to left \u2066mixed\u2069",
    "שלום עולם", "👩‍👩‍👧‍👦" * 40, "a\u0301" * 60, "x" * 70_000, "/", "/stop", "/" + "x" * 90, [], {}, [[]], [None], {"id": "5"},
    {"": {"": {}}}, [{"type": "mention", "offset": -5, "length": 2**40}], [{"type": "bold", "offset": 1, "length": 99}] * 300,
    [{"type": 5}], {"message_id": True}, "-100200300", "1e9",
)  # fmt: skip


def build_odd(seed: int) -> Any:
    """Return one odd update, without a number."""
    chance = random.Random(seed)
    update: Any = copy.deepcopy(chance.choice(WHOLE))
    for _ in range(chance.randint(1, 4)):
        _spoil(update, chance)
    if chance.random() < 0.03:
        deep: Any = "end"
        for _ in range(200):
            deep = {"message": deep}
        update["message"] = deep
    return update


def _spoil(value: Any, chance: random.Random) -> None:
    """Change one place of a nested value, deeper ones as likely as others."""
    while isinstance(value, dict | list) and value:
        key: Any = chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
            value = inner
            continue
        kind = chance.randrange(4)
        if kind == 0:
            del value[key]
        elif kind == 1 and isinstance(value, dict):
            value[f"{key}_new"] = value.pop(key)
        else:
            value[key] = copy.deepcopy(chance.choice(_ODD))
        return
