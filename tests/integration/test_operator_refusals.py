"""What the API server refuses for us, and what the operator says where it cannot begin."""

from __future__ import annotations

import itertools
import json
import urllib.error

import pytest

from agent_contract import names
from agent_kube.client import KubeClient
from agent_kube.errors import KubeError
from tests.support.apiserver import running_apiserver
from tests.support.eventually import LONG, eventually_sync
from tests.support.operating import Agents, Operator, write_token_kubeconfig

pytestmark = pytest.mark.apiserver
NAMESPACE = "refusals"
chats = itertools.count(1)


@pytest.fixture(scope="module")
def namespace(apiserver):
    apiserver.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})


@pytest.fixture
async def agents(apiserver, namespace):
    client = KubeClient(apiserver.url, ssl_context=apiserver.admin())
    yield Agents(client, NAMESPACE)
    await client.close()


# --- nonsense ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"run": 1}, "run only grows"),
        ({"run": None}, "run only grows"),
        ({"run": "many"}, "spec.run: Invalid value"),
        ({"run": 0}, "spec.run: Invalid value: 0: spec.run in body should be greater than or equal to 1"),
        ({"title": "x" * 257}, "spec.title: Too long: may not be more than 256"),
        ({"channel": {"chatId": 7}}, "channel cannot be changed"),
        ({"channel": {"topicId": 7}}, "channel cannot be changed"),
        ({"channel": None}, "spec.channel: Required value"),
        ({"classRef": {"name": "No Class"}}, "spec.classRef.name"),
        ({"model": {"thinking": "hard"}}, 'spec.model.thinking: Unsupported value: "hard"'),
    ],
)
async def test_nonsense_in_a_thread_is_refused_with_a_sentence(agents, spec, words):
    name = await agents.make_thread(next(chats), run=2, suspend=True)
    with pytest.raises(KubeError) as refused:
        await agents.change(name, **spec)
    assert refused.value.status == 422
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"stop": 4}, "stop only grows"),
        ({"stop": None}, "stop only grows"),
        ({"stop": 2147483001}, "should be less than or equal to 2147483000"),
        ({"run": 2147483001}, "should be less than or equal to 2147483000"),
    ],
)
async def test_a_late_stop_does_not_undo_a_newer_one(agents, spec, words):
    name = await agents.make_thread(next(chats), run=5, stop=5, suspend=True)
    with pytest.raises(KubeError) as refused:
        await agents.change(name, **spec)
    assert refused.value.status == 422
    assert words in str(refused.value)
    await agents.change(name, stop=5)
    await agents.change(name, stop=2147483000)


@pytest.mark.parametrize("name", ["tg-8", "tg-n7", "tg-7-1", "other-7", "x", "tg-07", "tg-7-"])
async def test_a_name_that_is_not_its_channels_is_refused(agents, name):
    body = {
        "apiVersion": names.API_VERSION, "kind": "AgentThread", "metadata": {"name": name},
        "spec": {"channel": {"botId": 1, "chatId": 7}},
    }  # fmt: skip
    with pytest.raises(KubeError) as refused:
        await agents.client.request("POST", agents.threads, body=body)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    ("chat", "topic"), [(7000000001, None), (-1002003004005, None), (-1002003004005, 42), (7000000002, 1)]
)
async def test_names_of_real_conversations_are_taken(agents, chat, topic):
    channel = {"botId": 1, "chatId": chat, **({"topicId": topic} if topic else {})}
    meta = {"name": names.build_thread_name("tg", chat, topic)}
    body = {"apiVersion": names.API_VERSION, "kind": "AgentThread", "metadata": meta, "spec": {"channel": channel}}
    made = await agents.client.request("POST", agents.threads, body=body)
    assert made["spec"]["classRef"] == {"name": "default"}
    await agents.delete(f"{agents.threads}/{meta['name']}")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"egress": "Everywhere"}, 'spec.egress: Unsupported value: "Everywhere"'),
        ({"timeouts": {"turn": 0}}, "spec.timeouts.turn"),
        ({"resources": {"requests": {"memory": "lots"}}}, "spec.resources.requests.memory"),
        ({"ttlSecondsAfterFinished": {"job": 5}}, "spec.ttlSecondsAfterFinished.job"),
    ],
)
async def test_nonsense_in_a_class_is_refused_with_a_sentence(agents, spec, words):
    with pytest.raises(KubeError) as refused:
        await agents.make_class("nonsense", **spec)
    assert refused.value.status == 422
    assert words in str(refused.value)


