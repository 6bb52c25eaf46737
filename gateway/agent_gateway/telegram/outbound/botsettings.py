"""What BotFather holds of the bot, set at start where the settings say so (Bot API 10.5, setMySettings)."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final, Literal, Protocol

from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.ports import BotIdentity

Switch = Literal["keep", "enabled", "disabled"]
CALLBACK_MODE: Final = "default"
"""Presses come with the message that they stand under; in any other mode they may come with an inline id alone."""
_log = logging.getLogger(__name__)


class BotSettings(Protocol):
    """Sets them."""

    async def set_my_settings(self, **settings: bool | str) -> bool:
        """Set what is named; False where the server is too old for it."""


def decide_settings(bot: BotIdentity, topics: Switch, privacy: Switch) -> dict[str, bool | str]:
    """Return what is to be set; nothing that is so already.

    Args:
        bot: As Telegram knows it.
        topics: Whether private chats have topics.
        privacy: Whether groups keep from the bot what does not call it.
    """
    wanted: dict[str, bool | str] = {}
    if bot.callback_query_mode != CALLBACK_MODE:
        wanted["callback_query_mode"] = CALLBACK_MODE
    if topics != "keep" and bot.has_topics != (topics == "enabled"):
        wanted["has_topics_enabled"] = topics == "enabled"
    if privacy != "keep" and bot.reads_groups != (privacy == "disabled"):
        wanted["can_read_all_group_messages"] = privacy == "disabled"
    return wanted


async def apply_settings(api: BotSettings, bot: BotIdentity, topics: Switch, privacy: Switch) -> BotIdentity:
    """Set what is not as it should be, and say what holds; return who the bot is then.

    A start does not wait for it to succeed: what Telegram refuses is logged, and stays as it is.
    """
    wanted = decide_settings(bot, topics, privacy)
    if wanted:
        bot = await _set(api, bot, wanted)
    _log.info("bot_settings", extra={"topics": bot.has_topics, "privacy": not bot.reads_groups, "set": sorted(wanted)})
    return bot


async def _set(api: BotSettings, bot: BotIdentity, wanted: dict[str, bool | str]) -> BotIdentity:
    try:
        done = await api.set_my_settings(**wanted)
    except TelegramProblem as problem:
        _log.warning("bot_settings_not_set", extra={"settings": sorted(wanted), "problem": str(problem)})
        return bot
    if not done:
        problem_text = "this Bot API server is older than 10.5: what BotFather holds stays as it is"
        _log.warning("bot_settings_not_set", extra={"settings": sorted(wanted), "problem": problem_text})
        return bot
    return replace(
        bot,
        callback_query_mode=CALLBACK_MODE,
        has_topics=bool(wanted.get("has_topics_enabled", bot.has_topics)),
        reads_groups=bool(wanted.get("can_read_all_group_messages", bot.reads_groups)),
    )
