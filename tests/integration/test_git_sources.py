"""Repositories of skills and templates: a class's agents read them whatever else their conversations and parents are left."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from agent_contract.repositories import NarrowerRule
from agent_gateway.resources.reading import read_class
from agent_runner.gitsettings import build_settings
from tests.support.childruns import start_child
from tests.support.git_server import KEY, GitServer, commit, run_git, serving
from tests.support.runners import FakeResources, bearer, make_token, running_port

pytestmark = pytest.mark.postgres
SKILLS = [{"repository": {"connection": "lab", "path": "acme/skills", "commit": "a" * 40}}]
RULES = [{"connection": "lab", "pattern": "acme/*", "access": "Write"}]


class Resources(FakeResources):
    """Classes by name."""

    def __init__(self, **specs):
        super().__init__()
        self.classes = {name: read_class({"metadata": {"name": name}, "spec": spec}) for name, spec in specs.items()}

    async def find_class(self, name):
        return self.classes[name]


@asynccontextmanager
async def running(store, folder, **specs):
    """Serve a forge and the runners' port to a conversation whose class is `default`; yield its thread too."""
    server = GitServer(folder / "server")
    for name in ("acme/api", "acme/skills", "acme/skills-more"):
        server.create(name, commits=1)
    (folder / "key").write_text(KEY)
    resources = Resources(**specs)
    async with serving(server.handle) as forge:
        file = folder / "connections.json"
        file.write_text(json.dumps([{"name": "lab", "url": forge, "tokenFile": str(folder / "key")}]))
        async with running_port(store, connections=file, resources=resources) as port:
            thread = await port.make_thread()
            await port.make_run(thread)
            await port.join()
            yield port, thread


async def ask(port, path, service="git-upload-pack", token="token-1"):
    url = f"{port.url}/git/lab/{path}.git/info/refs?service={service}"
    async with port.session.get(url, headers=bearer(token)) as answer:
        return answer.status


def make_git(port, folder):
    """Return git as a pod has it, which asks the gateway by its own address."""
    (folder / "token").write_text(make_token("token-1"))
    (folder / "gitconfig").write_text(build_settings(port.url, str(folder / "token"), []))
    env = {"GIT_CONFIG_SYSTEM": str(folder / "gitconfig"), "GIT_TERMINAL_PROMPT": "0"}
    header = f"http.extraHeader=Authorization: {bearer('token-1')['Authorization']}"

    async def git(*words, cwd=folder):
        return await asyncio.to_thread(run_git, cwd, "-c", header, *words, env=env, check=False)

    return git


@pytest.mark.parametrize("left", [[], [NarrowerRule(connection="lab", pattern="acme/api")]], ids=["nothing", "another"])
async def test_a_narrowed_conversation_reads_its_skills_and_does_no_more_with_them(store, tmp_path, left):
    async with running(store, tmp_path, default={"repositories": RULES, "skills": SKILLS}) as (port, thread):
        assert await ask(port, "acme/skills", "git-receive-pack") == 200, "its class lets it write"
        await port.resources.ensure(thread)
        await port.resources.narrow(thread.name, left)
        git, work = make_git(port, tmp_path), tmp_path / "work"
        done = await git("clone", "-q", f"{port.url}/git/lab/acme/skills.git", str(work))
        assert done.returncode == 0, done.stderr
        commit(work, 9)
        done = await git("push", "-q", "origin", "HEAD:agent/x", cwd=work)
        assert done.returncode != 0
        assert await ask(port, "acme/skills", "git-receive-pack") == 403
        assert await ask(port, "acme/skills-more") == 404
        assert await ask(port, "acme/api") == (200 if left else 404)


async def test_a_sub_agent_reads_the_skills_of_its_own_class_and_not_what_else_its_parent_lacks(store, tmp_path):
    api = [{"connection": "lab", "pattern": "acme/api"}]
    async with running(
        store, tmp_path, default={"repositories": api}, skilled={"repositories": RULES, "skills": SKILLS}
    ) as (
        port,
        thread,
    ):
        turn = await port.make_turn(thread)
        await start_child(port, thread, turn, "skilled")
        assert await ask(port, "acme/skills", token="token-k1") == 200
        assert await ask(port, "acme/skills", "git-receive-pack", token="token-k1") == 403
        assert await ask(port, "acme/skills-more", token="token-k1") == 404
        assert await ask(port, "acme/api", token="token-k1") == 200
        assert await ask(port, "acme/skills") == 404, "the skills are the sub-agent's class's alone"
