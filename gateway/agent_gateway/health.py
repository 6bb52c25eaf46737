"""`/healthz`, `/readyz` and `/metrics` on a port of their own."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


class Health:
    """What keeps the gateway from serving, in words, by part.

    Ready means that it can serve; whether it leads is no matter of readiness.
    """

    def __init__(self) -> None:
        self._problems: dict[str, str] = {"start": "The gateway is starting."}
        self.sources: dict[str, Callable[[], str | None]] = {}
        """Parts that are asked at each probe."""

    def set(self, part: str, problem: str | None) -> None:
        """Note or clear a part's problem."""
        if problem is None:
            self._problems.pop(part, None)
        else:
            self._problems[part] = problem

    def problems(self) -> list[str]:
        """Return every problem there is now."""
        asked = [words for source in self.sources.values() if (words := source())]
        return [*self._problems.values(), *asked]


def create_health_app(health: Health, refresh: Callable[[], None] | None = None) -> web.Application:
    """Build the application for `names.PORT_METRICS`."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_request: web.Request) -> web.Response:
        problems = health.problems()
        return web.Response(text="\n".join(problems) or "ready", status=503 if problems else 200)

    async def metrics(_request: web.Request) -> web.Response:
        if refresh is not None:
            refresh()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
