"""Tool servers are asked at an address of the pod's own, as pi shows its token to plain HTTP nowhere else."""

from __future__ import annotations

import asyncio

import pytest

from agent_runner.nearby import Nearby
from agent_runner.nearbyaddress import name_nearby
from agent_runner.piteam import build_servers
from tests.support.eventually import PATIENCE

SERVER = {"name": "issues", "connection": "tracker"}


@pytest.mark.parametrize(
    ("gateway", "asked"),
    [
        ("http://oc-gateway.team.svc:8080", "http://127.0.0.1:30100"),
        ("http://oc-gateway.team.svc/base", "http://127.0.0.1:30100/base"),
        ("http://[fd00::1]:8080", "http://127.0.0.1:30100"),
        ("http://[fd00::1]", "http://127.0.0.1:30100"),
        ("http://[::1]", "http://[::1]"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://gateway.example", "https://gateway.example"),
    ],
)
def test_pi_asks_where_it_shows_its_token(gateway, asked):
    assert name_nearby(gateway) == asked
    found = build_servers({"gatewayUrl": gateway + "/", "provider": "demo", "mcpServers": [SERVER]})
    assert found["mcpServers"]["issues"]["url"] == f"{asked}/mcp/tracker"


async def test_what_comes_is_passed_on_to_the_gateway_and_back():
    async def answer(reader, writer):
        writer.write((await reader.read(100)).upper())
        await writer.drain()
        writer.close()

    gateway = await asyncio.start_server(answer, "127.0.0.2", 0)
    nearby = Nearby(f"http://127.0.0.2:{gateway.sockets[0].getsockname()[1]}", wanted=True)
    port = await nearby.serve(0)
    async with asyncio.timeout(PATIENCE):
        for _ in range(20):  # more than may be open at once
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello")
            assert await reader.read() == b"HELLO"
            writer.close()
    nearby.cancel()
    gateway.close()


async def test_a_gateway_that_is_away_hangs_up():
    nearby = Nearby("http://127.0.0.2:1", wanted=True)
    port = await nearby.serve(0)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
    nearby.cancel()


@pytest.mark.parametrize(("gateway", "wanted"), [("http://gateway:80", False), ("http://127.0.0.1:80", True)])
async def test_nothing_listens_where_nothing_needs_it(gateway, wanted):
    assert await Nearby(gateway, wanted=wanted).serve(0) is None
