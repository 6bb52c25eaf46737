"""The HTTP face of the scripted model: chat completions below any path, and `/sim/…` to look and to spoil."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import time
from typing import Any

from aiohttp import web

from agent_simulators.model.scripts import Script, choose, text_of

_Json = dict[str, Any]


class Model:
    """What the simulated provider knows."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.requests: list[_Json] = []
        self.seen: dict[str, int] = {}
        self.faults: list[_Json] = []


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

    async def faults(request: web.Request) -> web.Response:
        model.faults.append({"count": 1, **await request.json()})
        return web.json_response({"faults": len(model.faults)})

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
    app.router.add_post("/sim/faults", faults)
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
    for fault in model.faults:
        if fault["count"] > 0:
            fault["count"] -= 1
            if fault.get("kind") == "cut" and request.transport is not None:
                request.transport.abort()
            return _fail(int(fault.get("status", 503)), fault.get("message", "scripted fault"))
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
    return await _stream(request, body, script) if body.get("stream") else _whole(body, script)


def _usage(body: _Json, script: Script) -> _Json:
    prompt = script.prompt_tokens if script.prompt_tokens is not None else len(json.dumps(body)) // 4
    answer = len(script.words) + 5 * len(script.calls)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _whole(body: _Json, script: Script) -> web.Response:
    message: _Json = {"role": "assistant", "content": "".join(script.words)}
    if script.calls:
        message["tool_calls"] = [
            {"id": c.id or _call_id(i), "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for i, c in enumerate(script.calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if script.calls else "stop"}
    return web.json_response(
        {"id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": body.get("model"),
         "choices": [choice], "usage": _usage(body, script)}
    )  # fmt: skip


def _call_id(index: int) -> str:
    return f"call_{time.time_ns()}_{index}"


async def _stream(request: web.Request, body: _Json, script: Script) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    if request.transport is not None and (sock := request.transport.get_extra_info("socket")) is not None:
        # without it each small event waits for the other side's delayed acknowledgement
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    base = {"id": f"chatcmpl-{time.time_ns()}", "object": "chat.completion.chunk", "created": int(time.time()),
            "model": body.get("model")}  # fmt: skip

    async def send(delta: _Json, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await response.write(f"data: {json.dumps({**base, 'choices': [choice]})}\n\n".encode())

    await send({"role": "assistant", "content": ""})
    for word in script.words:
        await send({"content": word})
        if script.pause:
            await asyncio.sleep(script.pause)
    if script.cut and request.transport is not None:
        request.transport.abort()
        return response
    for index, call in enumerate(script.calls):
        half = len(call.arguments) // 2
        function = {"name": call.name, "arguments": ""}
        call_id = call.id or _call_id(index)
        await send({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})
        for part in (call.arguments[:half], call.arguments[half:]):
            await send({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    await send({}, "tool_calls" if script.calls else "stop")
    if body.get("stream_options", {}).get("include_usage"):
        await response.write(f"data: {json.dumps({**base, 'choices': [], 'usage': _usage(body, script)})}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response
