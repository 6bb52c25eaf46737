"""AgentThreads that are made without a run, on a real API server and with the role that the chart gives the gateway."""

from __future__ import annotations

import json
import urllib.error
import uuid
from dataclasses import replace

import pytest

from agent_contract import names
from agent_contract.apis import NarrowerApi
from agent_contract.lenient import MAX_RUN
from agent_contract.names import build_thread_name
from agent_contract.repositories import NarrowerRule
from agent_contract.team import NarrowerServer
from agent_gateway.errors import LeadershipLost
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads, NoMoreRuns, RunConflict
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.values import ClassRefValue
from agent_gateway.store.rows import Address, Thread
from agent_kube.errors import NotFound
from tests.conftest import BOT_ID
from tests.support.chart_parts import RBAC, install_gateway, open_as_gateway
from tests.support.eventually import eventually

pytestmark = pytest.mark.apiserver


def thread(chat, topic=None, title="deploy"):
    return Thread(1, Address(BOT_ID, chat, topic), build_thread_name("tg", chat, topic), title, uuid.uuid4(), 3)


@pytest.fixture
def namespace(apiserver):
    return install_gateway(apiserver, "moved", "rbac")


class Leading:
    """Whether this gateway leads."""

    lost = False

    def check(self):
        if self.lost:
            raise LeadershipLost("this gateway does not lead")


@pytest.fixture
def leading():
    return Leading()


@pytest.fixture
async def resources(apiserver, namespace, leading):
    """AgentThreads as the gateway's own account reaches them."""
    async with open_as_gateway(apiserver, namespace) as client:
        yield AgentThreads(client, namespace, "tg", AgentClasses(client, namespace), Changes(), leading.check)


def grant_delete(apiserver, namespace):
    path = f"{RBAC}/namespaces/{namespace}/roles/oc-gateway"
    role = apiserver.call("GET", path)
    for rule in role["rules"]:
        if "agentthreads" in rule["resources"]:
            rule["verbs"].append("delete")
    apiserver.call("PUT", path, role)


async def test_a_conversation_without_one_gets_one_without_a_run_and_only_once(resources):
    wanted = thread(42)
    made = await resources.ensure(wanted)
    assert (made.name, made.spec.run, made.spec.title) == (wanted.name, None, "deploy")
    assert (await resources.ensure(wanted)).uid == made.uid


async def test_the_new_resource_has_what_an_administrator_set_on_the_old(apiserver, namespace, resources):
    old = await resources.want_run(thread(-555), 3, None)
    path = f"/apis/{names.API_VERSION}/namespaces/{namespace}/agentthreads/{old.name}"
    raw = apiserver.call("GET", path)
    raw["spec"] |= {"classRef": {"name": "big"}, "suspend": True, "model": {"provider": "zai", "name": "glm-5"}}
    raw["spec"] |= {"repositories": [{"connection": "hub", "pattern": "acme/api", "access": "Read"}]}
    apiserver.call("PUT", path, raw)
    old = await resources.get(old.name)
    moved = thread(-100777, 1)
    await resources.make(moved, old)
    await resources.make(moved, old)  # killed in between, it is done again
    new = await resources.get("tg-n100777-1")
    assert (new.spec.class_ref.name, new.spec.suspend, new.spec.model.name) == ("big", True, "glm-5")
    assert (new.spec.channel.chat_id, new.spec.channel.topic_id, new.spec.run) == (-100777, 1, None)
    assert new.spec.repositories == (NarrowerRule(connection="hub", pattern="acme/api", access="Read"),)
    await resources.want_run(moved, 4, new)
    assert (await resources.get("tg-n100777-1")).spec.run == 4


async def test_narrower_rules_are_written_taken_back_and_move_along_though_they_allow_nothing(resources):
    old = await resources.ensure(thread(-555))
    assert old.spec.repositories is None
    rules = (NarrowerRule(connection="hub", pattern="acme/*", push=["agent/**"], approval="Ask"),)
    await resources.narrow(old.name, rules)
    assert (await resources.get(old.name)).spec.repositories == rules
    await resources.narrow(old.name, ())
    moved = thread(-100777)
    await resources.make(moved, await resources.get(old.name))
    assert (await resources.get(moved.name)).spec.repositories == ()
    await resources.narrow(old.name, None)
    assert (await resources.get(old.name)).spec.repositories is None
    left = (NarrowerApi(connection="npm", paths=["@acme/**"], methods=["GET"]),)
    await resources.narrow(old.name, left, "apis")
    await resources.narrow(old.name, (NarrowerServer(connection="tracker", resources=False),), "mcpServers")
    await resources.make(moved, await resources.get(old.name))
    new = (await resources.get(moved.name)).spec
    assert (new.apis, new.mcp_servers[0].resources) == (left, False)
    await resources.narrow(old.name, None, "apis")
    assert (await resources.get(old.name)).spec.apis is None
    with pytest.raises(NotFound):  # it is gone, and another one would have all that the class allows
        await resources.narrow("tg-1", rules)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"connection": "Hub", "pattern": "acme/api"}, "spec.repositories[0].connection"),
        ({"connection": "hub", "pattern": "acme/api?"}, "spec.repositories[0].pattern"),
        ({"connection": "hub", "pattern": "acme/api", "access": "All"}, 'Unsupported value: "All"'),
        ({"pattern": "acme/api"}, "spec.repositories[0].connection: Required value"),
    ],
)
async def test_a_rule_that_is_none_is_refused_where_it_is_wrong(apiserver, namespace, resources, rule, words):
    made = await resources.ensure(thread(42))
    path = f"/apis/{names.API_VERSION}/namespaces/{namespace}/agentthreads/{made.name}"
    raw = apiserver.call("GET", path)
    raw["spec"]["repositories"] = [rule]
    with pytest.raises(urllib.error.HTTPError) as refused:
        apiserver.call("PUT", path, raw)
    with refused.value as error:
        assert words in json.loads(error.read())["message"]


