"""Services at the runners' own port: a pod's token, the class's rules and those above it, the welcome, and the end of a run."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from agent_contract import wire
from agent_contract.apis import NarrowerApi
from agent_contract.team import NarrowerServer
from agent_gateway.apis.settings import compute_port
from agent_gateway.connections.rights import Rights
from agent_gateway.mcp.rules import find_allowed
from agent_gateway.resources.reading import read_class
from agent_gateway.runners import reaching
from agent_gateway.runners.identity import Identity
from tests.support.api_lab import KEY, Service
from tests.support.childruns import start_child
from tests.support.eventually import eventually
from tests.support.git_server import serving
from tests.support.runners import FakeResources, bearer, running_port
from tests.support.turns import deliver

pytestmark = pytest.mark.postgres


class Resources(FakeResources):
    """Count how often they are asked for a class while nothing is known."""

    asked = 0

    def find_class_name(self, thread_name):
        self.asked += not self.synced
        return super().find_class_name(thread_name)


@asynccontextmanager
async def running(store, folder, *rules):
    """Serve a service and the runners' port, whose one class has these rules."""
    service, resources = Service(), Resources()
    resources.found_class = read_class({"spec": {"apis": [{"connection": "lab", **rule} for rule in rules]}})
    (folder / "key").write_text(KEY)
    async with serving(service.handle) as url:
        service.url = url
        file = folder / "connections.json"
        lab = {"name": "lab", "kind": "http", "url": f"{url}/base", "tokenFile": str(folder / "key")}
        file.write_text(json.dumps([lab, {"name": "hub", "url": "https://hub.example"}]))
        async with running_port(store, connections=file, resources=resources) as port:
            yield service, port


async def ask(port, path, method="GET", token="token-1"):
    async with port.session.request(method, f"{port.url}{path}", headers=bearer(token)) as answer:
        return answer.status


async def test_a_pod_asks_by_its_token_until_its_run_is_over(store, tmp_path):
    async with running(store, tmp_path, {"paths": ["v1/**"]}) as (service, port):
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.connect()
        await runner.hello(1)
        welcome = await runner.get(wire.Welcome)
        told = wire.ApiConnection(
            name="lab", format="plain", url=f"{service.url}/base", port=compute_port("lab"), paths=["v1/**"]
        )
        assert welcome.apis == [told]
        assert await ask(port, "/http/lab/v1/x") == 200
        assert await ask(port, "/http/lab/v2/x") == 403
        assert await ask(port, "/http/lab/v1/x", "POST") == 403
        assert await ask(port, "/http/hub/v1/x") == 404
        assert await ask(port, "/http/lab/v1/x", token="another") in (401, 403)
        assert [(seen.path, seen.headers["Authorization"]) for seen in service.seen] == [
            ("/base/v1/x", f"Bearer {KEY}")
        ]
        await store.runs.end(thread.id, 1, "Done", None)
        port.deps.registry.forget(thread.id, 1)
        assert await ask(port, "/http/lab/v1/x") in (401, 403)
        assert len(service.seen) == 1


async def test_what_is_left_in_a_conversation_holds_for_the_next_request_and_before_it_is_written(store, tmp_path):
    async with running(store, tmp_path, {"paths": ["v1/**"], "methods": ["GET", "POST"]}) as (_, port):
        port.deps.apis._clock = iter(range(0, 10_000, 100)).__next__
        thread = await port.make_thread()
        await port.resources.ensure(thread)
        await port.make_run(thread)
        await port.join()
        assert await ask(port, "/http/lab/v1/x", "POST") == 200
        await store.narrowed.narrow_apis(thread.id, (NarrowerApi(connection="lab", methods=["GET"]),))
        assert await ask(port, "/http/lab/v1/x", "POST") == 403
        assert await ask(port, "/http/lab/v1/x") == 200
        port.resources.change("tg-42", apis=[{"connection": "lab", "paths": ["v1/a/**", "v2/**"]}])
        assert await ask(port, "/http/lab/v1/x") == 403
        assert await ask(port, "/http/lab/v2/x") == 403, "nothing is added"
        assert await ask(port, "/http/lab/v1/a/x") == 200
        [offer] = await port.deps.apis.offer(Identity(thread.name, thread.id, 1, "pod-1", "uid-pod-1", "job"))
        assert (offer.paths, offer.writes) == (["v1/a/**"], False)
        port.resources.change("tg-42", apis=[])
        assert await ask(port, "/http/lab/v1/a/x") == 404
        await store.narrowed.narrow_apis(thread.id, None)
        assert await ask(port, "/http/lab/v1/a/x") == 404, "what stands counts until it is written"


