"""The HTTP face of the simulated cloud: `/bot<token>/<method>` for bots, `/sim/…` for those who play the people."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web

from agent_simulators.telegram import (
    drafts,  # noqa: F401  # its method is registered by the import
    files,
    forum,  # noqa: F401  # its methods are registered by the import
    reactions,  # noqa: F401  # as those
    sim,
)
from agent_simulators.telegram.checks import Refused
from agent_simulators.telegram.methods import METHODS, Method
from agent_simulators.telegram.params import read_params
from agent_simulators.telegram.state import Bot, Cloud, now_ms

CLOUD = web.AppKey("cloud", Cloud)
"""The state, for those who run the server in their own process."""
_TOKEN = re.compile(r"^\d+:[A-Za-z0-9_-]+$")


def create_app(token: str = "1000000001:demo-token-of-the-simulator") -> web.Application:  # noqa: S107
    """Make the server for one bot; more bots come by `POST /sim/bots`."""
    cloud = Cloud(token)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[CLOUD] = cloud

    async def call(request: web.Request) -> web.StreamResponse:
        return await _call(cloud, request)

    app.router.add_route("*", "/bot{token}/{method}", call)
    files.add_routes(app, cloud)
    app.router.add_get("/healthz", _healthz)
    sim.add_routes(app, cloud)
    return app


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _call(cloud: Cloud, request: web.Request) -> web.StreamResponse:
    token, name = request.match_info["token"], request.match_info["method"]
    started = now_ms()
    status = 500
    chat: Any = None
    try:
        bot, function = _find_bot(cloud, token), _find_method(name)
        params = await read_params(request)
        chat = params.values.get("chat_id")
        await _play_fault(cloud, request, name)
        result = await function(cloud, bot, params)
        status = 200
        return web.json_response({"ok": True, "result": result})
    except Refused as refused:
        status = refused.code
        body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
        if refused.parameters:
            body["parameters"] = refused.parameters
        return web.json_response(body, status=refused.code)
    finally:
        cloud.calls.append({"method": name, "t": started, "took": now_ms() - started, "status": status, "chat": chat})


def _find_bot(cloud: Cloud, token: str) -> Bot:
    if not _TOKEN.match(token):
        raise Refused("Not Found", 404)
    if token not in cloud.bots:
        raise Refused("Unauthorized", 401)
    return cloud.bots[token]


def _find_method(name: str) -> Method:
    if name.lower() not in METHODS:
        raise Refused("Not Found: method not found", 404)
    return METHODS[name.lower()]


async def _play_fault(cloud: Cloud, request: web.Request, name: str) -> None:
    """Do what a fault asks for the next calls of a method: 429, 5xx, a cut connection, slowness."""
    for fault in cloud.faults:
        if fault["method"].lower() not in {name.lower(), "*"} or fault["count"] <= 0:
            continue
        fault["count"] -= 1
        match fault["kind"]:
            case "throttle":
                wait = fault.get("retry_after", 1)
                raise Refused(f"Too Many Requests: retry after {wait}", 429, retry_after=wait)
            case "error":
                raise Refused(fault.get("description", "Internal Server Error"), fault.get("code", 500))
            case "slow":
                await asyncio.sleep(fault.get("seconds", 1))
            case "cut" if request.transport is not None:
                request.transport.abort()
                raise web.HTTPInternalServerError
