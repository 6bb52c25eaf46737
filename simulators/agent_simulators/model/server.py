"""The HTTP face of the scripted model: chat completions below any path, and `/sim/…` to look and to spoil."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import time
from typing import Any

from aiohttp import web

from agent_simulators import wire
from agent_simulators.faults import Fault, Faults
from agent_simulators.model.answers import Answer
from agent_simulators.model.faultspec import ModelFault
from agent_simulators.model.scripts import choose, text_of

_Json = dict[str, Any]


class Model:
    """What the simulated provider knows."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.requests: list[_Json] = []
        self.seen: dict[str, int] = {}
        self.faults: Faults[ModelFault] = Faults()


MODEL = web.AppKey("model", Model)
"""The state, for those who run the server in their own process."""


def create_app(key: str = "") -> web.Application:
    """Make the server; with a key, requests must bear it."""
    model = Model(key)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[MODEL] = model

    async def complete(request: web.Request) -> web.StreamResponse:
        return await _complete(model, request)

    async def requests(request: web.Request) -> web.Response:
        since = int(request.query.get("since", 0))
        return web.json_response([r for r in model.requests if r["t"] >= since])

    async def post_fault(request: web.Request) -> web.Response:
        try:
            return web.json_response(model.faults.add(ModelFault.model_validate(await request.json())))
        except ValueError as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    async def get_faults(_request: web.Request) -> web.Response:
        return web.json_response(model.faults.describe())

    async def end_faults(_request: web.Request) -> web.Response:
        return web.json_response({"ended": model.faults.end()})

    async def settings(request: web.Request) -> web.Response:
        model.key = (await request.json()).get("key", model.key)
        return web.json_response({})

    async def reset(_request: web.Request) -> web.Response:
        model.requests.clear()
        model.seen.clear()
        model.faults.clear()
        return web.json_response({})

    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/sim/requests", requests)
    app.router.add_get("/sim/faults", get_faults)
    app.router.add_post("/sim/faults", post_fault)
    app.router.add_delete("/sim/faults", end_faults)
    app.router.add_post("/sim/settings", settings)
    app.router.add_post("/sim/reset", reset)
    app.router.add_get("/{prefix:.*}models", _models)
    app.router.add_post("/{prefix:.*}chat/completions", complete)
    return app


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _models(_request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": "scripted", "object": "model"}]})


def _fail(status: int, message: str) -> web.Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return web.json_response({"error": {"message": message, "type": kind, "code": str(status)}}, status=status)


async def _complete(model: Model, request: web.Request) -> web.StreamResponse:
    body: _Json = await request.json()
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    right = not model.key or hmac.compare_digest(bearer.encode(), model.key.encode())
    headers = {k: v for k, v in request.headers.items() if k.lower() != "authorization"}
    model.requests.append(
        {"t": time.time_ns() // 1_000_000, "path": request.path, "key_right": right, "headers": headers, "body": body}
    )
    if not right:
        return _fail(401, "Incorrect API key provided")
    struck = model.faults.strike(lambda _spec: True)
    for slow in (fault for fault in struck if fault.spec.adds):
        await slow.hold(slow.spec.hold, lambda: wire.is_gone(request))
    fault = next((fault for fault in struck if not fault.spec.adds), None)
    if fault is not None and fault.spec.at == "before":
        return await _spoil(request, fault)
    messages = body.get("messages", [])
    script = choose(messages, model.seen)
    if not messages or messages[-1]["role"] != "tool":
        said = [text_of(m["content"]) for m in messages if m["role"] == "user"]
        prompt = said[-1].strip() if said else ""
        model.seen[prompt] = model.seen.get(prompt, 0) + 1
    if script.status != 200:
        return _fail(script.status, script.error)
    if script.hang:
        await asyncio.sleep(3600)
    pause = max([script.pause, *(slow.spec.pause for slow in struck)])
    answer = Answer(request, body, dataclasses.replace(script, pause=pause), fault)
    return await (answer.stream() if body.get("stream") else answer.send_whole())


async def _spoil(request: web.Request, fault: Fault[ModelFault]) -> web.StreamResponse:
    """Do what a fault does in the place of an answer."""
    if fault.spec.kind == "error":
        return _fail(fault.spec.status, fault.spec.message)
    if fault.spec.kind == "silence":
        await fault.hold(fault.spec.hold, lambda: wire.is_gone(request))
    return wire.cut(request)
