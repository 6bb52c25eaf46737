"""Gateways as processes beside one Postgres, one simulated Telegram and a Kubernetes API in which nothing happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_contract import names
from agent_simulators.telegram.server import CLOUD, create_app
from agent_simulators.telegram.state import Cloud
from tests.support.eventually import LONG, eventually
from tests.support.ports import free_port

BOT_ID = 1000000001
TOKEN = f"{BOT_ID}:AAabcdefghijklmnopqrstuvwxyz_012345"
PERSON = 48151623


@dataclass
class Gateway:
    """One process, and how to ask it."""

    process: asyncio.subprocess.Process
    port: int
    log_file: Path
    session: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, str]:
        """Ask a probe; (0, "") where nobody answers."""
        try:
            timeout = aiohttp.ClientTimeout(total=30)
            async with self.session.get(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def until_ready(self) -> None:
        """Wait until it can serve."""

        async def is_ready() -> bool:
            return await self.get("/readyz") == (200, "ready")

        await eventually(is_ready, timeout=LONG, interval=0.05)

    async def until_logged(self, step: str) -> None:
        """Wait until a step stands in its log."""
        await eventually(lambda: self.times(step), timeout=LONG)

    def log(self) -> list[dict[str, Any]]:
        """Return the whole lines of its log so far that are JSON."""
        found = []
        for line in self.log_file.read_text().split("\n")[:-1]:
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return found

    def times(self, step: str) -> list[int]:
        """Return when a step was logged, in milliseconds of the wall clock."""
        return [line["t"] for line in self.log() if line.get("step") == step and "t" in line]

    def problems(self) -> list[str]:
        """Return the problems that it logged."""
        return [line["problem"] for line in self.log() if line.get("problem")]

    @property
    def leads(self) -> bool:
        """Whether it has ever led."""
        return bool(self.times("leading"))

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def ended(self, seconds: float = 120) -> int:
        """Wait for its end; return the exit code."""
        return await asyncio.wait_for(self.process.wait(), seconds)


@dataclass
class Surroundings:
    """Where gateways are started."""

    folder: Path
    dsn: str
    cloud: Cloud
    environment: dict[str, str]
    session: aiohttp.ClientSession
    gateways: list[Gateway] = field(default_factory=list)
    runner_ports: list[int] = field(default_factory=list)
    said: int = 0

    async def start(self, **settings: str) -> Gateway:
        """Start a gateway."""
        port, runners = free_port(), free_port()
        log = self.folder / f"gateway-{len(self.gateways)}.log"
        given = {
            **self.environment, "DATABASE_URL": self.dsn, "PORT_METRICS": str(port), "PORT_RUNNERS": str(runners), **settings,
        }  # fmt: skip
        with log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agent_gateway", cwd=self.folder, env=given, stderr=stderr
            )
        gateway = Gateway(process, port, log, self.session)
        self.gateways.append(gateway)
        self.runner_ports.append(runners)
        return gateway

    def say(self) -> str:
        """Let a person say something that is answered with its own words, each in a chat of its own; return those."""
        self.said += 1
        text = f"/x{self.said}"
        chat = self.cloud.ensure_chat(PERSON + self.said, None, "")
        user = {"id": PERSON, "is_bot": False, "first_name": "Ada"}
        entity = {"type": "bot_command", "offset": 0, "length": len(text)}
        self.cloud.deliver("message", self.cloud.add_message(chat, user, text, None, entities=[entity]))
        return text

    def answers(self) -> list[str]:
        """Return what was answered, by the words that it answers."""
        messages = [m for chat in self.cloud.chats.values() for m in chat.messages.values()]
        return [m["text"].split()[-1] for m in messages if m["from"]["is_bot"] and m.get("text")]

    async def noted(self) -> set[str]:
        """Return the messages whose answers are noted as said, and were begun once: nobody may say them again."""
        connection = await asyncpg.connect(self.dsn)
        try:
            rows = await connection.fetch("SELECT text FROM outbox WHERE state = 'sent' AND attempts = 1")
        finally:
            await connection.close()
        return {row["text"].split()[-1] for row in rows}

    async def until_all_answered(self) -> list[str]:
        """Wait until each message has an answer; return the messages that have more than one.

        Raises:
            AssertionError: one has none.
        """
        wanted = {f"/x{n}" for n in range(1, self.said + 1)}
        await eventually(lambda: wanted <= set(self.answers()), timeout=LONG, interval=0.1)
        counts = Counter(self.answers())
        return sorted(text for text, count in counts.items() if count > 1)


@contextlib.asynccontextmanager
async def surroundings(folder: Path, dsn: str) -> AsyncIterator[Surroundings]:
    """Yield where gateways can be started; whatever still runs is killed behind it."""
    telegram = create_app(TOKEN)
    async with (
        TestServer(telegram) as bot_api, TestServer(_build_cluster()) as cluster, aiohttp.ClientSession() as session,
    ):  # fmt: skip
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_BASE": str(bot_api.make_url("")).rstrip("/"), "NAMESPACE": "agents", "HOST": "127.0.0.1",
            "KUBE_API_URL": str(cluster.make_url("")).rstrip("/"), "TELEGRAM_ALLOWED_IDS": str(PERSON),
        }  # fmt: skip
        around = Surroundings(folder, dsn, telegram[CLOUD], environment, session)
        try:
            yield around
        finally:
            for gateway in around.gateways:
                if gateway.process.returncode is None:
                    gateway.process.kill()
                await gateway.process.wait()


def _build_cluster() -> web.Application:
    async def resources(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})
        answer = web.StreamResponse()
        await answer.prepare(request)
        await asyncio.sleep(3600)
        return answer

    app = web.Application()
    for plural in (names.AGENT_THREADS, names.SUB_AGENTS, names.AGENT_CLASSES):
        app.router.add_get(f"/apis/{names.API_VERSION}/namespaces/agents/{plural}", resources)
    return app
