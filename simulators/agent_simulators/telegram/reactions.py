"""The method of the Bot API that reacts to a message."""

from __future__ import annotations

from typing import Any

from agent_simulators.telegram.bots import Bot
from agent_simulators.telegram.chats import Chat
from agent_simulators.telegram.checks import REACTIONS, Refused
from agent_simulators.telegram.methods import method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.threads import topic_of


@method("setMessageReaction")
async def set_message_reaction(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Put a bot's one reaction on a message in place of its last; an empty list takes that away."""
    chat = cloud.chat(params.required("chat_id"))
    message = chat.messages.get(params.required("message_id"))
    if message is None:
        raise Refused("Bad Request: message to react not found")
    emoji = check_reaction(chat, params.json("reaction", []))
    by_bot = chat.reacted.setdefault(message["message_id"], {})
    if by_bot.get(bot.id, []) == emoji:
        return True  # the same once more is no fault, and nothing that anybody sees
    by_bot[bot.id] = emoji
    cloud.note("reaction", chat.id, topic_of(message), message_id=message["message_id"], emoji=emoji)
    return True


def check_reaction(chat: Chat, reaction: Any) -> list[str]:
    """Return the emoji of a reaction, at most one.

    Raises:
        Refused: as Telegram would.
    """
    if not isinstance(reaction, list) or not all(isinstance(one, dict) for one in reaction):
        raise Refused("Bad Request: can't parse reaction types JSON object")
    if any(one.get("type") not in {"emoji", "custom_emoji", "paid"} for one in reaction):
        raise Refused("Bad Request: can't parse reaction type: invalid type specified")
    if len(reaction) > 1:
        raise Refused("Bad Request: REACTIONS_TOO_MANY")
    allowed = REACTIONS if chat.reactions is None else REACTIONS & set(chat.reactions)
    if any(one["type"] != "emoji" or one.get("emoji") not in allowed for one in reaction):
        raise Refused("Bad Request: REACTION_INVALID")
    return [str(one["emoji"]) for one in reaction]
