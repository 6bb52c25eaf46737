"""What a team gives its agents, with the real pi: tool servers by others, skills, templates, and the project's own words."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.mcp.broker import McpBroker
from agent_gateway.mcp.upstream import McpUpstream
from agent_runner.projectfile import MOST_BYTES
from tests.support.git_lab import TOKEN, running_lab
from tests.support.git_server import commit, run_git
from tests.support.mcp_servers import KEY, Connection, Key, Listed, McpServer
from tests.support.runner_talk import begin, texts


def declared(request):
    """Return the names of the tools that a request declares."""
    return [tool["function"]["name"] for tool in request["body"]["tools"]]


def system(request):
    """Return the system prompt of a request."""
    return request["body"]["messages"][0]["content"]


def build_broker(url):
    """Return a gateway's way to one server that answers and one that does not."""
    servers = {
        "tracker": Connection("tracker", url, Key()),
        "gone": Connection("gone", "http://127.0.0.1:1/mcp", Key()),
    }
    return McpBroker(servers, Listed("tracker", "gone"), McpUpstream())


@pytest.fixture
async def server(gateway, tmp_path):
    """Return a tool server; it is reached over the gateway alone."""
    server = McpServer(tmp_path, KEY)
    await server.start()
    broker = gateway.tools.broker = build_broker(server.url)
    yield server
    await broker.close()
    await server.stop()


async def test_a_server_is_asked_over_the_gateway_with_the_pods_token_as_it_stands(
    gateway, make_runner, server, model_requests
):
    runner = make_runner(mcpServers=[{"name": "issues", "connection": "tracker"}])
    await begin(gateway, runner, 'tool: mcp__issues__add {"a":2,"b":3}')
    assert "5" in texts(await gateway.ended(1))[-1]
    assert {"mcp__issues__add", "mcp__issues__get_weather"} <= set(declared(model_requests()[0]))
    gateway.token = "token-2"
    runner.token.write_text("token-2")
    assert "sunny" in texts(await gateway.ask(2, 'tool: mcp__issues__get_weather {"city":"Oslo"}'))[-1]
    assert gateway.tools.keys[-1] == "Bearer token-2"


async def test_no_server_is_asked_before_the_pod_is_known(gateway, make_runner, server):
    gateway.tools.welcomes_after = 2.0  # pi is loaded by then
    runner = make_runner(mcpServers=[{"name": "issues", "connection": "tracker"}])
    await begin(gateway, runner, 'tool: mcp__issues__add {"a":2,"b":3}')
    assert "5" in texts(await gateway.ended(1))[-1]


async def test_a_gateway_that_was_started_again_is_asked_on(gateway, make_runner, server):
    runner = make_runner(mcpServers=[{"name": "issues", "connection": "tracker"}])
    await begin(gateway, runner, 'tool: mcp__issues__add {"a":2,"b":3}')
    await gateway.ended(1)
    before, gateway.tools.broker = gateway.tools.broker, build_broker(server.url)  # no session is known to it
    assert "9" in texts(await gateway.ask(2, 'tool: mcp__issues__add {"a":4,"b":5}'))[-1]
    await gateway.tools.broker.close()
    gateway.tools.broker = before


async def test_a_class_that_names_each_tool_keeps_its_servers(gateway, make_runner, server, model_requests):
    servers = [{"name": "my-issues", "connection": "tracker", "exposure": "Deferred"}]
    runner = make_runner(mcpServers=servers, tools=["read", "bash"])
    await begin(gateway, runner, 'tool: tool_search {"query":"weather"}')
    assert "mcp__my_issues__get_weather" in texts(await gateway.ended(1))[-1]
    assert declared(model_requests()[0]) == ["read", "bash", "tool_search"]


async def test_what_a_script_calls_is_asked_for_like_any_other_call(gateway, make_runner, server):
    servers = [{"name": "issues", "connection": "tracker", "exposure": "CodeMode"}]
    rules = [
        {"tool": "mcp__issues__get_*", "action": "Never"},
        {"tool": "mcp__issues__add", "match": '*"a": 4*', "action": "Never"},
    ]
    runner = make_runner(mcpServers=servers, approvals=rules)
    script = (
        "const t = async (n, a) => { try { text(JSON.stringify(await tools[n](a))) } catch (e) { text(e.message) } };"
    )
    script += "await t('mcp__issues__add', {a: 1, b: 6}); await t('mcp__issues__get_weather', {city: 'Oslo'}); await t('mcp__issues__add', {a: 4, b: 1})"
    await begin(gateway, runner, f'tool: codemode {{"code":"{script}"}}')
    told = texts(await gateway.ended(1))[-1]
    assert told.count("do not allow") == 2
    assert "7" in told
    assert "sunny" not in told


async def test_a_server_that_is_away_is_told_once_and_the_rest_works(gateway, make_runner, server):
    servers = [{"name": "issues", "connection": "tracker"}, {"name": "wiki", "connection": "gone", "timeout": 3}]
    runner = make_runner(mcpServers=servers)
    await begin(gateway, runner, 'tool: mcp__issues__add {"a":2,"b":3}')
    events = await gateway.ended(1)
    assert "5" in texts(events)[-1]
    assert [(e.code, e.name) for e in events if isinstance(e, wire.Notice)] == [("tool_server_away", "wiki")]
    assert not [e for e in await gateway.ask(2, "hello") if isinstance(e, wire.Notice)]


