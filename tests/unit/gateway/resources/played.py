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
CONDITIONS = ("Accepted", "PodScheduled", "Ready", "Suspended")


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
            app.router.add_patch(f"{BASE}/{plural}/{{name}}", self._hang)
        app.router.add_post(f"/api/v1/namespaces/{NAMESPACE}/events", self._event)
        return app

    def put_thread(self, chat: int, **spec: Any) -> None:
        channel = {"type": "telegram", "bot": "tg", "botId": 1, "chatId": chat}
        self.threads.put(f"tg-{chat}", **{"channel": channel, **spec})

    async def _hang(self, _: web.Request) -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

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


def build_thread(chat: int, version: int = 5, **spec: Any) -> dict[str, Any]:
    """Return an AgentThread at rest as an API server holds it, managedFields included."""
    name = f"tg-{chat}"
    fields = {"f:spec": {f"f:{i}": {} for i in range(12)}, "f:status": {f"f:{i}": {} for i in range(12)}}
    run = {
        "number": 1, "jobName": f"{name}-r1-abcdef12", "podName": f"{name}-r1-abcdef12-xyz12",
        "podUid": "11111111-2222-3333-4444-555555555555", "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T01:00:00Z", "reason": "IdleTimeout",
        "message": "The runner asked to leave and was let go.",
    }  # fmt: skip
    conditions = [
        {"type": t, "status": "True", "reason": "AsExpected", "message": "", "observedGeneration": 3,
         "lastTransitionTime": "2026-01-01T00:00:00Z"} for t in CONDITIONS
    ]  # fmt: skip
    metadata = {
        "name": name, "uid": f"00000000-0000-0000-0000-{chat:012}", "resourceVersion": str(version), "generation": 3,
        "namespace": NAMESPACE, "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {names.LABEL_THREAD: name},
        "managedFields": [{"manager": m, "operation": "Update", "fieldsV1": fields} for m in "ab"],
    }  # fmt: skip
    channel = {"type": "telegram", "bot": "tg", "botId": 1000000001, "chatId": chat}
    return {
        "apiVersion": names.API_VERSION, "kind": "AgentThread", "metadata": metadata,
        "spec": {"channel": channel, "classRef": {"name": "default"}, "title": f"title {chat}", "run": 1, **spec},
        "status": {"phase": "Idle", "run": run, "previousRun": dict(run), "conditions": conditions},
    }  # fmt: skip
