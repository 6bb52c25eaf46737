"""Crash points: commits, external calls and frames by name, and what befalls one of them in a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

MOST_OF_A_NAME = 3
"""How often one name is a point of its own; what comes later is the same again."""
ONCE = ("commit:purge_", "telegram:setMyCommands", "telegram:sendChatAction", "frame:ack", "commit:seen", "kube:WATCH")
"""Begin the names whose number differs from run to run: their first occurrence alone is a point."""


class Mode(StrEnum):
    """What befalls a point."""

    BEFORE = "killed before"
    """The gateway dies right before it takes effect."""
    AFTER = "killed after"
    """The gateway dies right after it took effect, before anybody hears of it."""
    LOST = "answer lost"
    """It takes effect, its answer is lost with its connection, and the gateway lives."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The n-th occurrence of a name."""

    name: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.name}#{self.nth}"


@dataclass
class Points:
    """Counts what happens in one run, and says when the target is reached.

    Args:
        kill: Kills the gateway, at once.
        target: Which point is struck; None for a run that is only recorded.
        mode: What befalls it.
    """

    kill: Callable[[], None]
    target: Point | None = None
    mode: Mode = Mode.BEFORE
    recorded: list[Point] = field(default_factory=list)
    struck: bool = False
    enabled: bool = True
    """False once the run is at rest: what is only looked at then is no point."""
    _seen: Counter[str] = field(default_factory=Counter)

    def reach(self, name: str) -> Mode | None:
        """Count an occurrence; return what befalls it, if anything."""
        if not self.enabled:
            return None
        self._seen[name] += 1
        point = Point(name, self._seen[name])
        if point.nth <= (1 if name.startswith(ONCE) else MOST_OF_A_NAME):
            self.recorded.append(point)
        if self.struck or point != self.target:
            return None
        self.struck = True
        return self.mode


def strike_calls(
    points: Callable[[], Points],
    name_of: Callable[[web.Request], str | None],
    on_lost: Callable[[str], None] = lambda _: None,
):
    """Return a middleware that strikes HTTP calls of the gateway.

    Args:
        points: Of this run.
        name_of: Names a call; None for what is no call of the gateway.
        on_lost: Told the name of a call that was carried out and is not answered.
    """

    @web.middleware
    async def middleware(request, handler):
        name = name_of(request)
        mode = points().reach(name) if name is not None else None
        if mode is None:
            return await handler(request)
        if mode is not Mode.BEFORE and name.startswith("kube:WATCH"):
            mode = Mode.LOST if mode is Mode.LOST else Mode.BEFORE  # it has no effect, and its answer has no end
        elif mode is not Mode.BEFORE:
            await handler(request)
            on_lost(name)
        if mode is not Mode.LOST:
            points().kill()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # reaches nobody

    return middleware
