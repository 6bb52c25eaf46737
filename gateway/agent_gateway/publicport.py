"""Ports that strangers reach: Telegram's updates, and events by hooks.

What stands before them (an ingress, a load balancer) has one address for everybody, so that nothing is counted by address.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from typing_extensions import override

from agent_gateway.runners.front import Front, FrontLimits, FrontSite, Wrapped, count_files, find_wrapped

MOST_OPEN: Final = 512
"""Connections of one such port."""
_SHARE: Final = 0.05
"""Of the files that the process may open, for these, where that is fewer."""


class _OwnFaults(logging.Filter):
    """Keeps out what is a sender's fault: it is answered, and whoever sends it again and again fills no log."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return not isinstance(error, HttpProcessingError)


_log: Final = logging.getLogger(__name__)
_log.addFilter(_OwnFaults())


class PublicFront(Front):
    """Which connections there are; where all are open, whichever waits longest without a request is cut for the next one.

    So nobody keeps others out by connections that stand: a request is there within a round trip, and stands for seconds at most.

    Args:
        limit: Name of the bound.
        most: Connections at once; 0: as many as such a port has.
    """

    def __init__(self, limit: str, most: int = 0) -> None:
        most = most or min(MOST_OPEN, count_files(_SHARE))
        super().__init__(FrontLimits(by_address=False, all_connections=most, name=limit))
        self._idle: OrderedDict[Wrapped, None] = OrderedDict()

    @override
    def make_room(self) -> bool:
        if not self._idle:
            return False
        oldest, _ = self._idle.popitem(last=False)
        oldest.abort()
        return True

    @override
    def note_idle(self, wrapped: Wrapped) -> None:
        self._idle[wrapped] = None

    @override
    def note_busy(self, wrapped: Wrapped) -> None:
        self._idle.pop(wrapped, None)


async def open_public_port(
    app: web.Application, host: str, port: int, limit: str = "public-connections", most: int = 0
) -> web.AppRunner:
    """Open one; return what closes it. Bodies are taken as they came: what a stranger packed is not unpacked.

    Args:
        app: What answers.
        host: Address to listen on.
        port: Number to listen on.
        limit: Name of the bound of its connections.
        most: Connections at once; 0: as many as such a port has.
    """
    app.middlewares.append(_follow)
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=75, shutdown_timeout=5, auto_decompress=False, logger=_log
    )
    await runner.setup()
    await FrontSite(runner, host, port, PublicFront(limit, most)).start()
    return runner


@web.middleware
async def _follow(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Know when a connection has a request under way."""
    try:
        wrapped = find_wrapped(request)
    except ConnectionError:
        return web.Response(status=400)  # nobody reads it: the sender has hung up
    wrapped.begin()
    try:
        return await handler(request)
    finally:
        wrapped.end()
