"""Puts the console's parts together and opens its port."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from agent_gateway.config import GatewayConfig
from agent_gateway.console.callers import Callers
from agent_gateway.console.server import ConsoleServer
from agent_gateway.console.settings import ConsoleSettings
from agent_gateway.console.speaking import Speaking
from agent_gateway.inbox.access import Access
from agent_gateway.publicport import open_public_port
from agent_gateway.runners.ports import Kube
from agent_gateway.store import Store

MOST_CONNECTIONS: Final = 128
"""Of the API server, which keeps some open; each terminal that follows something has one."""


async def open_console(config: GatewayConfig, settings: ConsoleSettings, store: Store, kube: Kube) -> web.AppRunner:
    """Open the console's port, whoever leads; return what closes it."""
    speaking = Speaking(store, Access(config.telegram_allowed_ids, config.telegram_admin_ids))
    server = ConsoleServer(store, Callers(kube, settings), speaking, config.max_threads)
    return await open_public_port(server.build(), config.host, settings.port, "console-connections", MOST_CONNECTIONS)
