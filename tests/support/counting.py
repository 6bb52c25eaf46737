"""A way to the API server that counts what is asked on it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.support.apiserver import ApiServer
from tests.support.eventually import PATIENCE


class CountingWay:
    """Hands each request on with the caller's own token, and counts it.

    A client that is given `url` reaches the API server, as who it is there.
    """

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._counts: Counter[str] = Counter()
        self.url = ""
        self.session: aiohttp.ClientSession | None = None

    def take(self) -> Counter[str]:
        """Return how often each was asked since the last time, as in `PATCH agentthreads/status` or `WATCH pods`."""
        found, self._counts = self._counts, Counter()
        return found

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self._counts[_name(request)] += 1
        async with self.session.request(
            request.method, self._server.url + request.raw_path, data=await request.read() or None,
            headers={k: v for k, v in request.headers.items() if k.lower() not in {"host", "content-length"}},
        ) as answer:  # fmt: skip
            headers = {
                k: v for k, v in answer.headers.items() if k.lower() not in {"transfer-encoding", "content-length"}
            }
            response = web.StreamResponse(status=answer.status, headers=headers)
            with contextlib.suppress(ConnectionError):  # whoever asked is gone
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            return response


def _name(request: web.Request) -> str:
    parts = urlsplit(request.raw_path).path.split("/namespaces/", 1)[-1].split("/")[1:]
    what = "/".join([*parts[:1], *parts[2:]]) or request.path
    listed = request.method == "GET" and len(parts) == 1
    method = "WATCH" if "watch" in request.query else "LIST" if listed else request.method
    return f"{method} {what}"


@contextlib.contextmanager
def counting(server: ApiServer) -> Iterator[CountingWay]:
    """Run such a way in a thread of its own; it is gone afterwards."""
    way, started = CountingWay(server), threading.Event()
    stops: list[Callable[[], None]] = []

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        connector = aiohttp.TCPConnector(ssl=server.trust(), limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as way.session:
            app = web.Application(client_max_size=2**24)
            app.router.add_route("*", "/{path:.*}", way.handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            way.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            started.set()
            await stop.wait()
            await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    try:
        assert started.wait(PATIENCE)
        yield way
    finally:
        for stop in stops:
            stop()
        thread.join(PATIENCE)