async def test_settings_reach_a_new_resource_that_a_message_made_before(resources):
    old = await resources.want_run(thread(-555), 3, None)
    moved = thread(-100777)
    await resources.want_run(moved, 4, None)
    await resources.make(moved, old)
    new = await resources.get(moved.name)
    assert (new.spec.class_ref.name, new.spec.run) == ("default", 4)
    await resources.make(moved, replace(old, spec=replace(old.spec, class_ref=ClassRefValue("big"))))
    new = await resources.get(moved.name)
    assert (new.spec.class_ref.name, new.spec.run) == ("big", 4)


async def test_the_role_of_the_chart_lets_the_gateway_stop_and_tell_but_not_delete(apiserver, namespace, resources):
    old = await resources.want_run(thread(-555), 3, None)
    await resources.stop_run(old.name, 3)
    assert await resources.remove(old) is False
    await resources.say(old, "Moved", "It goes on elsewhere.")
    events = apiserver.call("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
    assert [(e["involvedObject"]["name"], e["reason"]) for e in events] == [(old.name, "Moved")]
    grant_delete(apiserver, namespace)

    async def removed():
        return await resources.remove(old)

    await eventually(removed)
    assert await resources.get(old.name) is None
    assert await resources.remove(old) is True  # gone already


async def test_another_resource_of_the_same_name_is_left_alone(apiserver, namespace, resources):
    grant_delete(apiserver, namespace)
    old = await resources.want_run(thread(-555), 3, None)
    another = replace(old, uid="00000000-0000-0000-0000-000000000000")

    async def asked():
        return await resources.remove(another)

    await eventually(asked)
    assert (await resources.get(old.name)).uid == old.uid


async def test_a_title_is_written_and_a_resource_that_is_gone_is_no_fault(resources):
    made = await resources.want_run(thread(-555), 3, None)
    await resources.retitle(made.name, "flaky tests")
    assert (await resources.get(made.name)).spec.title == "flaky tests"
    await resources.retitle("tg-n999", "nothing")


async def test_a_late_stop_neither_undoes_a_newer_one_nor_is_a_fault(resources):
    made = await resources.want_run(thread(-555), 6, None)
    await resources.stop_run(made.name, 6)
    await resources.stop_run(made.name, 5)  # of a former leader that stood still in between
    assert (await resources.get(made.name)).spec.stop == 6
    assert resources.cached(made.name).spec.stop == 6


async def test_a_former_leader_writes_nothing(resources, leading):
    made = await resources.want_run(thread(-555), 1, None)
    leading.lost = True
    for write in (
        resources.want_run(thread(-555), 2, made), resources.stop_run(made.name, 1), resources.retitle(made.name, "late"),
        resources.make(thread(-777), made), resources.remove(made), resources.say(made, "Late", "It is late."),
        resources.ensure(thread(-778)),
    ):  # fmt: skip
        with pytest.raises(LeadershipLost):
            await write
    found = await resources.get(made.name)
    assert found == made
    assert await resources.get("tg-n777") is None


async def test_a_run_is_written_only_onto_what_it_was_computed_from(resources):
    made = await resources.want_run(thread(-555), 1, None)
    await resources.retitle(made.name, "meanwhile")
    with pytest.raises(RunConflict):
        await resources.want_run(thread(-555), 2, made)
    with pytest.raises(RunConflict):
        await resources.want_run(thread(-555), 2, None)
    assert (await resources.get(made.name)).spec.run == 1


async def test_a_number_over_the_last_is_refused_with_a_sentence_and_not_written(resources):
    made = await resources.want_run(thread(-555), MAX_RUN, None)
    assert made.spec.run == MAX_RUN
    with pytest.raises(NoMoreRuns, match="an administrator has to delete it"):
        await resources.want_run(thread(-555), MAX_RUN + 1, made)
