"""What one measurement stands on: a cluster, a database, a simulated Telegram, operator and gateway."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiohttp.test_utils import TestServer

from agent_gateway.store.schema import bring_up_to_date
from agent_simulators.telegram.acts import post_message
from agent_simulators.telegram.server import CLOUD, create_app
from agent_simulators.telegram.state import Cloud
from dev.bench.outside import FIRST_CHAT, TOKEN
from dev.bench.scale.atrest import THREADS, fill
from dev.bench.scale.cluster import NAMESPACE, Cluster, running_cluster, running_proxy
from dev.bench.scale.pods import PlayedPods
from dev.bench.scale.processes import Part
from tests.support.ports import free_port
from tests.support.postgres import running_postgres

PEOPLE: Final = 1000
"""Who may talk to the bot: as many as are ever asked to."""
DONE_SECONDS: Final = 180.0
_DATABASE: Final = "openclaw_scale"
_LOOK_SECONDS = 0.1
_MAX_THREADS = 2000
_MODEL: Final = "http://127.0.0.1:9/v1"
"""Nobody is asked: played runners need no model."""


@dataclass
class Bench:
    """The parts of one measurement.

    Attributes:
        cluster: The API server and what belongs to it.
        dsn: Of the database.
        cloud: The simulated Telegram.
        operator: The real one.
        gateway: The real one.
        pods: Plays the runners.
        uids: Of the AgentThreads at rest, by chat.
        database: A connection that counts.
    """

    cluster: Cluster
    dsn: str
    cloud: Cloud
    operator: Part
    gateway: Part
    pods: PlayedPods
    database: Any
    uids: dict[int, str] = field(default_factory=dict)
    _unused: Iterator[int] = field(default_factory=lambda: iter(range(FIRST_CHAT, FIRST_CHAT + PEOPLE)))

    async def fill(self, count: int) -> None:
        """Let there be so many AgentThreads at rest."""
        self.uids |= await fill(self.cluster.client, self.dsn, range(len(self.uids), count))

    def take(self, count: int) -> list[int]:
        """Return chats that nothing was measured with yet."""
        return [next(self._unused) for _ in range(count)]

    async def say(self, chats: list[int], text: str = "hello") -> None:
        """Let the person of each chat say something there, all at once."""
        for chat in chats:
            await post_message(self.cloud, {"chat": chat, "user": chat, "text": text})

    async def until_done(self, chats: list[int], run: int = 2) -> None:
        """Wait until a run of each chat is over.

        Raises:
            TimeoutError: one is not, in three minutes.
        """
        async with asyncio.timeout(DONE_SECONDS):
            for chat in chats:
                while not await self._is_done(f"tg-{chat}", run):
                    await asyncio.sleep(_LOOK_SECONDS)

    async def _is_done(self, name: str, run: int) -> bool:
        status = (await self.cluster.client.request("GET", f"{THREADS}/{name}")).get("status", {})
        last = status.get("run") or {}
        return bool(status.get("phase") == "Idle" and last.get("number", 0) >= run and last.get("finishedAt"))

    def stop(self) -> None:
        """End operator and gateway."""
        self.gateway.stop()
        self.operator.stop()


@contextlib.asynccontextmanager
async def running_bench(pods: int) -> AsyncIterator[Bench]:
    """Yield everything but operator and gateway, which the measurement starts itself."""
    telegram = create_app(TOKEN)
    with running_postgres() as server:
        async with running_cluster(pods) as cluster, TestServer(telegram) as bot_api, _database(server) as database:
            runners, proxy = free_port(), free_port()
            url = f"http://127.0.0.1:{runners}"
            played = PlayedPods(cluster.client, NAMESPACE, url)
            dsn = _name_database(server)
            settings = {
                "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": str(bot_api.make_url("")).rstrip("/"),
                "TELEGRAM_ALLOWED_IDS": ",".join(map(str, range(FIRST_CHAT, FIRST_CHAT + PEOPLE))),
                "KUBE_API_URL": f"http://127.0.0.1:{proxy}", "DATABASE_URL": dsn, "HOST": "127.0.0.1",
                "PORT_RUNNERS": str(runners), "MAX_THREADS": str(_MAX_THREADS), "LLM_BASE_URL": _MODEL,
            }  # fmt: skip
            watching = asyncio.create_task(played.run())
            with running_proxy(cluster, "gateway", proxy):
                bench = Bench(
                    cluster, dsn, telegram[CLOUD], _build_operator(cluster, url), _build_gateway(cluster, settings),
                    played, database,
                )  # fmt: skip
                try:
                    yield bench
                finally:
                    bench.stop()
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                    await played.close()


@contextlib.asynccontextmanager
async def _database(server: str) -> AsyncIterator[Any]:
    first = await asyncpg.connect(server)
    await first.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)")
    await first.execute(f"CREATE DATABASE {_DATABASE}")
    try:
        await bring_up_to_date(_name_database(server), lambda _: None)
        connection = await asyncpg.connect(_name_database(server))
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await first.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")
        await first.close()


def _name_database(server: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{_DATABASE}"))


def _build_operator(cluster: Cluster, url: str) -> Part:
    health, metrics = free_port(), free_port()
    own = {
        "KUBECONFIG": str(cluster.kubeconfigs["operator"]), "OPERATOR_GATEWAY_URL": url,
        "OPERATOR_HEALTH_PORT": str(health), "OPERATOR_METRICS_PORT": str(metrics),
    }  # fmt: skip
    environment = _environment(cluster.settings["operator"], own)
    return Part("operator", ["-m", "agent_operator"], environment, health, cluster.folder / "operator.log")


def _build_gateway(cluster: Cluster, own: Mapping[str, str]) -> Part:
    health = free_port()
    environment = _environment(cluster.settings["gateway"], {**own, "PORT_METRICS": str(health)})
    return Part("gateway", ["-m", "agent_gateway"], environment, health, cluster.folder / "gateway.log")


def _environment(chart: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **chart, **own}
