"""Chats and topics, made and changed by people with `POST /sim/chats` and `/sim/topics`."""

from __future__ import annotations

import time
from typing import Any

from agent_simulators.telegram.chats import Chat, Topic
from agent_simulators.telegram.people import as_person
from agent_simulators.telegram.state import Cloud

_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories", "can_manage_topics",
    "can_send_welcome_messages",
)  # fmt: skip
_MEMBERS = ("member", "administrator", "left", "kicked")
_IN = frozenset({"member", "administrator"})


async def post_chat(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Make or change a chat.

    It has chat, chat_type, title, forum, blocked, member, migrated_to, reactions (null for all), administrators (ids).
    """
    known = int(body["chat"]) in cloud.chats
    chat = cloud.ensure_chat(
        int(body["chat"]), body.get("chat_type"), body.get("title", ""), forum=bool(body.get("forum"))
    )
    chat.title = body.get("title") or chat.title
    user = as_person(body.get("user", chat.id if chat.id > 0 else 1))
    if bool(body.get("blocked", chat.blocked)) != chat.blocked:
        chat.blocked = not chat.blocked
        old, new = ("member", "kicked") if chat.blocked else ("kicked", "member")
        _tell_members(cloud, chat, user, old, new)
    if body.get("member"):
        _change_member(cloud, chat, user, body["member"], known=known)
    if body.get("migrated_to") and chat.migrated_to is None:
        _migrate(cloud, chat, int(body["migrated_to"]))
    chat.reactions = body.get("reactions", chat.reactions)
    chat.administrators = tuple(body.get("administrators", chat.administrators))
    return chat.as_chat()


def _change_member(cloud: Cloud, chat: Chat, user: dict[str, Any], status: str, *, known: bool) -> None:
    """Add the bots to a chat, promote them, or put them out; who is added is told of by a message too.

    Raises:
        ValueError: there is no such status.
    """
    if status not in _MEMBERS:
        raise ValueError(f"member is one of {', '.join(_MEMBERS)}")
    old = chat.member or ("member" if known else "left")
    if old == status:
        return
    chat.member = status
    _tell_members(cloud, chat, user, old, status)
    if status in _IN and old not in _IN and chat.type != "private":
        added = [bot.user() for bot in cloud.bots.values()]
        cloud.deliver("message", cloud.add_message(chat, user, None, None, new_chat_members=added))


def _tell_members(cloud: Cloud, chat: Chat, user: dict[str, Any], old: str, new: str) -> None:
    """Tell each bot what it is in a chat from now on."""
    for bot in cloud.bots.values():
        change = {
            "chat": chat.as_chat(), "from": user, "date": int(time.time()),
            "old_chat_member": describe_member(bot.user(), old),
            "new_chat_member": describe_member(bot.user(), new),
        }  # fmt: skip
        cloud.deliver_raw(bot, {"my_chat_member": change})


def describe_member(user: dict[str, Any], status: str) -> dict[str, Any]:
    """Return a ChatMember object."""
    member = {"status": status, "user": user}
    if status == "kicked":
        return {**member, "until_date": 0}
    return {**member, **dict.fromkeys(_RIGHTS, False)} if status == "administrator" else member


def _migrate(cloud: Cloud, chat: Chat, number: int) -> None:
    """Make a group a supergroup, which has another id."""
    user = as_person(1)
    new = cloud.ensure_chat(number, "supergroup", chat.title)
    told = cloud.add_message(chat, user, None, None, migrate_to_chat_id=number)
    told_there = cloud.add_message(new, user, None, None, migrate_from_chat_id=chat.id)
    chat.migrated_to = number
    cloud.deliver("message", told)
    cloud.deliver("message", told_there)


def open_topic(
    cloud: Cloud, chat: Chat, user: dict[str, Any], name: str, number: int | None = None, *, implicit: bool = False
) -> Topic:
    """Make a topic as a person; an implicit name was made by the client, and the bot is meant to change it."""
    topic = cloud.add_topic(chat, name, number)
    topic.implicit = implicit
    created: dict[str, Any] = {"name": topic.name, "icon_color": 7322096}
    if implicit:
        created["is_name_implicit"] = True
    topic.opened = cloud.add_message(chat, user, None, topic.id, forum_topic_created=created)
    cloud.deliver("message", topic.opened)
    return topic


async def post_topic(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Make, rename, close, reopen or delete a topic as a person: chat, topic, name, implicit, closed, deleted, user."""
    chat = cloud.ensure_chat(int(body["chat"]), forum=int(body["chat"]) < 0)
    user = as_person(body.get("user", 1))
    number = int(body["topic"]) if body.get("topic") else None
    if body.get("deleted") and number is not None:
        chat.remove_topic(number)  # of which nobody is told
        return {"topic": number}
    topic = chat.topics.get(number) if number is not None else None
    if topic is None:
        name, implicit = body.get("name", "topic"), bool(body.get("implicit"))
        topic = open_topic(cloud, chat, user, name, number, implicit=implicit)
    elif body.get("name", topic.name) != topic.name:
        topic.name = body["name"]
        edited = {"name": topic.name}
        cloud.deliver("message", cloud.add_message(chat, user, None, topic.id, forum_topic_edited=edited))
    if bool(body.get("closed", topic.closed)) != topic.closed:
        topic.closed = not topic.closed
        kind = "forum_topic_closed" if topic.closed else "forum_topic_reopened"
        told = cloud.add_message(chat, user, None, topic.id)
        told[kind] = {}  # an object without a field
        cloud.deliver("message", told)
    return {"topic": topic.id}
