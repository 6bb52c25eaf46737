"""A played API server: one kind, kept with versions and a history, and faults as told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_kube.client import KubeClient, Limits
from agent_kube.informer import Informer
from agent_kube.pace import Backoff
from agent_kube.source import Source

PATH = "/apis/example.dev/v1/namespaces/agents/things"
QUICK = Backoff(first=0.01, factor=2.0, cap=0.08, jitter=0.0)
LIMITS = Limits(connect=5.0, call=10.0, silence=10.0, answer=100_000, page=10_000_000)
SHORT = Limits(connect=1.0, call=0.4, silence=0.4, answer=100_000, page=10_000_000)
"""For tests of what hangs."""


@dataclass
class Refusal:
    """An answer that is none."""

    status: int
    reason: str = "Played"
    message: str = "played"
    headers: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def status_object(self) -> dict[str, Any]:
        return {"kind": "Status", "code": self.status, "reason": self.reason, "message": self.message,
                "details": self.details}  # fmt: skip

    def answer(self) -> web.Response:
        return web.json_response(self.status_object(), status=self.status, headers=self.headers)


class PlayedApi:
    """Keeps objects; lists them in pages, watches them from a version, and fails as told."""

    def __init__(self) -> None:
        self.version = 10
        self.items: dict[str, dict[str, Any]] = {}
        self.history: list[tuple[int, dict[str, Any]]] = []
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.watch_times: list[float] = []
        self.changed = asyncio.Event()
        self.watching = 0
        self.refuse_list: Refusal | None = None
        self.refuse_page: Refusal | None = None
        """For pages after the first; told once."""
        self.refuse_watch: Refusal | None = None
        self.watch_error: Refusal | None = None
        """An ERROR event as the first one, told once."""
        self.watch_end: float | None = None
        """Seconds after which a watch ends, whatever was asked for."""
        self.cut = asyncio.Event()
        self.hang = False

    def put(self, name: str, size: int = 1, uid: str | None = None, **spec: Any) -> dict[str, Any]:
        """Make or change an object."""
        self.version += 1
        kind = "MODIFIED" if name in self.items else "ADDED"
        metadata = {"name": name, "uid": uid or f"uid-{name}", "resourceVersion": str(self.version),
                    "managedFields": [{"manager": "somebody"}]}  # fmt: skip
        self.items[name] = {"metadata": metadata, "spec": {"size": size, **spec}}
        self._tell(kind, self.items[name])
        return json.loads(json.dumps(self.items[name]))

    def delete(self, name: str) -> None:
        """Delete an object."""
        self.version += 1
        raw = self.items.pop(name)
        self._tell("DELETED", {**raw, "metadata": {**raw["metadata"], "resourceVersion": str(self.version)}})

    def end_watches(self) -> None:
        """End the watches that are open, in order, once they have told everything."""
        self.cut.set()
        self.cut = asyncio.Event()

    def bookmark(self) -> None:
        """Tell watchers the version."""
        self._tell("BOOKMARK", {"kind": "Thing", "metadata": {"resourceVersion": str(self.version)}})

    def _tell(self, kind: str, raw: dict[str, Any]) -> None:
        self.history.append((self.version, {"type": kind, "object": raw}))
        self.changed.set()
        self.changed = asyncio.Event()

    def lists(self) -> int:
        """Return how many lists were begun."""
        return sum(1 for _, query in self.calls if query.get("limit") not in {None, "1"} and "continue" not in query)

    def watches(self) -> list[str]:
        """Return the versions from which watches were begun."""
        return [query["resourceVersion"] for _, query in self.calls if "watch" in query]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get(PATH, self.many)
        app.router.add_get(PATH + "/{name}", self.one)
        return app

    async def one(self, request: web.Request) -> web.Response:
        found = self.items.get(request.match_info["name"])
        return Refusal(404, "NotFound").answer() if found is None else web.json_response(found)

    async def many(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        self.calls.append((request.method, query))
        if self.hang:
            await asyncio.sleep(60)
        if "watch" in query:
            self.watch_times.append(asyncio.get_running_loop().time())
            return self.refuse_watch.answer() if self.refuse_watch else await self._watch(request)
        if self.refuse_list:
            return self.refuse_list.answer()
        if self.refuse_page and "continue" in query:
            refusal, self.refuse_page = self.refuse_page, None
            return refusal.answer()
        return self._page(query)

    def _page(self, query: dict[str, str]) -> web.Response:
        token, limit = query.get("continue", f"0@{self.version}"), int(query.get("limit", "1000000"))
        begin, version = token.split("@")
        names = sorted(self.items)
        end = int(begin) + limit
        metadata = {"resourceVersion": version} | ({"continue": f"{end}@{version}"} if end < len(names) else {})
        items = [self.items[name] for name in names[int(begin) : end]]
        return web.json_response({"apiVersion": "v1", "items": items, "kind": "ThingList", "metadata": metadata})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        if self.watch_error:
            error, self.watch_error = self.watch_error, None
            await _send(answer, {"type": "ERROR", "object": error.status_object()})
            return answer
        self.watching += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.watch_end or float(request.query["timeoutSeconds"])):
                await self._follow(answer, int(request.query["resourceVersion"]))
        self.watching -= 1
        return answer

    async def _follow(self, answer: web.StreamResponse, version: int) -> None:
        sent = sum(1 for at, _ in self.history if at <= version)
        cut = asyncio.create_task(self.cut.wait())
        while True:
            changed = asyncio.create_task(self.changed.wait())
            while sent < len(self.history):
                await _send(answer, self.history[sent][1])
                sent += 1
            if cut.done():
                return
            await asyncio.wait([changed, cut], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()


async def _send(answer: web.StreamResponse, event: dict[str, Any]) -> None:
    await answer.write(json.dumps(event).encode() + b"\n")


@contextlib.asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve an application and give its address; what hangs is cut at the end."""
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@contextlib.asynccontextmanager
async def client_of(app: web.Application, limits: Limits = LIMITS, **parts: Any) -> AsyncIterator[KubeClient]:
    """Serve an application and give a client of it."""
    async with serving(app) as url:
        client = KubeClient(url, limits=limits, **parts)
        try:
            yield client
        finally:
            await client.close()


class Seen:
    """Notes what an informer tells."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, int | None, int | None]] = []

    def __call__(self, name: str, old: int | None, new: int | None) -> None:
        self.changes.append((name, old, new))


def read_size(raw: dict[str, Any]) -> int:
    """Make the value of an object: its size."""
    return int(raw["spec"]["size"])


@contextlib.asynccontextmanager
async def informing(
    api: PlayedApi, *, limits: Limits = LIMITS, **source: Any
) -> AsyncIterator[tuple[Informer[int], Seen]]:
    """Run an informer of sizes."""
    seen = Seen()
    async with client_of(api.app(), limits) as client:
        informer = Informer(client, Source(PATH, "Thing", **source), read_size, seen, QUICK)
        task = asyncio.create_task(informer.run())
        try:
            yield informer, seen
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
