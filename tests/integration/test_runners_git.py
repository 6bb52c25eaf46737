"""Git at the runners' own port: a pod's token, the class's rules, the welcome's words for git, and the end of a run."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent_contract import wire
from agent_gateway.resources.reading import read_class
from agent_gateway.store.rows import Thread
from agent_runner.gitsettings import build_settings
from tests.support.eventually import eventually
from tests.support.git_server import KEY, GitServer, commit, run_git, serving
from tests.support.runners import FakeResources, Port, make_token, running_port

pytestmark = pytest.mark.postgres


@dataclass
class Lab:
    """A pod that has its run, and a forge."""

    folder: Path
    server: GitServer
    port: Port
    thread: Thread
    forge: str
    welcome: wire.Welcome

    async def git(self, *words, cwd=None):
        env = {"GIT_CONFIG_SYSTEM": str(self.folder / "gitconfig"), "GIT_TERMINAL_PROMPT": "0"}
        return await asyncio.to_thread(run_git, cwd or self.folder, *words, env=env, check=False)

    async def clone(self):
        work = self.folder / "work"
        done = await self.git("clone", "-q", f"{self.forge}/acme/api.git", str(work))
        assert done.returncode == 0, done.stderr
        return work

    def show_token(self, token):
        (self.folder / "token").write_text(make_token(token))


@asynccontextmanager
async def running_lab(store, folder, **rule):
    """Serve a forge and the runners' port, and let one pod in, whose class has one rule."""
    server = GitServer(folder / "server")
    server.create("acme/api")
    (folder / "key").write_text(KEY)
    resources = FakeResources()
    spec = {"repositories": [{"connection": "lab", "pattern": "acme/*", "access": "Write", **rule}]}
    resources.found_class = read_class({"spec": spec})
    async with serving(server.handle) as forge:
        file = folder / "connections.json"
        file.write_text(json.dumps([{"name": "lab", "url": forge, "tokenFile": str(folder / "key")}]))
        async with running_port(store, connections=file, resources=resources) as port:
            thread = await port.make_thread()
            await port.make_run(thread)
            welcome = await (await port.join()).get(wire.Welcome)
            lab = Lab(folder, server, port, thread, forge, welcome)
            lab.show_token("token-1")
            (folder / "gitconfig").write_text(build_settings(port.url, str(folder / "token"), welcome.git))
            yield lab


async def test_a_pod_clones_and_pushes_by_its_token_until_its_run_is_over(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        host = lab.forge.removeprefix("http://")
        assert lab.welcome.git == [wire.GitConnection(name="lab", host=host, prefixes=["acme/"])]
        work = await lab.clone()
        made = commit(work, 9)
        done = await lab.git("push", "origin", "HEAD:agent/x", "HEAD:main", cwd=work)
        assert "may not be changed by an agent" in done.stderr
        done = await lab.git("push", "-q", "origin", "HEAD:agent/x", cwd=work)
        assert done.returncode == 0, done.stderr
        assert lab.server.read("acme/api", "refs/heads/agent/x") == made
        lab.show_token("another")
        assert (await lab.git("fetch", "-q", cwd=work)).returncode != 0
        lab.show_token("token-1")
        await store.runs.end(lab.thread.id, 1, "Done", None)
        lab.port.deps.registry.forget(lab.thread.id, 1)
        assert (await lab.git("fetch", "-q", cwd=work)).returncode != 0, "its run is over"


async def test_a_large_push_that_is_refused_is_told_in_words(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        work = await lab.clone()
        (work / "noise").write_bytes(random.Random(1).randbytes(20 << 20))
        commit(work, 9)
        done = await lab.git("push", "origin", "HEAD:main", cwd=work)
        assert "may not be changed by an agent: only agent/** may be" in done.stderr


async def test_a_push_waits_for_a_tap_and_goes_on(store, tmp_path):
    async with running_lab(store, tmp_path, approval="Ask") as lab:
        turn = await lab.port.make_turn(lab.thread)
        assert (await store.turns.deliver_next(lab.thread.id, 1)).id == turn.id
        work = await lab.clone()
        made = commit(work, 9)
        pushing = asyncio.create_task(lab.git("push", "origin", "HEAD:agent/x", cwd=work))
        await eventually(lambda: is_asked(store))
        assert lab.server.read("acme/api", "refs/heads/agent/x") == ""
        await store.pool.execute("UPDATE decisions SET state = 'answered', choice = 0, ended_at = now()")
        done = await pushing
        assert done.returncode == 0, done.stderr
        assert "waiting for approval in the chat" in done.stderr
        assert lab.server.read("acme/api", "refs/heads/agent/x") == made


async def is_asked(store):
    return await store.pool.fetchval("SELECT 1 FROM decisions WHERE kind = 'push' AND state = 'asked'")