async def test_a_sub_agent_has_at_most_what_is_left_to_the_conversation_above_it(store, tmp_path):
    rule = {"methods": ["GET", "POST"], "subAgents": "Write"}
    async with running(store, tmp_path, rule) as (_, port):
        port.deps.apis._clock = iter(range(0, 10_000, 100)).__next__
        parent = await port.make_thread()
        await port.resources.ensure(parent)
        await port.make_run(parent)
        await start_child(port, parent, await port.make_turn(parent))
        token = {"token": "token-k1"}
        assert await ask(port, "/http/lab/v1/x", "POST", **token) == 200
        await store.narrowed.narrow_apis(parent.id, (NarrowerApi(connection="lab", sub_agents="Read"),))
        assert await ask(port, "/http/lab/v1/x", "POST", **token) == 403
        assert await ask(port, "/http/lab/v1/x", **token) == 200
        port.resources.change("tg-42", apis=[])
        assert await ask(port, "/http/lab/v1/x", **token) == 404


async def test_of_tool_servers_too_a_conversation_and_its_sub_agents_have_what_is_left(store, tmp_path):
    async with running(store, tmp_path) as (_, port):
        rule = {"connection": "tracker", "resources": True, "timeout": 20}
        port.resources.found_class = read_class({"spec": {"mcpServers": [rule, {"connection": "wiki"}]}})
        parent = await port.make_thread()
        await port.resources.ensure(parent)
        await port.make_run(parent)
        child, _ = await start_child(port, parent, await port.make_turn(parent))
        rights = Rights(store, port.deps.classes)

        async def find(name):
            pods = [Identity(one.name, one.id, 1, "pod", "uid", "job") for one in (parent, child)]
            return [find_allowed(await rights.read_servers(pod), name) for pod in pods]

        assert [(one.has("add"), one.resources, one.timeout) for one in await find("tracker")] == [(True, True, 20)] * 2
        wanted = (NarrowerServer(connection="tracker", tools={"allow": ["add", "gone"]}, resources=False),)
        await store.narrowed.narrow_servers(parent.id, wanted)
        for one in await find("tracker"):
            assert (one.has("add"), one.has("delete_all"), one.resources, one.timeout) == (True, False, False, 20)
        assert await find("wiki") == [None, None]
        port.resources.change("tg-42", mcpServers=[{"connection": "tracker", "tools": {"deny": ["add"]}}])
        assert [one.has("add") or one.has("gone") for one in await find("tracker")] == [True, True]
        assert [one.has("add") for one in await find("tracker")] == [False, False], "both hold"
        port.resources.change("tg-42", mcpServers=[])
        assert await find("tracker") == [None, None]


async def test_what_is_written_in_the_middle_of_a_look_is_not_missed(store, tmp_path, monkeypatch):
    """Its row is gone by then, so that what stands is read behind the row."""
    everything = {
        "repositories": [{"connection": "hub", "pattern": "acme/*"}], "apis": [{"connection": "lab"}],
        "mcpServers": [{"connection": "tracker"}],
    }  # fmt: skip
    async with running(store, tmp_path) as (_, port):
        port.resources.found_class = read_class({"spec": everything})
        thread = await port.make_thread()
        await port.resources.ensure(thread)
        pod, rights = Identity(thread.name, thread.id, 1, "pod", "uid", "job"), Rights(store, port.deps.classes)
        for room in (store.narrowed, store.repositories):
            read = room.unwritten

            async def write_first(thread_id, read=read):
                port.resources.change("tg-42", repositories=[], apis=[], mcpServers=[])
                return await read(thread_id)

            monkeypatch.setattr(room, "unwritten", write_first)
        for look in (rights.read, rights.read_apis, rights.read_servers):
            port.resources.change("tg-42", repositories=None, apis=None, mcpServers=None)
            assert [list(level) for level in await look(pod)][1:] == [[]]


