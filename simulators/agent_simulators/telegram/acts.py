"""What people do, by `POST /sim/…`: write, edit, press, react, stop a draft, post in a channel."""

from __future__ import annotations

import time
from typing import Any

from agent_simulators.telegram.chats import Chat, now_ms
from agent_simulators.telegram.contents import read_contents
from agent_simulators.telegram.drafts import stop_draft
from agent_simulators.telegram.people import as_person, find_entities
from agent_simulators.telegram.reads import buttons_of
from agent_simulators.telegram.references import read_external_reply, read_origin, read_quote
from agent_simulators.telegram.rooms import open_topic
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.threads import topic_of

SERVICE = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
"""Who brings a channel's posts into its group."""
NEW = "new"
"""Stands in the place of a topic that the person's client makes for the message."""
_MAX_IMPLICIT = 40
"""Characters of the name that a client makes out of a first message."""


def writer(body: dict[str, Any], chat_id: int) -> dict[str, Any]:
    """Return who does something: `user`, or the person of the private chat."""
    return as_person(body.get("user", chat_id if chat_id > 0 else 1))


async def post_message(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Say something as a person; docs/reference/simulators.md has the fields."""
    chat_id = int(body["chat"])
    chat = cloud.ensure_chat(chat_id, body.get("chat_type"), body.get("title", ""), forum=bool(body.get("forum")))
    user = writer(body, chat_id)
    topic = _find_topic(cloud, chat, user, body)
    reply = chat.messages.get(int(body["reply_to"])) if body.get("reply_to") else None
    said = _read_message(cloud, body, reply)
    if reply is None and topic is not None and chat.type != "private":
        reply = chat.topics[
            topic
        ].opened  # as Telegram has it, but for private chats: what opened the topic is replied to
    if reply is not None:
        reply = {key: value for key, value in reply.items() if key != "reply_to_message"}
    started = now_ms()
    message = cloud.add_message(chat, user, said.pop("text", None), topic, reply_to_message=reply, **said)
    if body.get("without_flag"):
        message.pop("is_topic_message", None)
    updates = cloud.deliver("message", message)
    return {"message_id": message["message_id"], "update_id": updates[0], "t": started, "topic": topic}


def _find_topic(cloud: Cloud, chat: Chat, user: dict[str, Any], body: dict[str, Any]) -> int | None:
    topic = body.get("topic")
    if topic == NEW:
        name = str(body.get("text", "New chat"))[:_MAX_IMPLICIT]
        return open_topic(cloud, chat, user, name, implicit=True).id
    if topic and int(topic) not in chat.topics:
        cloud.add_topic(chat, f"topic {topic}", int(topic))
    return int(topic) if topic else None


def _read_message(cloud: Cloud, body: dict[str, Any], reply: dict[str, Any] | None) -> dict[str, Any]:
    """Return the fields of a message: its text or contents, and what it points at."""
    said = read_contents(cloud, body)
    given = body.get("entities")
    if not said or "text" in body:
        said |= {"text": body["text"], "entities": find_entities(body["text"], given)}
    if body.get("caption"):
        said |= {"caption": body["caption"], "caption_entities": find_entities(body["caption"], given)}
    if "forward" in body:
        said["forward_origin"] = read_origin(body["forward"])
    external = body.get("external_reply")
    if external is not None:
        said["external_reply"] = read_external_reply(cloud, external)
    if "quote" in body:
        said["quote"] = read_quote(body["quote"], {"text": external.get("text", "")} if external else reply)
    return said


async def post_channel(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Post in a channel: it comes into the group where its comments are, by itself: channel, group, text or a file."""
    channel = cloud.ensure_chat(int(body["channel"]), "channel", body.get("title", "Channel"))
    group = cloud.ensure_chat(int(body["group"]), "supergroup", body.get("group_title", ""))
    said = _read_message(cloud, body, None)
    text = said.pop("text", None)
    post = cloud.add_message(channel, SERVICE, text, None, sender_chat=channel.as_chat(), **said)
    origin = {"type": "channel", "date": post["date"], "chat": channel.as_chat(), "message_id": post["message_id"]}
    more: dict[str, Any] = {"sender_chat": channel.as_chat(), "is_automatic_forward": True, "forward_origin": origin}
    forwarded = cloud.add_message(group, SERVICE, text, None, **said, **more)
    updates = cloud.deliver("message", forwarded)
    return {"post": post["message_id"], "message_id": forwarded["message_id"], "update_id": updates[0]}


async def post_edit(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Edit a person's message: chat, message_id, text (a caption's where it has one), entities."""
    chat = cloud.chats[int(body["chat"])]
    message = chat.messages[int(body["message_id"])]
    kind, marks = ("caption", "caption_entities") if "caption" in message else ("text", "entities")
    message.update({kind: body["text"], "edit_date": int(time.time())})
    message.pop(marks, None)
    entities = find_entities(body["text"], body.get("entities"))
    if entities:
        message[marks] = entities
    cloud.note_edit(chat, message)
    return {"update_id": cloud.deliver("edited_message", message)[0]}


async def post_press(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Press a button: chat, message_id, data or text of the button, and user, topic, inaccessible at need."""
    chat_id = int(body["chat"])
    chat = cloud.chats[chat_id]
    message = chat.messages[int(body["message_id"])]
    if body.get("topic") and int(body["topic"]) != topic_of(message):
        raise ValueError("the message stands in another topic")
    button = next((b for b in buttons_of(message) if _is_meant(b, body)), None)
    if button is None:
        raise ValueError(f"there is no such button; there are {buttons_of(message)}")
    callback = cloud.press(chat, message, writer(body, chat_id), button, inaccessible=bool(body.get("inaccessible")))
    return {"callback_id": callback.id, "update_id": callback.update_id}


def _is_meant(button: dict[str, str], body: dict[str, Any]) -> bool:
    return bool(button["data"]) and all(button[key] == body[key] for key in ("data", "text") if key in body)


async def post_stop(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Press the client's Stop on a draft: chat, topic."""
    topic = int(body["topic"]) if body.get("topic") else None
    return {"update_id": stop_draft(cloud, int(body["chat"]), topic)}


async def post_reaction(cloud: Cloud, body: dict[str, Any]) -> Any:
    """React to a message: chat, message_id, emoji ("" takes it away), user; told to bots that ask for it by name."""
    chat_id = int(body["chat"])
    chat = cloud.chats[chat_id]
    message, user = chat.messages[int(body["message_id"])], writer(body, chat_id)
    by_person = chat.reacted.setdefault(message["message_id"], {})
    old, new = by_person.get(user["id"], []), [body["emoji"]] if body.get("emoji") else []
    by_person[user["id"]] = new
    cloud.note(
        "reaction", chat.id, topic_of(message), message_id=message["message_id"], emoji=new, by=user["id"], bot=False
    )
    change = {
        "chat": chat.as_chat(), "message_id": message["message_id"], "user": user, "date": int(time.time()),
        "old_reaction": [{"type": "emoji", "emoji": emoji} for emoji in old],
        "new_reaction": [{"type": "emoji", "emoji": emoji} for emoji in new],
    }  # fmt: skip
    asking = [bot for bot in cloud.bots.values() if bot.allowed and "message_reaction" in bot.allowed]
    updates = [cloud.deliver_raw(bot, {"message_reaction": change}) for bot in asking]
    return {"update_id": updates[0] if updates else -1}
