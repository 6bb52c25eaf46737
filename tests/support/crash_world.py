"""One run's world: an own database, Telegram, Kubernetes and runners that outlive each gateway, and the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web

from agent_contract import names
from agent_simulators.telegram.acts import post_message
from agent_simulators.telegram.server import CLOUD, create_app
from tests.conftest import BOT_ID, in_database
from tests.support.crash_kube import PlayedApi, build_class, name_call
from tests.support.crash_operator import PlayedOperator, Start
from tests.support.crash_points import Mode, Point, Points, strike_calls
from tests.support.crash_postgres import PostgresProxy
from tests.support.crash_runner import Home, PlayedRunner
from tests.support.crash_zygote import Zygote
from tests.support.postgres import execute
from tests.support.runners import NAMESPACE

TOKEN = f"{BOT_ID}:AAabcdefghijklmnopqrstuvwxyz_012345"
PERSON, OTHER = 42, 43
GROUP = -4200
BOT = "demo_bot"
"""What the simulated Telegram calls a bot that nobody has named."""
_PORT_RUNNERS, _PORT_METRICS = 18080, 19090
_MOST_STARTS = 20
"""Of one world: a gateway that cannot stay is not started for ever."""
_RECORDED = "SELECT unnest(message_ids) AS id FROM outbox UNION SELECT unnest(message_ids) AS id FROM turn_views"
_numbers = itertools.count(1)


class World:
    """Everything around the gateway, and its lives.

    Attributes:
        starts: How many gateways there were.
        exits: Exit codes of those that ended by themselves.
        ambiguous: Messages of the bot whose sender died, or lost Telegram's answer, before it could record them.
        chat: Where everything is said.
        thread: The name of its conversation.
    """

    def __init__(
        self, zygote: Zygote, dsn: str, points: Points, folder: Path, host: str, chat: int = PERSON, **settings: str
    ) -> None:
        self.chat = chat
        self.thread = names.build_thread_name("tg", chat, None)
        self._zygote = zygote
        self.dsn = dsn
        self.points = points
        self.folder = folder
        self.host = host
        self.starts = 0
        self.most_starts = _MOST_STARTS
        self.exits: list[int] = []
        self.ambiguous: set[int] = set()
        self.settings = settings
        self.api = PlayedApi()
        self._pid: int | None = None
        self._life: asyncio.Task | None = None
        self._sites: list[web.AppRunner] = []
        self._proxy = PostgresProxy(dsn, lambda: self.points)

    async def open(self) -> None:
        """Let everything stand, and the first gateway begin."""
        telegram = create_app(TOKEN)
        telegram.middlewares.append(strike_calls(lambda: self.points, _name_method, self._note_lost))
        self.cloud = telegram[CLOUD]
        kube = self.api.app(strike_calls(lambda: self.points, name_call))
        self.api.put(names.AGENT_CLASSES, build_class(), "ADDED")
        self._session = aiohttp.ClientSession()
        home = Home(f"http://{self.host}:{_PORT_RUNNERS}", self._session, lambda: self.points)
        self.operator = PlayedOperator(self.api, self._build_start(home))
        self._environment = {
            "PATH": os.environ["PATH"], "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": await self._serve(telegram),
            "TELEGRAM_ALLOWED_IDS": str(self.chat), "KUBE_API_URL": await self._serve(kube), "NAMESPACE": NAMESPACE,
            "POD_ADDRESSES": "false",  # they all have one
            "HOST": self.host, "PORT_RUNNERS": str(_PORT_RUNNERS), "PORT_METRICS": str(_PORT_METRICS),
            "DATABASE_URL": await self._proxy.start(), **self.settings,
        }  # fmt: skip
        self.database = await asyncpg.create_pool(self.dsn, min_size=1, max_size=2)
        self._life = asyncio.create_task(self._keep_alive())

    async def close(self) -> None:
        """End everything."""
        await self.end_gateway()
        await self.operator.close()
        await self._session.close()
        for site in self._sites:
            await site.cleanup()
        await self._proxy.close()
        await self.database.close()

    @property
    def pid(self) -> int | None:
        """Return the gateway's process; None while there is none."""
        return self._pid

    async def end_gateway(self) -> None:
        """Let there be no gateway any more."""
        self.points.enabled = False
        self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        self.kill()

    def kill(self) -> None:
        """End the gateway this very moment: nothing that it has not sent on yet takes effect."""
        if self._pid is not None:
            _kill(self._pid)
        self._proxy.sever()

    async def note_ambiguous(self) -> None:
        """Remember which messages stand in the chat and in no record."""
        chat = self.cloud.chats.get(self.chat)
        own = {n for n, m in chat.messages.items() if m["from"]["is_bot"]} if chat is not None else set()
        recorded = {row["id"] for row in await self.database.fetch(_RECORDED)}
        self.ambiguous |= own - recorded

    async def say(self, *texts: str, user: int = PERSON, **fields: Any) -> None:
        """Say something, in several messages at once; the fields are those of the last one."""
        for number, text in enumerate(texts, 1):
            more = fields if number == len(texts) else {}
            await post_message(self.cloud, {"chat": self.chat, "user": user, "text": text, **more})

    def _build_start(self, home: Home) -> Start:
        return lambda name, run, token: PlayedRunner(home, name, run, token, one_turn=name != self.thread)

    def log(self) -> str:
        """Return what the gateways wrote."""
        path = self.folder / "gateway.log"
        return path.read_text() if path.exists() else ""

    def _note_lost(self, name: str) -> None:
        """Remember the message that a call has made and nobody was told of."""
        if name.startswith("telegram:send"):
            self.ambiguous.add(max(n for n, m in self.cloud.chats[self.chat].messages.items() if m["from"]["is_bot"]))

    async def _keep_alive(self) -> None:
        """Begin a gateway, and another where one has ended, as the kubelet would."""
        while self.starts < self.most_starts:
            self.starts += 1
            self._pid, ended = await self._zygote.fork(self._environment, self.folder / "gateway.log")
            code = await asyncio.shield(ended)
            self._pid = None
            await self.note_ambiguous()
            if code != -signal.SIGKILL:
                self.exits.append(code)

    async def _serve(self, app: web.Application) -> str:
        site = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._sites.append(site)
        await site.setup()
        await web.TCPSite(site, "127.0.0.1", 0).start()
        port = site.addresses[0][1]
        return f"http://127.0.0.1:{port}"


@contextlib.asynccontextmanager
async def running_world(
    zygote: Zygote,
    postgres: str,
    target: Point | None = None,
    mode: Mode = Mode.BEFORE,
    chat: int = PERSON,
    **settings: str,
) -> AsyncIterator[World]:
    """Yield a world with a fresh database; the target is struck in it."""
    number = next(_numbers)
    name = f"openclaw_crash_{os.getpid()}_{number}"
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    # an address of its own for each: their ports never meet
    host = f"127.{(os.getpid() % 100) + 100}.{number // 250 % 250}.{number % 250 + 1}"
    await execute(postgres, f"CREATE DATABASE {name} TEMPLATE openclaw_template")
    world: World | None = None
    points = Points(lambda: world.kill() if world is not None else None, target, mode)
    try:
        world = World(zygote, in_database(postgres, name), points, folder, host, chat, **settings)
        await world.open()
        try:
            yield world
        finally:
            await world.close()
    finally:
        await execute(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        shutil.rmtree(folder, ignore_errors=True)


def _name_method(request: web.Request) -> str | None:
    method = request.match_info.get("method")
    return f"telegram:{method}" if method is not None else None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
