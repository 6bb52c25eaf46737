"""What a gateway waits for before it can serve, each in words: Telegram, the database and its schema."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent_gateway.accounts.linkable import read_linkable
from agent_gateway.apis.settings import read_apis
from agent_gateway.config import GatewayConfig
from agent_gateway.connections.settings import read_connections
from agent_gateway.connections.upstream import Upstream
from agent_gateway.errors import ConfigError, OtherBot, OtherName
from agent_gateway.events import Events
from agent_gateway.health import Health
from agent_gateway.kubecalls import count_call
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import check_owner
from agent_gateway.store.schema import bring_up_to_date
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.ports import BotIdentity
from agent_kube.client import KubeClient
from agent_kube.errors import KubeError

RETRY_SECONDS: Final = 3.0
_log = logging.getLogger(__name__)


def check_connections(config: GatewayConfig) -> None:
    """Read what connections of every kind and hooks say, before anything is opened; without their files there are none.

    Raises:
        BadConnections: a connection cannot be used.
        BadHooks: a hook cannot be used.
    """
    file = config.connections_file
    read_connections(file, Upstream().get_session)
    read_apis(file)
    read_linkable(file)
    config.read_hooks()


def open_kube(config: GatewayConfig) -> KubeClient:
    """Return a client of the Kubernetes API.

    Raises:
        ConfigError: there is no cluster around us, and no setting names one.
    """
    if config.kube_api_url:
        return KubeClient(config.kube_api_url, called=count_call)
    try:
        return KubeClient.in_cluster(called=count_call)
    except KubeError as error:
        raise ConfigError(f"{error} Outside of a cluster, set KUBE_API_URL to what `kubectl proxy` prints.") from error


async def reach_telegram(config: GatewayConfig, health: Health, events: Events) -> tuple[TelegramApi, BotIdentity]:
    """Wait until Telegram tells who the bot is; a token changed in place is tried too."""
    while True:
        token = config.read_token()
        if not token:
            problem = "There is no bot token: set TELEGRAM_BOT_TOKEN, or put it into the gateway's Secret."
        else:
            api = TelegramApi(token, config.telegram_api_base, events)
            try:
                bot = await api.get_me()
            except TelegramProblem as error:
                problem = str(error)
                await api.close()
            else:
                health.set("telegram", None)
                return api, bot
        health.set("telegram", problem)
        _log.warning("telegram_away", extra={"problem": problem})
        await asyncio.sleep(RETRY_SECONDS)


def warn_of_privacy(config: GatewayConfig, bot: BotIdentity) -> None:
    """Say what to change where the bot shall answer all that is said in groups, but Telegram keeps that from it."""
    if config.telegram_group_trigger == "all" and not bot.reads_groups:
        _log.warning(
            "privacy_mode",
            extra={
                "problem": "TELEGRAM_GROUP_TRIGGER is all, but Telegram keeps messages that do not name this bot from it: "
                "switch its privacy mode off (/setprivacy at BotFather) and add it to its groups anew, or make it an "
                "administrator there"
            },
        )


async def open_store(config: GatewayConfig, health: Health, bot: BotIdentity, events: Events) -> Store:
    """Wait for the database, bring its schema up to date, and connect.

    Raises:
        OtherBot: the database belongs to another bot.
        OtherName: it knows this bot under another name.
    """
    while True:
        try:
            store = await _try_store(config, health, bot, events)
        except Away as error:
            health.set("database", str(error))
            _log.warning("database_away", extra={"problem": str(error)})
            await asyncio.sleep(RETRY_SECONDS)
        else:
            health.set("database", None)
            return store


async def _warn_of_search(store: Store) -> None:
    """Say what search lacks where the database's user may create no extensions."""
    if not await store.search.knows_likeness():
        _log.warning(
            "search_without_likeness",
            extra={
                "problem": "search finds no misspelt names: in this database say CREATE EXTENSION pg_trgm as its owner"
            },
        )


async def _try_store(config: GatewayConfig, health: Health, bot: BotIdentity, events: Events) -> Store:
    dsn = config.read_dsn()
    if not dsn:
        raise Away("There is no database: set DATABASE_URL, or put it into the gateway's Secret.")

    def tell(words: str) -> None:
        health.set("database", words)
        _log.info("schema", extra={"words": words})

    store = await Store.open(dsn, bot.id, events=events)
    try:
        await bring_up_to_date(dsn, tell)
        await check_owner(store, config.bot_name)
        await _warn_of_search(store)
    except (Away, OtherBot, OtherName, asyncio.CancelledError):
        store.abandon()
        raise
    return store