async def test_without_a_rule_there_is_no_service(store, tmp_path):
    async with running(store, tmp_path) as (service, port):
        await port.make_run(await port.make_thread())
        assert (await (await port.join()).get(wire.Welcome)).apis == []
        assert await ask(port, "/http/lab/v1/x") == 404
        assert service.seen == []


@pytest.fixture
def patient(monkeypatch):
    """Wait for a class as long as a busy machine may need."""
    monkeypatch.setattr(reaching, "WAIT_SECONDS", 60.0)


@pytest.mark.usefixtures("patient")
async def test_what_is_not_known_at_a_welcome_is_not_told_as_nothing_but_before_the_next_prompt(store, tmp_path):
    """A gateway that had just begun told runners that were back of no service at all, and they ended what served them."""
    async with running(store, tmp_path, {"paths": ["v1/**"]}) as (_, port):
        thread = await port.make_thread()
        await port.make_run(thread)
        port.resources.unknown_since = datetime.now(UTC)
        runner = await port.join(ready=True)
        welcome = await runner.get(wire.Welcome)
        assert (welcome.reach_known, welcome.apis, welcome.git) == (False, [], [])
        await port.make_turn(thread)
        turn = await deliver(port, thread)
        await runner.get(wire.Turn)
        assert not any(isinstance(frame, wire.Reach) for frame in runner.frames)
        await runner.event(1, turn.id, wire.TurnSettled())
        await runner.acked(1)
        port.resources.unknown_since = None
        await port.make_turn(thread, update=2)
        await deliver(port, thread)
        await runner.get(wire.Turn, count=2)
        kinds = [type(frame) for frame in runner.frames]
        assert kinds.count(wire.Reach) == 1
        assert kinds.index(wire.Reach) < len(kinds) - 1 - kinds[::-1].index(wire.Turn)
        assert [api.name for api in (await runner.get(wire.Reach)).apis] == ["lab"]


@pytest.mark.usefixtures("patient")
async def test_a_new_run_is_welcomed_once_its_class_is_known(store, tmp_path):
    async with running(store, tmp_path, {"paths": ["v1/**"]}) as (_, port):
        await port.make_run(await port.make_thread())
        port.resources.unknown_since = datetime.now(UTC)
        runner = await port.connect()
        await runner.hello(1)
        await eventually(lambda: port.resources.asked)
        port.resources.unknown_since = None
        welcome = await runner.get(wire.Welcome)
        assert (welcome.reach_known, [api.name for api in welcome.apis]) == (True, ["lab"])


async def test_a_new_run_is_welcomed_though_its_class_stays_unknown(store, tmp_path, monkeypatch):
    monkeypatch.setattr(reaching, "WAIT_SECONDS", 0.1)
    async with running(store, tmp_path, {"paths": ["v1/**"]}) as (_, port):
        await port.make_run(await port.make_thread())
        port.resources.unknown_since = datetime.now(UTC)
        assert not (await (await port.join()).get(wire.Welcome)).reach_known


@pytest.mark.parametrize(("left", "status"), [("Read", 403), ("Write", 200)])
async def test_a_sub_agent_writes_only_where_its_parents_rules_leave_it_that(store, tmp_path, left, status):
    async with running(store, tmp_path, {"methods": ["GET", "POST"], "subAgents": left}) as (_, port):
        thread = await port.make_thread()
        await port.make_run(thread)
        turn = await port.make_turn(thread)
        await start_child(port, thread, turn)
        await port.join()
        assert await ask(port, "/http/lab/x", "POST") == 200
        assert await ask(port, "/http/lab/x", token="token-k1") == 200
        assert await ask(port, "/http/lab/x", "POST", token="token-k1") == status
