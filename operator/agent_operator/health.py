"""`/healthz` and `/readyz`."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from agent_operator.context import SWEEP_SECONDS, Context


async def serve_health(context: Context, port: int) -> None:
    """Serve for ever.

    Alive means that every loop runs and the sweep ends from time to time; ready, that the API server answered it.
    """

    async def healthz(_request: web.Request) -> web.Response:
        age = time.monotonic() - context.swept_at
        if context.dead():
            return web.Response(text="a loop has ended", status=503)
        late = context.problem is None and age > 3 * SWEEP_SECONDS
        return web.Response(text=f"no sweep for {age:.0f} s" if late else "ok", status=503 if late else 200)

    async def readyz(_request: web.Request) -> web.Response:
        return web.Response(text=context.problem or "ready", status=503 if context.problem else 200)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", port).start()  # noqa: S104  # a pod's own network
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
