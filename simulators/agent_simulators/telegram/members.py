"""Who is who in a group, and the bot's leaving it."""

from __future__ import annotations

from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.methods import method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.people import as_person
from agent_simulators.telegram.rooms import describe_member
from agent_simulators.telegram.state import Cloud


@method("getChatMember")
async def get_chat_member(cloud: Cloud, _bot: Bot, params: Params) -> Any:
    """Return what a person is in a chat: everybody who is no administrator is a member."""
    chat = cloud.chat(params.required("chat_id"))
    person = params.required("user_id")
    status = "administrator" if person in chat.administrators else "member"
    return describe_member(as_person(person), status)


@method("leaveChat")
async def leave_chat(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Leave a group."""
    chat = cloud.chat(params.required("chat_id"))
    if chat.type == "private":
        raise Refused("Bad Request: chat member status can't be changed in private chats")
    if chat.member == "left":
        raise Refused("Forbidden: bot is not a member of the group chat", 403)
    chat.member = "left"
    cloud.note("left", chat.id, None, bot=bot.user()["id"])
    return True
