"""The methods of the Bot API for the topics of a forum."""

from __future__ import annotations

from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Topic
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.methods import method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud

MAX_NAME = 128


@method("createForumTopic")
async def create_forum_topic(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Make a topic."""
    chat = cloud.chat(params.required("chat_id"))
    has_topics = bot.settings["has_topics_enabled"] if chat.type == "private" else chat.forum
    if not has_topics:
        raise Refused("Bad Request: the chat is not a forum")
    topic = cloud.add_topic(chat, params.text("name") or "topic")
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": 7322096}


@method("editForumTopic")
async def edit_forum_topic(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Rename a topic; a name that is empty or left out leaves it."""
    topic = _topic(cloud, params)
    name = params.text("name") or topic.name
    if len(name) > MAX_NAME:
        raise Refused("Bad Request: TOPIC_TITLE_INVALID")
    if name == topic.name and params.text("icon_custom_emoji_id") is None:
        raise Refused("Bad Request: TOPIC_NOT_MODIFIED")
    topic.name, topic.implicit = name, False
    cloud.note("topic", params.required("chat_id"), topic.id, name=name, icon=params.text("icon_custom_emoji_id"))
    return True


@method("closeForumTopic")
async def close_forum_topic(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Close a topic."""
    _topic(cloud, params).closed = True
    return True


@method("reopenForumTopic")
async def reopen_forum_topic(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Open a topic again."""
    _topic(cloud, params).closed = False
    return True


@method("deleteForumTopic")
async def delete_forum_topic(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Remove a topic with its messages."""
    topic = _topic(cloud, params)
    cloud.chat(params.required("chat_id")).remove_topic(topic.id)
    return True


def _topic(cloud: Cloud, params: Params) -> Topic:
    topic = cloud.chat(params.required("chat_id")).topics.get(params.required("message_thread_id"))
    if topic is None:
        raise Refused("Bad Request: message thread not found")
    return topic
