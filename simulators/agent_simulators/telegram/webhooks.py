"""The methods of the Bot API that say where updates are sent."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from agent_simulators.telegram.bots import Bot, Webhook
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.methods import Described, method
from agent_simulators.telegram.params import Params
from agent_simulators.telegram.state import Cloud

MAX_SECRET = 256
DEFAULT_CONNECTIONS, MAX_CONNECTIONS = 40, 100
_SECRET = re.compile(r"[A-Za-z0-9_-]+")


@method("setWebhook")
async def set_webhook(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Send updates to a URL from now on, those that wait as well; an empty URL ends that."""
    url = (params.text("url") or "").strip()
    if not url:
        return _remove(cloud, bot, params)
    _check_url(url)
    secret = _check_secret(params.text("secret_token"))
    allowed = params.json("allowed_updates", None)
    if allowed is not None:
        bot.allowed = allowed or None
    asked = params.number("max_connections", DEFAULT_CONNECTIONS) or DEFAULT_CONNECTIONS
    connections = min(max(asked, 1), MAX_CONNECTIONS)
    if params.flag("drop_pending_updates"):
        bot.drop_updates()
    now = bot.webhook
    if now and (now.url, now.secret, now.max_connections) == (url, secret, connections):
        cloud.deliverable.set()  # more kinds may be allowed now
        return Described("Webhook is already set")
    bot.webhook = Webhook(url, secret, connections)
    bot.poll += 1
    bot.notify()
    cloud.deliverable.set()
    return Described("Webhook was set")


@method("deleteWebhook")
async def delete_webhook(cloud: Cloud, bot: Bot, params: Params) -> Any:
    """Send updates no more: what was not delivered waits for getUpdates."""
    return _remove(cloud, bot, params)


@method("getWebhookInfo")
async def get_webhook_info(_cloud: Cloud, bot: Bot, _params: Params) -> Any:
    """Return the webhook, how many updates wait and why the newest delivery failed."""
    info: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": len(bot.wanted())}
    if bot.allowed is not None:
        info["allowed_updates"] = bot.allowed
    if bot.webhook is None:
        return info
    info |= {"url": bot.webhook.url, "max_connections": bot.webhook.max_connections}
    if bot.webhook.last_error_date is not None:
        info["last_error_date"] = bot.webhook.last_error_date
        info["last_error_message"] = bot.webhook.last_error_message
    return info


def _remove(cloud: Cloud, bot: Bot, params: Params) -> Described:
    if params.flag("drop_pending_updates"):
        bot.drop_updates()
    was, bot.webhook = bot.webhook, None
    cloud.deliverable.set()
    return Described("Webhook was deleted" if was else "Webhook is already deleted")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise Refused("Bad Request: invalid webhook URL specified")


def _check_secret(secret: str | None) -> str | None:
    if not secret:
        return None
    if len(secret) > MAX_SECRET:
        raise Refused("Bad Request: secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise Refused("Bad Request: secret token contains unallowed characters")
    return secret
