"""The HTTP face of the simulated cloud: `/bot<token>/<method>` for bots, `/sim/…` for those who play the people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from agent_simulators.telegram import (
    edits,  # noqa: F401  # its methods are registered by the import
    files,
    forum,  # noqa: F401  # as those
    members,  # noqa: F401  # as those
    polling,  # noqa: F401  # as those
    profile,  # noqa: F401  # as those
    reactions,  # noqa: F401  # as those
    reads,
    sim,
    webhooks,  # noqa: F401  # as those
)
from agent_simulators.telegram.calls import serve_call
from agent_simulators.telegram.deliveries import SECONDS_TO_ANSWER, Deliveries
from agent_simulators.telegram.state import Cloud

CLOUD = web.AppKey("cloud", Cloud)
"""The state, for those who run the server in their own process."""
MAX_SOCKETS = 512
"""Connections to webhooks, of all bots."""
SECONDS_TO_END = 5.0
"""How long deliveries that run may take to end with the server."""


def create_app(token: str = "1000000001:demo-token-of-the-simulator") -> web.Application:  # noqa: S107
    """Make the server for one bot; more bots come by `POST /sim/bots`."""
    cloud = Cloud(token)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[CLOUD] = cloud

    async def call(request: web.Request) -> web.StreamResponse:
        return await serve_call(cloud, request)

    app.router.add_route("*", "/bot{token}/{method}", call)
    files.add_routes(app, cloud)
    app.router.add_get("/healthz", _healthz)
    sim.add_routes(app, cloud)
    reads.add_routes(app, cloud)
    app.cleanup_ctx.append(_deliver)
    return app


async def _deliver(app: web.Application) -> AsyncIterator[None]:
    """Send updates to webhooks while the server runs."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_SOCKETS),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=SECONDS_TO_ANSWER),
    ) as session:
        sending = asyncio.create_task(Deliveries(app[CLOUD], session).run())
        yield
        sending.cancel()
        await asyncio.wait({sending}, timeout=SECONDS_TO_END)
        if sending.done() and not sending.cancelled():
            sending.result()  # raises what ended it before its time


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")
