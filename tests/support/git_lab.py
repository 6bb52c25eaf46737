"""A pod, its gateway and a git server, with git of the pod's settings between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from agent_contract import wire
from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.broker import Broker
from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.pushed import find_moved
from agent_gateway.connections.receiving import Receiver
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Upstream
from agent_gateway.mirrors.mirror import Mirror
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.middlewares import REALM
from agent_gateway.runners.tokens import Denied, compute_bearer
from agent_runner.gitsettings import build_settings
from tests.support.git_server import KEY, GitServer, run_git, serving
from tests.support.lfs_server import LfsServer

TOKEN = "token-of-the-pod-" + "x" * 900


@dataclass
class Rights:
    """Of one pod."""

    levels: list[list[RepositoryRule]] = field(default_factory=list)

    async def read(self, identity):
        return self.levels

    async def read_sources(self, identity):
        return []


def let_in(broker):
    """Serve one pod, as the runners' port does."""

    async def handle(request):
        try:
            token = compute_bearer(request.headers)
        except Denied:
            token = ""
        if token != TOKEN:
            return web.Response(status=401, headers=REALM)
        return await broker.handle(request, Identity("tg-1", 1, 1, "pod", "uid", "job"))

    return handle


class People:
    """Who is asked about pushes."""

    def __init__(self):
        self.held = []
        self.answers = asyncio.Queue()

    def wake(self, effect):
        """Nobody is woken: each answer is taken as it comes."""

    async def ask(self, held):
        self.held.append(held)
        return await self.answers.get()


@dataclass
class Record:
    """Keeps which refs git servers reported as moved."""

    moved: list = field(default_factory=list)

    async def note(self, thread_id, connection, path, push, seen):
        self.moved.append((thread_id, connection, path, find_moved(push, bytes(seen.tail))))


@dataclass
class Lab:
    """A pod, its gateway, and a git server of a host that does not exist."""

    folder: Path
    server: GitServer
    gateway: str
    rights: Rights
    people: object
    large: LfsServer
    record: Record
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
    """Answers as the gateway does."""
    mirror: Mirror | None = None
    broker: Broker | None = None

    @property
    def at_work(self):
        """Return how many requests the gateway has under way."""
        return self.broker.at_work.total

    async def git(self, *words, cwd=None, check=True):
        env = {"GIT_CONFIG_SYSTEM": str(self.folder / "gitconfig"), "GIT_TERMINAL_PROMPT": "0"}
        done = await asyncio.to_thread(run_git, cwd or self.folder, *words, env=env, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    async def clone(self, name="acme/api", *words):
        work = self.folder / f"work-{len(list(self.folder.iterdir()))}"
        await self.git("clone", "-q", *words, f"https://forge.example/{name}.git", str(work))
        return work

    def allow(self, **more):
        self.rights.levels = [[RepositoryRule(connection="lab", pattern="acme/**", **more)]]


@asynccontextmanager
async def running_lab(folder, shelf=None, people=None):
    server, rights, people, upstream = GitServer(folder / "server"), Rights(), people or People(), Upstream()
    large, record = LfsServer(server), Record()
    (folder / "key").write_text(KEY + "\n")
    (folder / "token").write_text(TOKEN)
    async with serving(large.handle) as forge:
        connection = Connection("lab", "git", forge, FileToken(folder / "key", "git"))
        mirror = Mirror(upstream, shelf) if shelf is not None else None
        broker = Broker({"lab": connection}, rights, Receiver(upstream, people, record), upstream, mirror)
        handle = let_in(broker)
        async with serving(handle, path="/git/{rest:.*}") as gateway:
            settings = [wire.GitConnection(name="lab", host="forge.example", prefixes=["acme/"])]
            (folder / "gitconfig").write_text(build_settings(gateway, str(folder / "token"), settings))
            lab = Lab(folder, server, gateway, rights, people, large, record, handle, mirror, broker)
            lab.allow(access="Write")
            try:
                yield lab
            finally:
                await broker.close()
