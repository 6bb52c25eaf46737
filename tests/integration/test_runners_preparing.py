"""What a workspace begins with, and narrower rights, at the runners' own port and on a real Postgres."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_contract import wire
from agent_contract.repositories import NarrowerRule
from agent_gateway.resources.reading import read_class
from agent_gateway.store.repositories import Chosen
from agent_runner.gitsettings import build_settings
from tests.support.eventually import eventually
from tests.support.git_server import KEY, GitServer, run_git, serving
from tests.support.runners import FakeResources, make_token, running_port

pytestmark = pytest.mark.postgres
SPEC = {
    "repositories": [{"connection": "lab", "pattern": "acme/*", "access": "Write"}],
    "workspace": {
        "repositories": [{"connection": "lab", "repository": "acme/tools", "path": "bin"}],
        "setup": [{"command": "make deps", "timeoutSeconds": 60}, {"command": "npm ci", "every": "Run"}],
    },
}


@pytest.fixture
async def port(store, tmp_path):
    (tmp_path / "connections.json").write_text(json.dumps([{"name": "lab", "url": "https://forge.example"}]))
    resources = FakeResources()
    resources.found_class = read_class({"spec": SPEC})
    async with running_port(store, connections=tmp_path / "connections.json", resources=resources) as found:
        yield found


async def said(store):
    return [row["text"] for row in await store.pool.fetch("SELECT text FROM outbox ORDER BY id")]


async def test_a_run_begins_with_what_class_and_people_say(store, port):
    thread = await port.make_thread()
    await store.repositories.choose(thread.id, Chosen("lab", "acme/api", "x"), 42)
    await port.make_run(thread)
    welcome = await (await port.join()).get(wire.Welcome)
    assert [(one.repository, one.folder, one.ref, one.fresh) for one in welcome.checkouts] == [
        ("acme/tools", "bin", "", False), ("acme/api", "api", "x", True)
    ]  # fmt: skip
    assert [(step.command, step.each_run, step.seconds) for step in welcome.setup] == [
        ("make deps", False, 60), ("npm ci", True, 300)
    ]  # fmt: skip


async def test_what_is_prepared_is_recorded_once_and_told_in_the_chat(store, port):
    thread = await port.make_thread()
    await store.repositories.choose(thread.id, Chosen("lab", "acme/api"), 42)
    await port.make_run(thread)
    runner = await port.join()
    await runner.get(wire.Welcome)
    numbers = iter(range(1, 100))

    async def tell(**fields):
        number = next(numbers)
        await runner.send(wire.Prepared(seq=number, **fields))
        await eventually(lambda: any(isinstance(one, wire.Ack) and one.seq >= number for one in runner.frames))

    api = {"kind": "repository", "connection": "lab", "repository": "acme/api"}
    await tell(**api, state="working", percent=30)
    await tell(**api, state="working", percent=40)
    await tell(**api, state="done", text="main")
    assert await said(store) == [
        "⏳ I'm fetching `acme/api`: 30 %", "⏳ I'm fetching `acme/api`: 40 %", "📥 `acme/api` is here, on branch `main`."
    ]  # fmt: skip
    found = await store.repositories.chosen(thread.id)
    assert found.state == "ready"
    tools = {**api, "repository": "acme/tools"}
    await tell(**tools, state="done", text="main")
    await tell(**{**api, "repository": "acme/*evil*"}, state="failed", text="of no concern")
    await tell(kind="setup", number=7, state="failed", text="of no concern")
    await tell(kind="setup", number=0, state="done")
    assert len(await said(store)) == 3, "what is quick, or was not asked for, is not told"
    await tell(**tools, state="failed", text="*no* `such` repository")
    await tell(kind="setup", number=0, state="failed", text="line\n``` evil\n(exit code 2)")
    *_, tools_said, setup_said = await said(store)
    assert tools_said == "⚠ I couldn't fetch `acme/tools`: \\*no\\* \\`such\\` repository"
    assert setup_said.startswith("⚠ A step that prepares my workspace failed: `make deps`. I go on without it.")
    assert (
        "<details><summary>What it said</summary>\n\n````\nline\n``` evil\n(exit code 2)\n````\n\n</details>"
        in setup_said
    )
    row = await store.runs.get(thread.id, 1)
    assert row.acked_seq == next(numbers) - 1


async def test_narrower_rights_hold_for_the_next_request_and_before_they_are_written(store, tmp_path):
    server = GitServer(tmp_path / "server")
    for name in ("acme/api", "acme/docs"):
        server.create(name)
    (tmp_path / "key").write_text(KEY)
    resources = FakeResources()
    resources.found_class = read_class({"spec": {"repositories": SPEC["repositories"]}})
    async with serving(server.handle) as forge:
        file = tmp_path / "connections.json"
        file.write_text(json.dumps([{"name": "lab", "url": forge, "tokenFile": str(tmp_path / "key")}]))
        async with running_port(store, connections=file, resources=resources) as port:
            thread = await port.make_thread()
            await resources.ensure(thread)
            await port.make_run(thread)
            welcome = await (await port.join()).get(wire.Welcome)
            (tmp_path / "token").write_text(make_token("token-1"))
            (tmp_path / "gitconfig").write_text(build_settings(port.url, str(tmp_path / "token"), welcome.git))
            env = {"GIT_CONFIG_SYSTEM": str(tmp_path / "gitconfig"), "GIT_TERMINAL_PROMPT": "0"}

            async def git(*words):
                done = await asyncio.to_thread(run_git, tmp_path, *words, env=env, check=False)
                return done.returncode == 0 or done.stderr

            work = tmp_path / "work"
            assert await git("clone", "-q", f"{forge}/acme/api.git", str(work)) is True
            assert await git("ls-remote", f"{forge}/acme/docs.git") is True
            await store.repositories.narrow(thread.id, (NarrowerRule(connection="lab", pattern="acme/api"),))
            assert "not among the repositories" in str(await git("ls-remote", f"{forge}/acme/docs.git"))
            assert await git("-C", str(work), "push", "-q", "origin", "HEAD:agent/x") is True
            resources.change("tg-42", repositories=[{"connection": "lab", "pattern": "acme/api", "access": "Read"}])
            assert "may only be read" in str(await git("-C", str(work), "push", "-q", "origin", "HEAD:agent/y"))
            resources.change("tg-42", repositories=[])
            assert "not among the repositories" in str(await git("-C", str(work), "fetch", "-q"))
            await store.repositories.narrow(thread.id, None)
            assert await git("-C", str(work), "fetch", "-q") is not True, "what stands counts until it is written"
