"""Every port is open in both address families: a cluster may have either alone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from agent_gateway.config import GatewayConfig
from agent_gateway.health import Health, create_health_app
from agent_gateway.publicport import open_public_port
from agent_gateway.runners.front import Front, FrontSite
from agent_operator.health import serve_metrics
from tests.support.eventually import eventually

LOOPBACKS = ("127.0.0.1", "[::1]")
pytestmark = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")


async def answers(url):
    """The status of what a URL answers; None where nobody listens."""
    async with aiohttp.ClientSession(trust_env=False) as session:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(url) as answer:
                return answer.status
    return None


async def check(port, path, status=200):
    for host in LOOPBACKS:
        await eventually(lambda host=host: _is(f"http://{host}:{port}{path}", status))


async def _is(url, status):
    return await answers(url) == status


async def test_the_gateways_ports_by_their_defaults():
    port, other = unused_port(), unused_port()
    assert GatewayConfig(_env_file=None).host == ""
    runner = await open_public_port(
        create_health_app(Health()), GatewayConfig(_env_file=None).host, port, "connections"
    )
    try:
        await check(port, "/healthz")
        assert await answers(f"http://[::1]:{other}/healthz") is None
    finally:
        await runner.cleanup()


class Recorded(Front):
    """Remembers who came."""

    seen: set[str] = set()

    def enter(self, address):
        self.seen.add(address)
        return super().enter(address)


async def test_the_runners_port_knows_an_ipv4_peer_by_its_ipv4_address():
    port = unused_port()
    front = Recorded()
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    await FrontSite(runner, GatewayConfig(_env_file=None).host, port, front).start()
    try:
        await check(port, "/", 404)
        assert front.seen == {"127.0.0.1", "::1"}
    finally:
        await runner.cleanup()


async def test_the_operators_metrics():
    port = unused_port()
    serving = asyncio.create_task(serve_metrics(port))
    try:
        await check(port, "/metrics")
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("which", ["telegram", "model"])
async def test_the_simulators(which):
    port = unused_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent_simulators", which, "--port", str(port), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await check(port, "/healthz")
    finally:
        process.terminate()
        await process.wait()
