"""The method of the Bot API that fetches updates."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from agent_simulators.telegram.bots import Bot, Update
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.methods import method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud

MAX_LIMIT = 100
MAX_TIMEOUT = 50
"""Seconds."""
_ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
_SET = "Conflict: terminated by setWebhook request"
_OTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@method("getUpdates")
async def get_updates(_cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Return what waits; confirm what lies below the offset; wait for something; the newest poll wins."""
    if bot.webhook:
        raise Refused(_ACTIVE, 409)
    limit = min(max(params.number("limit", MAX_LIMIT) or MAX_LIMIT, 1), MAX_LIMIT)
    allowed = params.json("allowed_updates", None)
    if allowed is not None:
        bot.allowed = allowed or None
    _confirm(bot, params.number("offset", 0) or 0)
    bot.poll += 1
    mine = bot.poll
    bot.notify()
    deadline = time.monotonic() + min(params.number("timeout", 0) or 0, MAX_TIMEOUT)
    while not (waiting := bot.wanted()[:limit]):
        left = deadline - time.monotonic()
        if left <= 0:
            return []
        try:
            await asyncio.wait_for(bot.changed.wait(), left)
        except TimeoutError:
            return []
        if bot.poll != mine:
            raise Refused(_SET if bot.webhook else _OTHER, 409)
    for update in waiting:
        update.give()
        if update.number is None:
            bot.settle(update, "once")
    return [update.body for update in waiting]


def _confirm(bot: Bot, offset: int) -> None:
    """Take out what lies below an offset; a negative one leaves as many of the newest."""

    def is_confirmed(update: Update) -> bool:
        return update.number is not None and update.number < offset

    below = [u for u in bot.updates if is_confirmed(u)] if offset > 0 else bot.updates[:offset] if offset else []
    for update in below:
        bot.settle(update, "offset")
