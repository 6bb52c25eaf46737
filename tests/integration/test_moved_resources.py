"""AgentThreads that are made without a run, on a real API server and with the role that the chart gives the gateway."""

from __future__ import annotations

import itertools
import subprocess
import uuid

import pytest
import yaml

from agent_contract import names
from agent_contract.names import build_thread_name
from agent_gateway.kube import KubeClient
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store.rows import Address, Thread
from dev.cluster.build import build
from dev.paths import ROOT
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(120)]
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_numbers = itertools.count(1)


def thread(chat, topic=None, title="deploy"):
    return Thread(1, Address(BOT_ID, chat, topic), build_thread_name("tg", chat, topic), title, uuid.uuid4(), 3)


@pytest.fixture
def namespace(apiserver):
    name = f"moved-{next(_numbers)}"
    apiserver.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    command = [
        build() / "helm", "template", "oc", ROOT / "charts" / "openclaw-dispatcher", "--namespace", name,
        "--set", "demo.enabled=true", "--show-only", "templates/gateway/rbac.yaml",
    ]  # fmt: skip
    rendered = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    paths = {"ServiceAccount": "/api/v1", "Role": _RBAC, "RoleBinding": _RBAC}
    for document in filter(None, yaml.safe_load_all(rendered)):
        if (kind := document["kind"]) in paths:
            apiserver.call("POST", f"{paths[kind]}/namespaces/{name}/{kind.lower()}s", document)
    return name


@pytest.fixture
async def resources(apiserver, namespace):
    """AgentThreads as the gateway's own account reaches them."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/oc-gateway/token"
    token = apiserver.call("POST", path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    client = KubeClient(apiserver.url, ssl_context=apiserver.trust(), token=token)
    yield AgentThreads(client, namespace, "tg", lambda _: None)
    await client.close()


def grant_delete(apiserver, namespace):
    path = f"{_RBAC}/namespaces/{namespace}/roles/oc-gateway"
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
    apiserver.call("PUT", path, raw)
    old = await resources.get(old.name)
    moved = thread(-100777, 1)
    await resources.make(moved, old)
    await resources.make(moved, old)  # killed in between, it is done again
    new = await resources.get("tg-n100777-1")
    assert (new.spec.class_ref.name, new.spec.suspend, new.spec.model.name) == ("big", True, "glm-5")
    assert (new.spec.channel.chat_id, new.spec.channel.topic_id, new.spec.run) == (-100777, 1, None)
    await resources.want_run(moved, 4, new)
    assert (await resources.get("tg-n100777-1")).spec.run == 4


async def test_settings_reach_a_new_resource_that_a_message_made_before(resources):
    old = await resources.want_run(thread(-555), 3, None)
    moved = thread(-100777)
    await resources.want_run(moved, 4, None)
    await resources.make(moved, old)
    new = await resources.get(moved.name)
    assert (new.spec.class_ref.name, new.spec.run) == ("default", 4)
    raw = old.model_dump(by_alias=True)
    raw["spec"]["classRef"] = {"name": "big"}
    await resources.make(moved, type(old).model_validate(raw))
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
    raw = old.model_dump(by_alias=True)
    raw["metadata"] = {**old.metadata, "uid": "00000000-0000-0000-0000-000000000000"}

    async def asked():
        return await resources.remove(type(old).model_validate(raw))

    await eventually(asked)
    assert (await resources.get(old.name)).uid == old.uid


async def test_a_title_is_written_and_a_resource_that_is_gone_is_no_fault(resources):
    made = await resources.want_run(thread(-555), 3, None)
    await resources.retitle(made.name, "flaky tests")
    assert (await resources.get(made.name)).spec.title == "flaky tests"
    await resources.retitle("tg-n999", "nothing")
