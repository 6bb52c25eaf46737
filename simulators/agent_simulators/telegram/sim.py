"""`POST /sim/…`: play the people, and spoil what bots do."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from agent_simulators.telegram import acts, rooms
from agent_simulators.telegram.bots import MAX_PAUSE, Bot
from agent_simulators.telegram.faultspec import TelegramFault
from agent_simulators.telegram.reads import route
from agent_simulators.telegram.state import DRAFT_SECONDS, Cloud
from agent_simulators.telegram.versions import NEWEST, read_version


def add_routes(app: web.Application, cloud: Cloud) -> None:
    """Add every endpoint."""
    for path, function in (
        ("messages", acts.post_message), ("edits", acts.post_edit), ("press", acts.post_press),
        ("stop_draft", acts.post_stop), ("reactions", acts.post_reaction), ("channel_posts", acts.post_channel),
        ("chats", rooms.post_chat), ("topics", rooms.post_topic), ("updates", post_update), ("bots", post_bot),
        ("faults", post_fault), ("settings", post_settings), ("reset", post_reset),
    ):  # fmt: skip
        app.router.add_post(f"/sim/{path}", route(cloud, function))
    app.router.add_delete("/sim/faults", route(cloud, delete_faults))


async def post_update(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Deliver an update exactly as given, however malformed: update."""
    return {"update_id": cloud.deliver_raw(next(iter(cloud.bots.values())), body["update"])}


async def post_bot(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Add a bot, or change one's settings as BotFather does: token, username, settings."""
    bot = cloud.bots.setdefault(body["token"], Bot(body["token"], body.get("username", "other_bot")))
    unknown = set(body.get("settings", {})) - set(bot.settings)
    if unknown:
        raise ValueError(f"there are no settings {sorted(unknown)}")
    bot.settings.update(body.get("settings", {}))
    return {"bots": len(cloud.bots)}


async def post_fault(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Spoil calls or deliveries to come: a TelegramFault."""
    return cloud.faults.add(TelegramFault.model_validate(body))


async def delete_faults(cloud: Cloud, _query: dict[str, Any]) -> Any:
    """End all faults; how often each struck can still be read."""
    return {"ended": cloud.faults.end()}


async def post_settings(cloud: Cloud, body: dict[str, Any]) -> Any:
    """Switch limits: group_limit (messages a minute, null for none), group_window (seconds of it), group_bans.

    And webhook_pause, the longest pause in seconds between two deliveries of an update; draft_seconds, how long a draft
    is shown; and api, the version of the Bot API that the server knows.
    """
    cloud.group_limit = body.get("group_limit")
    cloud.group_window = float(body.get("group_window", 60))
    cloud.group_bans = bool(body.get("group_bans", False))
    cloud.webhook_pause = float(body.get("webhook_pause", cloud.webhook_pause))
    cloud.draft_seconds = float(body.get("draft_seconds", cloud.draft_seconds))
    cloud.api = read_version(body["api"]) if "api" in body else cloud.api
    return {"group_limit": cloud.group_limit}


async def post_reset(cloud: Cloud, _body: dict[str, Any]) -> Any:
    """Forget faults, limits and calls; chats, updates and events stay."""
    cloud.faults.clear()
    cloud.calls.clear()
    cloud.group_limit, cloud.group_window, cloud.group_bans = None, 60.0, False
    cloud.webhook_pause, cloud.draft_seconds, cloud.api = MAX_PAUSE, DRAFT_SECONDS, NEWEST
    return {}
