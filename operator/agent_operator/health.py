"""`/healthz` and `/readyz` on one port, `/metrics` on another, each in both address families."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from prometheus_client import REGISTRY, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from agent_operator.context import Context
from agent_operator.loops import CHECK_SECONDS, Loops


async def serve_health(context: Context, loops: Loops, port: int) -> None:
    """Serve for ever.

    Alive means that every loop runs, the check ends from time to time, and what is queued is taken; an API server that
    is away is no reason to be restarted. Ready means that this operator can work, also where it stands by.
    """

    async def healthz(_request: web.Request) -> web.Response:
        problem = _find_fault(context, loops)
        return web.Response(text=problem or "ok", status=503 if problem else 200)

    async def readyz(_request: web.Request) -> web.Response:
        problem = context.problem
        return web.Response(text=problem or "ready", status=503 if problem else 200)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    await _serve(app, port)


async def serve_metrics(port: int) -> None:
    """Serve for ever what Prometheus reads."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, of which nothing is made

    async def metrics(request: web.Request) -> web.Response:
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(REGISTRY), headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    await _serve(app, port)


async def _serve(app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()  # no host: IPv4 and IPv6, as far as there are both
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _find_fault(context: Context, loops: Loops) -> str | None:
    age = time.monotonic() - context.checked_at
    if loops.ended:
        return "a loop has ended"
    if age > 3 * CHECK_SECONDS:
        return f"no check for {age:.0f} s"
    return "what is queued is not taken" if context.stuck else None
