"""The gateway as a process beside an API server that holds thousands of AgentThreads, or fails in its several ways."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dev.bench.outside import Outside
from dev.bench.resync import build_environment, start_beside
from tests.support.eventually import LONG, eventually

pytestmark = pytest.mark.postgres
COUNT = 10_000
MOST_MEMORY = 200
"""MiB; it was 325 for as many, and with twice as many it did not start at all."""
MOST_SHARE = 0.03
"""Of the gateway's CPU, on whatever machine, that one round of the loop may take: 0.1 s here, where the whole is 3.3 s."""


async def test_it_starts_beside_ten_thousand_agent_threads_at_rest(dsn):
    """The list was one piece of 2.8 s for 10,000, and of more than the leader's five seconds for 20,000."""
    measured = await start_beside(dsn, COUNT)
    assert measured.code == 0
    assert measured.piece < measured.cpu * MOST_SHARE
    assert measured.peak < MOST_MEMORY
    assert measured.polls > 5


KINDS = ("AgentThread", "SubAgent", "AgentClass", "AgentSchedule")
"""What a gateway watches."""


class Failing(Outside):
    """An API server that fails as told, for lists or for watches."""

    def __init__(self):
        super().__init__(3)
        self.fault = None
        self.asked = {"list": 0, "watch": 0}

    async def _resources(self, request):
        kind = "watch" if "watch" in request.query else "list"
        self.asked[kind] += 1
        if self.fault is None or (kind == "list" and self.fault == "refuse watch"):
            return await super()._resources(request)
        if self.fault == "hang":
            await asyncio.sleep(60)
        words = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": f"cannot {kind} resource"}
        return web.json_response(words, status=403)


@contextlib.asynccontextmanager
async def gateway(dsn, fault):
    """Start it beside an API server that fails; yields the process, what it says of its readiness, and the server."""
    outside = Failing()
    outside.fault = fault
    server = TestServer(outside.app())
    await server.start_server(shutdown_timeout=0.1)
    environment = build_environment(str(server.make_url("")).rstrip("/"), dsn)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent_gateway", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    async with aiohttp.ClientSession() as session:

        async def readyz():
            try:
                async with session.get(f"http://127.0.0.1:{environment['PORT_METRICS']}/readyz") as answer:
                    return await answer.text()
            except aiohttp.ClientError:
                return ""

        try:
            yield process, readyz, outside
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await server.close()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("hang", "cannot be read or written: The Kubernetes API does not answer"),
        ("refuse", "its Role or RoleBinding is missing"),
        ("refuse watch", "its Role or RoleBinding is missing"),
    ],
)
async def test_an_api_server_that_fails_is_told_waited_for_and_not_stormed(dsn, fault, words):
    async with gateway(dsn, fault) as (process, readyz, outside):

        async def told():
            return words in await readyz()

        await eventually(told, timeout=LONG, interval=0.1)
        polls = outside.polls
        await eventually(lambda: outside.polls > polls + 3)  # it goes on meanwhile
        assert outside.asked["list"] <= len(KINDS) * (1 if fault == "refuse watch" else 12)
        outside.fault = None

        async def ready():
            return await readyz() == "ready"

        await eventually(ready, timeout=LONG, interval=0.1)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 120) == 0
