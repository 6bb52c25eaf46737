"""The HTTP face of the scripted model: chat completions below any path, and `/sim/…` to look and to spoil."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from agent_simulators import wire
from agent_simulators.faults import Fault, Faults
from agent_simulators.model.answers import Answer
from agent_simulators.model.dialects import build_dialect
from agent_simulators.model.faultspec import ModelFault
from agent_simulators.model.requests import holds_picture, read_messages
from agent_simulators.model.scenario import Scenario, choose_step, last_prompt, put_script
from agent_simulators.model.scripts import Script, choose, text_of
from agent_simulators.model.speech import RefusedSpeech, Rules, hear, read_form, read_rules

_Json = dict[str, Any]
_KEYS = {
    "completions": "Authorization",
    "responses": "Authorization",
    "messages": "x-api-key",
    "google": "x-goog-api-key",
}
"""Which header each API reads its key from."""


class Model:
    """What the simulated provider knows."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.requests: list[_Json] = []
        self.seen: dict[str, int] = {}
        self.faults: Faults[ModelFault] = Faults()
        self.scenario = Scenario()
        self.speech = Rules()
        self.pictures = True
        """Whether it takes requests that hold pictures."""


MODEL = web.AppKey("model", Model)
"""The state, for those who run the server in their own process."""


def create_app(key: str = "") -> web.Application:
    """Make the server; with a key, requests must bear it."""
    model = Model(key)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[MODEL] = model

    def complete(api: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await _complete(model, request, api)

        return answer

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
        body = await request.json()
        model.key, model.pictures = body.get("key", model.key), body.get("pictures", model.pictures)
        try:
            model.speech = read_rules(body["speech"]) if "speech" in body else model.speech
        except TypeError as error:
            return web.json_response({"error": f"TypeError: {error}"}, status=400)
        return web.json_response({})

    async def transcribe(request: web.Request) -> web.StreamResponse:
        return await _transcribe(model, request)

    async def scenario(request: web.Request) -> web.Response:
        try:
            given = Scenario.model_validate(await request.json())
        except ValueError as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        model.scenario = given
        return web.json_response({"sentences": len(model.scenario.sentences)})

    async def reset(_request: web.Request) -> web.Response:
        model.requests.clear()
        model.seen.clear()
        model.faults.clear()
        model.scenario, model.speech = Scenario(), Rules()
        model.pictures = True
        return web.json_response({})

    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/sim/requests", requests)
    app.router.add_get("/sim/faults", get_faults)
    app.router.add_post("/sim/faults", post_fault)
    app.router.add_delete("/sim/faults", end_faults)
    app.router.add_post("/sim/settings", settings)
    app.router.add_post("/sim/scenario", scenario)
    app.router.add_post("/sim/reset", reset)
    app.router.add_get("/{prefix:.*}models", _models)
    app.router.add_post("/{prefix:.*}chat/completions", complete("completions"))
    app.router.add_post("/{prefix:.*}responses", complete("responses"))
    app.router.add_post("/{prefix:.*}messages", complete("messages"))
    app.router.add_post("/{prefix:.*}models/{model}:{method}", complete("google"))
    app.router.add_post("/{prefix:.*}audio/transcriptions", transcribe)
    return app


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _models(_request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": "scripted", "object": "model"}]})


def _fail(status: int, message: str) -> web.Response:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return web.json_response({"error": {"message": message, "type": kind, "code": str(status)}}, status=status)


def _note(model: Model, request: web.Request, body: _Json, api: str = "completions") -> bool:
    """Write a request down, and tell whether its key is right, in its API's own header alone; the key is not kept."""
    given = {name: request.headers.get(name, "").removeprefix("Bearer ") for name in _KEYS.values()}
    own = given.pop(_KEYS[api])
    right = not model.key or (hmac.compare_digest(own.encode(), model.key.encode()) and not any(given.values()))
    headers = {k: v for k, v in request.headers.items() if k.lower() not in {one.lower() for one in _KEYS.values()}}
    model.requests.append(
        {"t": time.time_ns() // 1_000_000, "path": request.path, "key_right": right, "headers": headers, "body": body}
    )
    return right


async def _strike(
    model: Model, request: web.Request, target: str
) -> tuple[Fault[ModelFault] | None, list[Fault[ModelFault]]]:
    """Return the fault that strikes a request, and all that do; those that only slow it down have done so."""
    struck = model.faults.strike(lambda spec: spec.target == target)
    for slow in (fault for fault in struck if fault.spec.adds):
        await slow.hold(slow.spec.hold, lambda: wire.is_gone(request))
    return next((fault for fault in struck if not fault.spec.adds), None), struck


async def _transcribe(model: Model, request: web.Request) -> web.StreamResponse:
    try:
        fields, name, data = await read_form(request)
        if not _note(model, request, {**fields, "file": name, "bytes": len(data)}):
            return _fail(401, "Incorrect API key provided")
        fault, _ = await _strike(model, request, "speech")
        if fault is not None:
            return await _spoil(request, fault)
        return web.json_response({"text": hear(fields, name, data, model.speech)})
    except RefusedSpeech as refused:
        return _fail(refused.status, str(refused))


async def _complete(model: Model, request: web.Request, api: str) -> web.StreamResponse:
    body: _Json = await request.json()
    if not _note(model, request, body, api):
        return _fail(401, "Incorrect API key provided")
    fault, struck = await _strike(model, request, "chat")
    if fault is not None and fault.spec.at == "before":
        return await _spoil(request, fault)
    messages = read_messages(api, body)
    if not model.pictures and holds_picture(api, body):
        return _fail(400, "At least one of the image dimensions exceed max allowed size: 8000 pixels")
    script = _choose(model, messages)
    if not messages or messages[-1]["role"] != "tool":
        said = [text_of(m["content"]) for m in messages if m["role"] == "user"]
        prompt = said[-1].strip() if said else ""
        model.seen[prompt] = model.seen.get(prompt, 0) + 1
    if script.status != 200:
        return _fail(script.status, script.error)
    if script.hang:
        await asyncio.sleep(3600)
    pause = max([script.pause, *(slow.spec.pause for slow in struck)])
    named = request.match_info.get("model") or body.get("model") or ""
    dialect = build_dialect(api, body, str(named))
    answer = Answer(request, body, dataclasses.replace(script, pause=pause), dialect, fault)
    streams = body.get("stream") or request.match_info.get("method") == "streamGenerateContent"
    return await (answer.stream() if streams else answer.send_whole())


def _choose(model: Model, messages: list[_Json]) -> Script:
    """Return what a person's sentence comes to in the scenario, or what their words say themselves."""
    found = model.scenario.find(last_prompt(messages))
    if isinstance(found, tuple):
        return choose_step(found, messages)
    return choose(messages if found is None else put_script(messages, found), model.seen)


async def _spoil(request: web.Request, fault: Fault[ModelFault]) -> web.StreamResponse:
    """Do what a fault does in the place of an answer."""
    if fault.spec.kind == "error":
        return _fail(fault.spec.status, fault.spec.message)
    if fault.spec.kind == "silence":
        await fault.hold(fault.spec.hold, lambda: wire.is_gone(request))
    return wire.cut(request)
