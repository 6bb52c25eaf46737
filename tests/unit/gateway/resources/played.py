"""The kinds that the gateway watches, on played API servers, and what a real one would hold of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from agent_contract import names
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.changes import Changes
from agent_kube.client import Limits
from tests.unit.kube.played import LIMITS, PlayedApi, client_of

NAMESPACE = "agents"
BASE = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}"


class PlayedCluster:
    """A played API server for AgentThreads and one for AgentClasses, at one address."""

    def __init__(self) -> None:
        self.threads, self.classes = PlayedApi(), PlayedApi()
        self.events: list[dict[str, Any]] = []

    def app(self) -> web.Application:
        app = web.Application()
        for plural, api in ((names.AGENT_THREADS, self.threads), (names.AGENT_CLASSES, self.classes)):
            app.router.add_get(f"{BASE}/{plural}", api.many)
            app.router.add_get(f"{BASE}/{plural}/{{name}}", api.one)
            app.router.add_patch(f"{BASE}/{plural}/{{name}}", self._patch)
        app.router.add_post(f"/api/v1/namespaces/{NAMESPACE}/events", self._event)
        return app

    def put_thread(self, chat: int, **spec: Any) -> None:
        channel = {"type": "telegram", "bot": "tg", "botId": 1, "chatId": chat}
        self.threads.put(f"tg-{chat}", **{"channel": channel, **spec})

    async def _patch(self, request: web.Request) -> web.Response:
        if self.threads.hang:
            await asyncio.sleep(60)
        name, patch = request.match_info["name"], await request.json()
        return web.json_response(self.threads.put(name, **self.threads.items[name]["spec"] | patch["spec"]))

    async def _event(self, request: web.Request) -> web.Response:
        self.events.append(await request.json())
        return web.json_response({}, status=201)


@contextlib.asynccontextmanager
async def watching(cluster: PlayedCluster, limits: Limits = LIMITS) -> AsyncIterator[tuple[AgentThreads, Changes[Any]]]:
    """Watch both kinds; yields AgentThreads, and what changed of them."""
    async with client_of(cluster.app(), limits) as client:
        classes, changes = AgentClasses(client, NAMESPACE), Changes()
        threads = AgentThreads(client, NAMESPACE, "tg", classes, changes, lambda: None)
        tasks = [asyncio.create_task(kind.watch()) for kind in (threads, classes)]
        try:
            yield threads, changes
            for task in tasks:
                assert not task.done(), task.exception()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
