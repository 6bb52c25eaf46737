"""What a team's tools cost: `python -m dev.bench.team`.

A real runner with the real pi starts with nothing, with ten tool servers, with twenty skills, and with both, and answers one prompt of
the scripted model. Then one tool of a server by others is called directly, and through the real gateway's port with Postgres behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

import aiohttp
from aiohttp.test_utils import TestServer

from agent_contract import wire
from agent_contract.agentclass import AgentClass
from agent_contract.names import PATH_MCP
from agent_contract.team import McpServer as McpRule
from agent_gateway.connections.rights import Rights
from agent_gateway.mcp.broker import McpBroker
from agent_gateway.mcp.upstream import McpUpstream
from agent_gateway.runners.identity import Identity
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_simulators.model import create_app
from agent_simulators.model.server import MODEL
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from dev.progress import step
from tests.conftest import BOT_ID, in_database
from tests.support.eventually import eventually
from tests.support.mcp_servers import Connection, Key, Listed, McpServer
from tests.support.pi import Pi, install_pi
from tests.support.postgres import execute, running_postgres
from tests.support.runner import RunnerProcess
from tests.support.runner_gateway import TestGateway
from tests.support.runners import make_token, running_port

HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
_WARM: Final = 10
"""Calls before those that are measured."""


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="dev.bench.team", description="Measure what a team's tools cost.")
    parser.add_argument("--servers", type=int, default=10)
    parser.add_argument("--skills", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=300)
    asked = parser.parse_args()
    with running_postgres() as server:
        dsn = in_database(server, "openclaw_team")
        asyncio.run(execute(server, "CREATE DATABASE openclaw_team"))
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, dsn], check=True)
        asyncio.run(measure(dsn, asked.servers, asked.skills, asked.rounds, asked.calls))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return 0


async def measure(dsn: str, servers: int, skills: int, rounds: int, calls: int) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool_server = McpServer(folder, Key().value)
        await tool_server.start()
        try:
            with step("starts", 120):
                await measure_starts(folder, tool_server.url, servers, skills, rounds)
            with step("calls", 60):
                await measure_calls(dsn, tool_server.url, calls)
        finally:
            await tool_server.stop()


async def measure_starts(folder: Path, url: str, servers: int, skills: int, rounds: int) -> None:
    """Print what a start costs, kind by kind; the kinds take turns."""
    pi, shown = install_pi(), _write_skills(folder / "skills", skills)
    listed = [{"name": f"server-{n}", "connection": f"c{n}"} for n in range(servers)]
    kinds: dict[str, dict[str, Any]] = {
        "nothing": {},
        f"{servers} servers": {"mcpServers": listed},
        f"{servers} servers, deferred": {"mcpServers": [{**one, "exposure": "Deferred"} for one in listed]},
        f"{skills} skills": {"skills": [shown]},
        "both": {"mcpServers": listed, "skills": [shown]},
    }
    found: dict[str, list[tuple[float, float, float, float]]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind, config in kinds.items():
            found[kind].append(await _start(folder / f"{number}-{len(kind)}-{len(config)}", pi, url, servers, config))
    print(f"{'start with':24}{'ready ms':>10}{'+ first request ms':>20}{'CPU s':>8}{'request KB':>12}")
    for kind, samples in found.items():
        ready, answered, cpu, size = (median(values) for values in zip(*samples, strict=True))
        print(f"{kind:24}{ready * 1000:10.0f}{answered * 1000:20.0f}{cpu:8.2f}{size / 1024:12.1f}")


async def measure_calls(dsn: str, url: str, calls: int) -> None:
    """Print what one call costs, directly and through the gateway; the ways take turns."""
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    broker: McpBroker | None = None
    try:
        async with running_port(store, tool_servers=_Later(lambda: broker)) as port:
            rule = McpRule(connection="tracker")
            port.resources.found_class = AgentClass.model_validate(
                {"spec": {"mcpServers": [rule.model_dump(by_alias=True)]}}
            )
            rights = Rights(store, port.deps.classes)
            broker = McpBroker({"tracker": Connection("tracker", url, Key())}, rights, McpUpstream())
            await port.make_run(await port.make_thread())
            await port.join()
            async with aiohttp.ClientSession() as session:
                direct = await _open(session, url, Key().build_header())
                proof = str(make_token("token-1"))  # type: ignore[no-untyped-call]
                over = await _open(session, f"{port.url}{PATH_MCP}/tracker", {"Authorization": f"Bearer {proof}"})
                times: dict[str, list[float]] = {"direct": [], "through the gateway": []}
                for number in range(calls + _WARM):
                    for name, call in (("direct", direct), ("through the gateway", over)):
                        begun = time.perf_counter()
                        await call(number)
                        if number >= _WARM:
                            times[name].append((time.perf_counter() - begun) * 1000)
    finally:
        if broker is not None:
            await broker.close()
        await store.close()
    print(f"{'a call':24}{'p50 ms':>10}{'p95 ms':>10}")
    for name, samples in times.items():
        print(f"{name:24}{summarise(samples).p50:10.1f}{sorted(samples)[int(len(samples) * 0.95)]:10.1f}")


class _Later:
    """A way to tool servers that is there once the port is."""

    def __init__(self, read: Any) -> None:
        self._read = read

    async def handle(self, request: Any, identity: Identity) -> Any:
        """Answer a request."""
        return await self._read().handle(request, identity)

    async def close(self) -> None:
        """Do nothing: whoever made it closes it."""


async def _open(session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> Any:
    """Begin a session at a server, and return a function that calls a tool in it."""
    sent = {**HEADERS, **headers}
    info = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    async with session.post(url, json=_build("initialize", 0, **info), headers=sent) as answer:
        answer.raise_for_status()
        await answer.read()
        sent["Mcp-Session-Id"] = answer.headers["Mcp-Session-Id"]

    async def call(number: int) -> None:
        body = _build("tools/call", number + 1, name="add", arguments={"a": number, "b": 1})
        async with session.post(url, json=body, headers=sent) as answer:
            if f'"result":{number + 1}' not in (await answer.text()).replace(" ", ""):
                raise RuntimeError("the tool answered otherwise")

    return call


def _build(method: str, number: int, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


@contextlib.asynccontextmanager
async def _model() -> AsyncIterator[tuple[TestServer, str]]:
    server = TestServer(create_app())
    await server.start_server()
    try:
        yield server, str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


async def _start(
    folder: Path, pi: Pi, url: str, servers: int, config: Mapping[str, Any]
) -> tuple[float, float, float, float]:
    """Start a runner; return seconds until it is ready, from the prompt to the answer's end, of CPU, and bytes of the request."""
    connections = {f"c{n}": Connection(f"c{n}", url, Key()) for n in range(servers)}
    broker = McpBroker(connections, Listed(*connections), McpUpstream())
    gateway = TestGateway()
    gateway.tools.broker = broker
    async with _model() as (app, model):
        await gateway.start(model)
        runner = RunnerProcess(folder, gateway.url, pi, **config)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        try:
            await runner.start()
            await gateway.ready()
            ready = time.perf_counter() - begun
            asked = time.perf_counter()
            await gateway.send(wire.Turn(id=1, text="hello"))
            await eventually(lambda: app.app[MODEL].requests, timeout=30)
            answered = time.perf_counter() - asked
            await gateway.ended(1)
            size = len(json.dumps(app.app[MODEL].requests[0]["body"]))
        finally:
            await runner.stop()
            await gateway.stop()
            await broker.close()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ready, answered, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, size


def _write_skills(folder: Path, count: int) -> str:
    for number in range(count):
        path = folder / f"skill-{number}" / "SKILL.md"
        path.parent.mkdir(parents=True)
        path.write_text(
            f"---\nname: skill-{number}\ndescription: Does thing number {number} of the team, when somebody asks for that.\n---\n"
            + "A line of what is to be done.\n" * 40
        )
    return str(folder)


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=30))
