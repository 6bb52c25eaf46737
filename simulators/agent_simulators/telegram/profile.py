"""The methods of the Bot API about the bot itself: who it is, its settings and its menus."""

from __future__ import annotations

import re
from typing import Any

from agent_simulators.telegram.bots import SETTINGS, Bot
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.methods import method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud
from agent_simulators.telegram.versions import SETTINGS_SINCE

MAX_COMMANDS = 100
MAX_COMMAND_TEXT = 256
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_CLASSIC = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "has_topics_enabled",
            "allows_users_to_create_topics")  # fmt: skip
"""What getMe told before there were settings."""


@method("getMe")
async def get_me(cloud: Cloud, bot: Bot, _params: Params) -> Any:
    """Return the bot with its settings."""
    names = SETTINGS if cloud.api >= SETTINGS_SINCE else _CLASSIC
    return {**bot.user(), **{name: bot.settings[name] for name in names if name in bot.settings}}


@method("setMySettings")
async def set_my_settings(_cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Change the settings that are named; the others stay."""
    for name, default in SETTINGS.items():
        if params.text(name) is None:
            continue
        value = params.text(name) if isinstance(default, str) else params.flag(name)
        if name == "callback_query_mode" and value not in {"default", "auto", "inline"}:
            raise Refused("Bad Request: invalid callback_query_mode specified")
        bot.settings[name] = value
    return True


@method("setMyCommands")
async def set_my_commands(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Store the menu of a scope and language."""
    commands = params.json("commands", [])
    if len(commands) > MAX_COMMANDS:
        raise Refused("Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(str(command.get("command", "")).lstrip("/")):
            raise Refused("Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= MAX_COMMAND_TEXT:
            raise Refused("Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    scope = params.json("scope", {"type": "default"})
    if scope.get("chat_id") is not None:
        cloud.chat(int(scope["chat_id"]))
    bot.commands[_scope(params)] = commands
    return True


@method("getMyCommands")
async def get_my_commands(_cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Return the menu of a scope."""
    return bot.commands.get(_scope(params), [])


@method("deleteMyCommands")
async def delete_my_commands(_cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Forget the menu of a scope."""
    bot.commands.pop(_scope(params), None)
    return True


def _scope(params: Params) -> str:
    scope = params.json("scope", {"type": "default"})
    parts = [str(scope[key]) for key in ("type", "chat_id", "user_id") if scope.get(key) is not None]
    return " ".join([*parts, *filter(None, [params.text("language_code")])])
