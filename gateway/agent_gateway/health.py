"""`/healthz`, `/readyz` and `/metrics` on a port of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import REGISTRY, Gauge, disable_created_metrics
from prometheus_client.exposition import choose_encoder

PROBLEM: Final = Gauge(
    "openclaw_problem", "1 while a part keeps the gateway from serving: what /readyz says in words, by part.", ["part"]
)
LOOPS_STUCK: Final = Gauge("openclaw_loops_stuck", "Loops whose round takes longer than two minutes.")
MOST_SILENCE_SECONDS: Final = 120.0
"""Between two rounds of a loop. A round that takes longer hangs: all that it waits for has a shorter deadline."""


class Heartbeats:
    """When each loop began its last round.

    Args:
        most: Seconds between two rounds; a loop that takes longer is stuck.
        clock: Seconds that never go back.
    """

    def __init__(self, *, most: float = MOST_SILENCE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._beats: dict[str, float] = {}

    def watch(self, name: str, check: Callable[[], None]) -> Callable[[], None]:
        """Return `check` for a loop that calls it in each round: it beats as well."""

        def beat() -> None:
            self._beats[name] = self._clock()
            check()

        return beat

    def problems(self) -> list[str]:
        """Say in a sentence each which loops are stuck; one that has never begun is not."""
        now = self._clock()
        return [
            f"The loop {name!r} has been standing still for {now - beat:.0f} s."
            for name, beat in self._beats.items()
            if now - beat > self._most
        ]


class Health:
    """What keeps the gateway from serving, in words, by part.

    Ready means that it can serve; whether it leads is no matter of readiness.
    """

    def __init__(self) -> None:
        self._problems: dict[str, str] = {"start": "The gateway is starting."}
        self._known = {"start"}
        self.sources: dict[str, Callable[[], str | None]] = {}
        """Parts that are asked at each probe."""
        self.heartbeats = Heartbeats()

    def set(self, part: str, problem: str | None) -> None:
        """Note or clear a part's problem."""
        self._known.add(part)
        if problem is None:
            self._problems.pop(part, None)
        else:
            self._problems[part] = problem

    def parts(self) -> dict[str, bool]:
        """Say of each part that ever had a problem, or is asked, whether it has one now."""
        asked = {part: source() is not None for part, source in self.sources.items()}
        return asked | {part: part in self._problems for part in self._known}

    def problems(self) -> list[str]:
        """Return every problem there is now."""
        asked = [words for source in self.sources.values() if (words := source())]
        return [*self._problems.values(), *asked]


def create_health_app(health: Health) -> web.Application:
    """Build the application for `names.PORT_METRICS`.

    Metrics are told in the form that is asked for: exemplars, which lead from a figure to its turn, stand in OpenMetrics alone.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, of which nothing is made

    async def healthz(_request: web.Request) -> web.Response:
        stuck = health.heartbeats.problems()
        return web.Response(text="\n".join(stuck) or "ok", status=503 if stuck else 200)

    async def readyz(_request: web.Request) -> web.Response:
        problems = health.problems()
        return web.Response(text="\n".join(problems) or "ready", status=503 if problems else 200)

    async def metrics(request: web.Request) -> web.Response:
        for part, problem in health.parts().items():
            PROBLEM.labels(part).set(problem)
        LOOPS_STUCK.set(len(health.heartbeats.problems()))
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(REGISTRY), headers={"Content-Type": kind})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