async def test_skills_and_templates_of_the_class_are_there_and_no_others(
    gateway, make_runner, tmp_path, model_requests
):
    for name, text in {
        "flat/tidy.md": "---\nname: tidy\ndescription: tidies up\n---\nTidy.\n",
        "deep/ship/SKILL.md": "---\nname: ship\ndescription: ships it\n---\nShip.\n",
        "templates/review.md": "---\ndescription: Review a part\n---\nReview $1 with care.\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    runner = make_runner(
        skills=[str(tmp_path / "flat"), str(tmp_path / "deep")],
        promptTemplates=[str(tmp_path / "templates")],
        commands=[{"name": "review"}],
    )
    hidden = runner.workspace / ".pi/skills/evil/SKILL.md"
    hidden.parent.mkdir(parents=True)
    hidden.write_text("---\nname: evil\ndescription: evil words\n---\n")
    await begin(gateway, runner, "Ann:\n\n/review foo")
    await gateway.ended(1)
    assert "Review foo with care." in str(model_requests()[0]["body"]["messages"][-1])
    assert "ships it" in system(model_requests()[0])
    assert "tidies up" in system(model_requests()[0])
    assert "evil words" not in system(model_requests()[0])


async def test_what_a_config_map_lays_out_is_read_once(gateway, make_runner, tmp_path, model_requests):
    """The kubelet writes a ConfigMap's keys into a folder of their own, which links name twice."""
    for folder, key in (("skills", "tidy.md"), ("one", "SKILL.md"), ("templates", "review.md")):
        files = tmp_path / folder / "..2026_01_01_00_00_00.1"
        files.mkdir(parents=True)
        name = "review" if folder == "templates" else folder
        (files / key).write_text(f"---\nname: {name}\ndescription: {name} words\n---\nReview $1 with care.\n")
        (tmp_path / folder / "..data").symlink_to(files.name)
        (tmp_path / folder / key).symlink_to(f"..data/{key}")
    runner = make_runner(
        skills=[str(tmp_path / "skills"), str(tmp_path / "one")],
        promptTemplates=[str(tmp_path / "templates")],
        commands=[{"name": "review"}],
    )
    await begin(gateway, runner, "/review foo")
    await gateway.ended(1)
    [request] = model_requests()
    assert "Review foo with care." in str(request["body"]["messages"][-1])
    assert system(request).count("skills words") == 1
    assert system(request).count("one words") == 1


async def test_a_project_file_is_told_bounded_and_no_link_leads_out(gateway, make_runner, model_requests):
    runner = make_runner(instructions="Be brief.")
    (runner.workspace / "AGENTS.md").write_text(
        "Use tabs.\n" + "x" * 79 + "\n" * 1 + ("y" * 79 + "\n") * 40_000 + "the end"
    )
    await begin(gateway, runner, "hello")
    events = await gateway.ended(1)
    told = system(model_requests()[0])
    assert "Be brief." in told
    assert "Use tabs." in told
    assert "the end" not in told
    assert len(told) < MOST_BYTES + 20_000
    assert [(e.code, e.name) for e in events if isinstance(e, wire.Notice)] == [("project_file_cut", "AGENTS.md")]


async def test_skills_of_a_repository_are_there_at_the_first_turn_and_its_absence_is_told(
    gateway, make_runner, tmp_path, model_requests
):
    gateway.token = TOKEN
    async with running_lab(tmp_path) as lab:
        lab.server.create("acme/skills", commits=1)
        work = tmp_path / "server" / "seed-acme-skills"
        (work / "team" / "ship").mkdir(parents=True)
        (work / "team" / "ship" / "SKILL.md").write_text("---\nname: ship\ndescription: ships it\n---\nShip.\n")
        (work / "team" / "out").symlink_to("/etc/passwd")
        made = commit(work, 7)
        run_git(work, "push", "-q", str(lab.server.root / "acme/skills.git"), "HEAD:main")
        commit(work, 8)
        gateway.tools.git, gateway.tools.offers = (
            lab.handle,
            [wire.GitConnection(name="lab", host="x", prefixes=["acme/"])],
        )
        sources = [
            {"path": str(tmp_path / "skills" / str(number)), "connection": "lab", "repository": name, "commit": made}
            for number, name in enumerate(("acme/skills", "acme/none"))
        ]
        runner = make_runner(token=TOKEN, sources=sources, skills=[f"{sources[0]['path']}/team"])
        await begin(gateway, runner, "hello")
        events = await gateway.ended(1)
    assert "ships it" in system(model_requests()[0])
    assert [(e.code, e.name) for e in events if isinstance(e, wire.Notice)] == [("source_not_fetched", "acme/none")]
    assert not (tmp_path / "skills" / "0" / "team" / "out").is_symlink()
    assert not (tmp_path / "skills" / "0" / ".git").exists()
    for folder in (tmp_path / "skills" / "0").rglob("*"):
        folder.chmod(0o700)
