"""A Kubernetes API server of one namespace, over HTTP: versions, conflicts, merge patches and watches; no node."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from agent_contract import names
from tests.support.runners import NAMESPACE, build_review

Object = dict[str, Any]
_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_LOOK_SECONDS = 20.0


@dataclass
class PlayedApi:
    """What stands in the API server, and who bears which token.

    Args:
        on_change: Told of each write of a custom resource: its plural, and how it is now; None where it went.
    """

    on_change: Callable[[str, str, Object | None], None] = lambda *_: None
    tokens: dict[str, Object] = field(default_factory=dict)
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    _log: list[tuple[int, str, str, Object]] = field(default_factory=list)
    _versions: Any = field(default_factory=lambda: itertools.count(1))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self, *middlewares: Any) -> web.Application:
        app = web.Application(middlewares=middlewares)
        app.router.add_post(_REVIEWS, self._review)
        for base in ("/api/v1", "/apis/{group}/{version}"):
            path = f"{base}/namespaces/{NAMESPACE}/{{plural}}"
            app.router.add_get(path, self._list)
            app.router.add_post(path, self._create)
            app.router.add_get(path + "/{name}", self._get)
            app.router.add_patch(path + "/{name}", self._patch)
            app.router.add_delete(path + "/{name}", self._delete)
        return app

    def put(self, plural: str, found: Object, kind: str = "MODIFIED") -> Object:
        """Store an object in a new version, and tell watches and operator."""
        version = next(self._versions)
        found = copy.deepcopy(found)
        found["metadata"]["resourceVersion"] = str(version)
        self.objects[plural, found["metadata"]["name"]] = found
        self._tell(version, plural, kind, found)
        return found

    def add_pod(self, pod: Object, token: str) -> None:
        """Let a pod stand, and its token be known."""
        self.put("pods", pod, "ADDED")
        self.tokens[token] = build_review(pod["metadata"]["name"], pod["metadata"]["uid"])

    def _tell(self, version: int, plural: str, kind: str, found: Object) -> None:
        self._log.append((version, plural, kind, found))
        self._changed.set()
        self._changed = asyncio.Event()
        self.on_change(plural, found["metadata"]["name"], None if kind == "DELETED" else found)

    async def _review(self, request: web.Request) -> web.Response:
        token = (await request.json())["spec"]["token"]
        return web.json_response({"status": self.tokens.get(token, {"authenticated": False})})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        plural = request.match_info["plural"]
        if "watch" in request.query:
            return await self._watch(request, plural)
        items = [found for (kind, _), found in self.objects.items() if kind == plural]
        version = self._log[-1][0] if self._log else 0
        return web.json_response({"metadata": {"resourceVersion": str(version)}, "items": items})

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with contextlib.suppress(OSError):  # who watched is gone
            await self._send_changes(response, plural, int(request.query.get("resourceVersion") or 0))
        return response

    async def _send_changes(self, response: web.StreamResponse, plural: str, since: int) -> None:
        at = 0
        while True:
            changed = self._changed
            for version, kind, event, found in self._log[at:]:
                if kind == plural and version > since:
                    await response.write(json.dumps({"type": event, "object": found}).encode() + b"\n")
            at = len(self._log)
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await changed.wait()
            except TimeoutError:
                bookmark = {"metadata": {"resourceVersion": str(self._log[-1][0])}}
                await response.write(json.dumps({"type": "BOOKMARK", "object": bookmark}).encode() + b"\n")

    async def _get(self, request: web.Request) -> web.Response:
        found = self._find(request)
        return _refuse(404, "NotFound") if found is None else web.json_response(found)

    async def _create(self, request: web.Request) -> web.Response:
        plural, made = request.match_info["plural"], await request.json()
        name = made["metadata"]["name"]
        if (plural, name) in self.objects:
            return _refuse(409, "AlreadyExists")
        made["metadata"] |= {"uid": f"uid-{name}-{next(self._versions)}", "generation": 1, "namespace": NAMESPACE}
        return web.json_response(self.put(plural, made, "ADDED"), status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        patch, found = await request.json(), self._find(request)
        if found is None:
            return _refuse(404, "NotFound")
        wanted = patch.get("metadata", {}).get("resourceVersion")
        if wanted is not None and wanted != found["metadata"]["resourceVersion"]:
            return _refuse(409, "Conflict")
        return web.json_response(self.put(request.match_info["plural"], _merge(found, patch)))

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._find(request)
        if found is None:
            return _refuse(404, "NotFound")
        plural = request.match_info["plural"]
        del self.objects[plural, found["metadata"]["name"]]
        self._tell(next(self._versions), plural, "DELETED", found)
        return web.json_response({"kind": "Status", "status": "Success"})

    def _find(self, request: web.Request) -> Object | None:
        return self.objects.get((request.match_info["plural"], request.match_info["name"]))


def name_call(request: web.Request) -> str | None:
    """Name a call of the gateway by verb and resource."""
    if request.path == _REVIEWS:
        return "kube:POST tokenreviews"
    plural = request.match_info.get("plural")
    if plural is None:
        return None
    if "name" in request.match_info:
        return f"kube:{request.method} {plural}/name"
    if request.method == "GET":
        return f"kube:{'WATCH' if 'watch' in request.query else 'LIST'} {plural}"
    return f"kube:{request.method} {plural}"


def build_class() -> Object:
    """Build the class that every thread names."""
    return {
        "apiVersion": names.API_VERSION, "kind": "AgentClass",
        "metadata": {"name": names.DEFAULT_CLASS, "uid": "uid-class", "generation": 1}, "spec": {},
    }  # fmt: skip


def _merge(old: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _refuse(status: int, reason: str) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": reason}
    return web.json_response(body, status=status)