# --- it cannot begin -----------------------------------------------------------------------------


def test_definitions_that_are_missing_are_named(tmp_path):
    with running_apiserver() as empty:
        operator = Operator(empty.kubeconfig, "default", tmp_path / "missing.log")
        operator.start()
        assert operator.wait() == 1
    assert "does not serve agentthreads.openclaw.dev/v1alpha1" in operator.log
    assert "kubectl apply --server-side --force-conflicts -f" in operator.log
    assert "Traceback" not in operator.log


def _described(server, without):
    """Say whether the published document tells of AgentThreads without that field; it follows the definitions late."""
    try:
        kinds = server.call("GET", f"/openapi/v3/apis/{names.API_VERSION}")["components"]["schemas"]
    except urllib.error.HTTPError as error:
        if error.code in {404, 503}:
            return False
        raise
    threads = [
        kind["properties"]["spec"]["properties"] for name, kind in kinds.items() if name.endswith(".AgentThread")
    ]
    return any("channel" in fields and without not in fields for fields in threads)


def _apply(server, path, definition):
    """Have a definition's versions as they are here, whatever the API server notes in its status at the same time."""
    server.call("PATCH", path, {"spec": {"versions": definition["spec"]["versions"]}})


def test_definitions_that_are_older_are_named_and_waited_for(tmp_path):
    with running_apiserver(crds=True) as server:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{names.AGENT_THREADS}.{names.GROUP}"
        definition = server.call("GET", path)
        newest = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        older = json.loads(json.dumps(newest))
        del older["properties"]["spec"]["properties"]["suspend"]
        definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = older
        _apply(server, path, definition)
        eventually_sync(lambda: _described(server, without="suspend"))
        operator = Operator(server.kubeconfig, "default", tmp_path / "older.log")
        operator.start()
        try:
            eventually_sync(lambda: "older than this operator: they lack AgentThread.spec.suspend" in operator.log)
            assert "kubectl apply --server-side --force-conflicts -f" in operator.log
            assert operator.get("healthz") == (200, "ok")  # to be started again mends nothing
            assert "lack AgentThread.spec.suspend" in operator.get("readyz")[1]
            definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = newest
            _apply(server, path, definition)
            eventually_sync(lambda: operator.get("readyz")[0] == 200, timeout=LONG)
            assert "Traceback" not in operator.log
        finally:
            operator.stop()


def test_rights_that_are_missing_are_named(apiserver, tmp_path):
    core = "/api/v1/namespaces/default/serviceaccounts"
    apiserver.call("POST", core, {"metadata": {"name": "nobody"}})
    token = apiserver.call("POST", f"{core}/nobody/token", {"spec": {}})["status"]["token"]
    kubeconfig = write_token_kubeconfig(apiserver, token, tmp_path / "nobody.kubeconfig")
    operator = Operator(kubeconfig, "default", tmp_path / "nobody.log")
    operator.start()
    assert operator.wait() == 1
    assert "The operator cannot read agentthreads" in operator.log
    assert "system:serviceaccount:default:nobody" in operator.log
    assert token not in operator.log


def test_an_api_server_away_is_waited_for(apiserver, tmp_path):
    kubeconfig = write_token_kubeconfig(apiserver, "x", tmp_path / "away.kubeconfig", url="https://127.0.0.1:1")
    operator = Operator(kubeconfig, "default", tmp_path / "away.log")
    operator.start()
    try:
        eventually_sync(lambda: operator.log.count("The Kubernetes API does not answer") >= 2)
        assert operator.alive
    finally:
        operator.stop()
