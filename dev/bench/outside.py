"""What a gateway needs around it to start: Telegram without a message, and an API server full of AgentThreads at rest."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

from agent_contract import names

BOT_ID: Final = 1_000_000_001
TOKEN: Final = f"{BOT_ID}:AAabcdefghijklmnopqrstuvwxyz_012345"
NAMESPACE: Final = "agents"
FIRST_CHAT: Final = 1001
_PAGE: Final = 500
_VERSION: Final = "1000000"
_CONDITIONS: Final = ("Accepted", "PodScheduled", "Ready", "Suspended")


class Outside:
    """Telegram and the Kubernetes API.

    Args:
        count: How many AgentThreads there are.
    """

    def __init__(self, count: int) -> None:
        self._pages = [json.dumps(page).encode() for page in _build_pages(count)]
        self.polls = 0
        self.pages = 0
        """Of AgentThreads, that were asked for."""
        self.list_begun: float | None = None
        self.watch_begun: float | None = None
        """On the monotonic clock: when the whole list had been read, and the first watch was asked for."""

    def app(self) -> web.Application:
        """Build the application."""
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._telegram)
        app.router.add_get(f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{{plural}}", self._resources)
        return app

    async def _telegram(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        result: object = True
        if method == "getme":
            result = {"id": BOT_ID, "is_bot": True, "first_name": "b", "username": "demo_bot"}
        elif method == "getwebhookinfo":
            result = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        elif method == "getupdates":
            self.polls += 1
            await asyncio.sleep(0.2)
            result = []
        return web.json_response({"ok": True, "result": result})

    async def _resources(self, request: web.Request) -> web.StreamResponse:
        threads = request.match_info["plural"] == names.AGENT_THREADS
        if "watch" in request.query:
            return await self._watch(request, threads=threads)
        if not threads:
            return web.json_response({"metadata": {"resourceVersion": _VERSION}, "items": []})
        self.list_begun = self.list_begun or time.monotonic()
        self.pages += 1
        body = self._pages[int(request.query.get("continue") or 0)]
        return web.Response(body=body, content_type="application/json")

    async def _watch(self, request: web.Request, *, threads: bool) -> web.StreamResponse:
        if threads:
            self.watch_begun = self.watch_begun or time.monotonic()
        answer = web.StreamResponse()
        await answer.prepare(request)
        await asyncio.sleep(float(request.query["timeoutSeconds"]))
        return answer


def _build_pages(count: int) -> Iterator[dict[str, Any]]:
    begins = range(0, max(count, 1), _PAGE)
    for number, begin in enumerate(begins, 1):
        metadata = {"resourceVersion": _VERSION} | ({"continue": str(number)} if number < len(begins) else {})
        items = [build_thread(FIRST_CHAT + n) for n in range(begin, min(begin + _PAGE, count))]
        yield {"apiVersion": names.API_VERSION, "items": items, "kind": "AgentThreadList", "metadata": metadata}


def build_thread(chat: int, version: int = 5, **spec: Any) -> dict[str, Any]:
    """Return an AgentThread at rest as an API server holds it, managedFields included."""
    name = f"tg-{chat}"
    fields: dict[str, Any] = {
        "f:spec": {f"f:{i}": {} for i in range(12)},
        "f:status": {f"f:{i}": {} for i in range(12)},
    }
    run = {
        "number": 1, "jobName": f"{name}-r1-abcdef12", "podName": f"{name}-r1-abcdef12-xyz12",
        "podUid": "11111111-2222-3333-4444-555555555555", "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T01:00:00Z", "reason": "IdleTimeout",
        "message": "The runner asked to leave and was let go.",
    }  # fmt: skip
    conditions = [
        {"type": t, "status": "True", "reason": "AsExpected", "message": "", "observedGeneration": 3,
         "lastTransitionTime": "2026-01-01T00:00:00Z"} for t in _CONDITIONS
    ]  # fmt: skip
    metadata = {
        "name": name, "uid": f"00000000-0000-0000-0000-{chat:012}", "resourceVersion": str(version), "generation": 3,
        "namespace": NAMESPACE, "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {names.LABEL_THREAD: name},
        "managedFields": [{"manager": m, "operation": "Update", "fieldsV1": fields} for m in "ab"],
    }  # fmt: skip
    channel = {"type": "telegram", "bot": "tg", "botId": BOT_ID, "chatId": chat}
    return {
        "apiVersion": names.API_VERSION, "kind": "AgentThread", "metadata": metadata,
        "spec": {"channel": channel, "classRef": {"name": "default"}, "title": f"title {chat}", "run": 1, **spec},
        "status": {"phase": "Idle", "run": run, "previousRun": dict(run), "conditions": conditions},
    }  # fmt: skip
