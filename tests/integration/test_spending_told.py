"""What a conversation spent, in the status of its AgentThread: told when its turn has ended, and kept by the operator."""

from __future__ import annotations

import pytest

from agent_contract import names
from agent_contract.agentthread import Spending
from agent_contract.repositories import ConnectionStatus
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.fakes import FakeResources
from agent_gateway.resources.reading import read_class
from agent_gateway.resources.spending import SpendingTeller
from agent_kube.errors import Away as KubeAway
from agent_kube.errors import KubeError, NotFound
from tests.support.chart_parts import install_gateway, open_as_gateway
from tests.support.spending import add_child, add_conversation, build_ledger, spend


@pytest.fixture
async def spent(store):
    """A conversation whose turn spent, itself and by a sub-agent."""
    payer, ledger = await add_conversation(store), build_ledger(store)
    assert await spend(ledger, payer, 10_000, 5_000) is None
    assert await spend(ledger, await add_child(store, payer, 1), 10_000, 5_000) is None
    return payer


async def end_turns(store):
    await store.pool.execute("UPDATE turns SET state = 'done', ended_at = now()")


@pytest.mark.postgres
async def test_it_is_told_once_when_the_turn_has_ended(store, spent):
    resources = FakeResources()
    teller = SpendingTeller(store, resources, lambda: None)
    await teller.look()
    assert resources.spending == {}
    await end_turns(store)
    await teller.look()
    assert resources.spending == {"tg-42": Spending(money="0.04", tokens=30_000)}
    resources.spending.clear()
    await teller.look()
    assert resources.spending == {}


@pytest.mark.postgres
async def test_what_the_api_server_does_not_take_comes_again(store, spent):
    resources = FakeResources()
    teller = SpendingTeller(store, resources, lambda: None)
    await end_turns(store)
    resources.faults.append(KubeAway("away", None, "Away"))
    await teller.look()
    assert resources.spending == {}
    await teller.look()
    assert "tg-42" in resources.spending


@pytest.fixture
def namespace(apiserver):
    return install_gateway(apiserver, "spending", "rbac")


@pytest.fixture
async def client(apiserver, namespace):
    async with open_as_gateway(apiserver, namespace) as client:
        yield client


@pytest.mark.apiserver
async def test_the_gateways_account_writes_it_beside_the_operators_status(apiserver, namespace, client):
    base = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.AGENT_THREADS}"
    channel = {"type": "telegram", "bot": "tg", "botId": 7, "chatId": 42}
    body = {
        "apiVersion": names.API_VERSION,
        "kind": "AgentThread",
        "metadata": {"name": "tg-42"},
        "spec": {"channel": channel},
    }
    made = apiserver.call("POST", base, body)
    apiserver.call("PUT", f"{base}/tg-42/status", {**made, "status": {"phase": "Idle"}})
    threads = AgentThreads(client, namespace, "tg", AgentClasses(client, namespace), Changes(), lambda: None)
    await threads.tell_spending("tg-42", Spending(money="1.23", tokens=4000, estimated=True))
    found = apiserver.call("GET", f"{base}/tg-42")
    assert found["status"] == {"phase": "Idle", "spending": {"money": "1.23", "tokens": 4000, "estimated": True}}
    managers = {field["manager"]: field for field in found["metadata"]["managedFields"]}
    assert "f:spending" in str(managers[names.FIELD_MANAGER_GATEWAY]["fieldsV1"])
    await threads.tell_spending("tg-43", Spending())  # one that is gone


@pytest.mark.apiserver
async def test_the_gateways_account_deletes_no_status_of_sub_agents(apiserver, namespace, client):
    with pytest.raises(KubeError):
        await client.request(
            "PATCH", f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.SUB_AGENTS}/x/status", body={"status": {}},
            content_type="application/merge-patch+json",
        )  # fmt: skip


@pytest.mark.apiserver
async def test_what_is_said_of_connections_stands_beside_the_operators_conditions(apiserver, namespace, client):
    base = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.AGENT_CLASSES}"
    rule = {"connection": "hub", "pattern": "acme/api"}
    body = {
        "apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": {"name": "team"}, "spec": {"repositories": [rule]},
    }  # fmt: skip
    made = apiserver.call("POST", base, body)
    assert made["spec"]["repositories"][0]["workflows"] == "Hold"
    accepted = {
        "type": "Accepted", "status": "True", "reason": "Usable", "message": "", "lastTransitionTime": "2026-11-29T00:00:00Z",
    }  # fmt: skip
    apiserver.call("PUT", f"{base}/team/status", {**made, "status": {"conditions": [accepted]}})
    classes = AgentClasses(client, namespace)
    refused = ConnectionStatus(name="hub", usable="False", reason="KeyRefused", message="No.")
    await classes.tell_connections("team", [refused], "hub: KeyRefused")
    status = apiserver.call("GET", f"{base}/team")["status"]
    assert [one["type"] for one in status["conditions"]] == ["Accepted"]
    assert status["connections"] == [refused.to_dict()]
    assert status["unusableConnections"] == "hub: KeyRefused"
    await classes.tell_connections("team", [], "")
    assert apiserver.call("GET", f"{base}/team")["status"]["connections"] == []
    await classes.tell_line("team", 2)
    found = apiserver.call("GET", f"{base}/team")
    assert ([one["type"] for one in found["status"]["conditions"]], read_class(found).in_line) == (["Accepted"], 2)
    await classes.tell_line("team", 0)
    assert "inLine" not in apiserver.call("GET", f"{base}/team")["status"]
    for tell in (classes.tell_connections("gone", [], ""), classes.tell_line("gone", 1)):
        with pytest.raises(NotFound):
            await tell
