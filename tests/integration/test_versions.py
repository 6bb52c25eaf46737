"""An older and a newer operator, gateway and definition beside each other, asked of a real API server."""

from __future__ import annotations

import copy
import itertools
import json
import urllib.error

import pytest
import yaml

from agent_contract import crd, names
from agent_contract.agentthread import AgentThread
from agent_contract.lenient import MAX_RUN
from agent_contract.subagent import SubAgent
from agent_kube.client import KubeClient
from dev.paths import ROOT
from tests.support.apiserver import running_apiserver
from tests.support.eventually import eventually_sync
from tests.support.operating import Agents, Operator, prepare_namespace

pytestmark = pytest.mark.apiserver
NAMESPACE, TOMORROW = "versions", "v1beta1"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
chats = itertools.count(1)


@pytest.fixture(scope="module")
def server():
    with running_apiserver(crds=True, controllers=True) as server:
        yield server


@pytest.fixture(scope="module")
def kubeconfig(server, tmp_path_factory):
    return prepare_namespace(server, NAMESPACE, tmp_path_factory.mktemp("versions"))


@pytest.fixture
async def agents(server, kubeconfig):
    client = KubeClient(server.url, ssl_context=server.admin())
    yield Agents(client, NAMESPACE)
    await client.close()


@pytest.fixture
def operator(kubeconfig, tmp_path):
    operator = Operator(kubeconfig, NAMESPACE, tmp_path / "operator.log")
    yield operator
    operator.stop()


def definition(plural):
    return yaml.safe_load((ROOT / "crds" / f"{plural}.yaml").read_text())


def apply(server, wanted):
    """Replace what a definition says, whatever the API server notes in its status at the same time."""
    server.call("PATCH", f"{DEFINITIONS}/{wanted['metadata']['name']}", {"spec": wanted["spec"]})


def is_served(server, version):
    return any(one["name"] == names.AGENT_THREADS for one in discover(server, version).get("resources", []))


def takes_a_colour(server):
    """Say whether threads are served with the field of a newer release."""
    chat = next(chats)
    body = {
        "apiVersion": names.API_VERSION, "kind": "AgentThread",
        "metadata": {"name": names.build_thread_name("tg", chat, None)},
        "spec": {"channel": {"botId": 1, "chatId": chat}, "colour": "red"},
    }  # fmt: skip
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_THREADS}?dryRun=All"
    return "colour" in server.call("POST", path, body)["spec"]


def discover(server, version):
    try:
        return server.call("GET", f"/apis/{names.GROUP}/{version}")
    except urllib.error.HTTPError as error:
        error.close()
        return {}


def refusal(server, method, path, body, query=""):
    """Return what is said against a call."""
    try:
        server.call(method, f"{path}{query}", body)
    except urllib.error.HTTPError as error:
        with error:
            return str(json.loads(error.read())["message"])
    return ""


# --- a second served version ------------------------------------------------------------------------


@pytest.fixture
def both(server, monkeypatch):
    """The definitions as a release serves them that adds a version."""
    monkeypatch.setattr(names, "SERVED_VERSIONS", (names.VERSION, TOMORROW))
    apply(server, crd.build_agent_thread())
    eventually_sync(lambda: is_served(server, TOMORROW))
    yield f"/apis/{names.GROUP}/{TOMORROW}/namespaces/{NAMESPACE}/{names.AGENT_THREADS}"
    apply(server, definition(names.AGENT_THREADS))
    eventually_sync(lambda: not is_served(server, TOMORROW))


async def test_what_one_version_writes_the_other_reads_whole(server, agents, request):
    old = await agents.make_thread(next(chats), run=3, title="before", suspend=True)  # stored before there were two
    tomorrow = request.getfixturevalue("both")
    assert AgentThread.model_validate(server.call("GET", f"{tomorrow}/{old}")).spec.run == 3
    path = f"{tomorrow}/{old}"
    server.call("PATCH", path, {"spec": {"title": "after", "run": 4}})
    status = {"phase": "Suspended", "run": {"number": 4, "reason": "Suspended", "message": "held"}}
    await agents.patch(f"{agents.threads}/{old}/status", {"status": status})
    seen = [server.call("GET", path), await agents.thread(old)]
    assert [one.pop("apiVersion") for one in seen] == [f"{names.GROUP}/{TOMORROW}", names.API_VERSION]
    for one in seen:
        one["metadata"].pop("managedFields")
    assert seen[0] == seen[1]
    assert (seen[0]["spec"]["title"], seen[0]["spec"]["suspend"], seen[0]["status"]["run"]) == (
        "after",
        True,
        status["run"],
    )


async def test_the_rules_of_a_resource_hold_in_each_version(server, agents, both):
    name = await agents.make_thread(next(chats), run=3, suspend=True)
    for base in (both, agents.threads):
        words = refusal(server, "PATCH", f"{base}/{name}", {"spec": {"run": 2}})
        assert "run only grows" in words
        words = refusal(server, "PATCH", f"{base}/{name}", {"spec": {"stop": MAX_RUN + 1}})
        assert f"less than or equal to {MAX_RUN}" in words


async def test_an_operator_of_today_follows_what_a_gateway_of_tomorrow_writes(server, agents, both, operator):
    await agents.make_class()
    operator.start_and_wait()
    chat = next(chats)
    body = {
        "apiVersion": f"{names.GROUP}/{TOMORROW}", "kind": "AgentThread",
        "metadata": {"name": names.build_thread_name("tg", chat, None)},
        "spec": {"channel": {"botId": 1, "chatId": chat}, "run": 1},
    }  # fmt: skip
    name = server.call("POST", both, body)["metadata"]["name"]
    await agents.status(name, number=1, phase="Pending")
    read = AgentThread.model_validate(server.call("GET", f"{both}/{name}"))
    assert read.status.run.job_name is not None
    await agents.delete(f"{agents.classes}/default")


# --- fields and values of another release -----------------------------------------------------------


@pytest.fixture
def newer(server):
    """The definition of a release that has a field more in spec and status, and a phase more."""
    wanted = copy.deepcopy(definition(names.AGENT_THREADS))
    properties = wanted["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    properties["spec"]["properties"]["colour"] = {"type": "string", "maxLength": 16}
    properties["status"]["properties"]["mood"] = {"type": "string", "maxLength": 16}
    properties["status"]["properties"]["phase"]["enum"].append("Hibernating")
    apply(server, wanted)
    eventually_sync(lambda: takes_a_colour(server))
    yield
    apply(server, definition(names.AGENT_THREADS))
    eventually_sync(lambda: not takes_a_colour(server))


async def test_an_older_operator_leaves_a_newer_releases_fields_alone(server, agents, newer, operator):
    await agents.make_class()
    name = await agents.make_thread(next(chats), colour="red", suspend=True)
    path = f"{agents.threads}/{name}"
    await agents.patch(f"{path}/status", {"status": {"phase": "Hibernating", "mood": "calm"}})
    operator.start_and_wait()
    await agents.change(name, run=1, suspend=False)
    status = await agents.status(name, number=1, phase="Pending")
    assert status["mood"] == "calm"
    assert (await agents.thread(name))["spec"]["colour"] == "red"
    await agents.delete(f"{agents.classes}/default")


async def test_an_older_definition_drops_a_newer_field_and_says_so_to_who_asks(server, agents):
    name = await agents.make_thread(next(chats), colour="red", suspend=True)
    thread = await agents.thread(name)
    assert "colour" not in thread["spec"]
    body = {**thread, "spec": {**thread["spec"], "colour": "red"}}
    words = refusal(server, "PUT", f"{agents.threads}/{name}", body, "?fieldValidation=Strict")
    assert 'unknown field "spec.colour"' in words


async def test_a_value_that_an_older_definition_does_not_know_is_refused_with_words(server, agents):
    name = await agents.make_thread(next(chats), suspend=True)
    path = f"{agents.threads}/{name}/status"
    words = refusal(server, "PATCH", path, {"status": {"phase": "Hibernating"}})
    assert 'status.phase: Unsupported value: "Hibernating"' in words


def test_statuses_of_tomorrow_are_read_as_they_are():
    thread = {"metadata": {"name": "tg-1"}, "spec": {"channel": {"botId": 1, "chatId": 1}}}
    status = {"phase": "Hibernating", "mood": "calm", "run": {"number": 1, "reason": "TooCold", "colour": "red"}}
    read = AgentThread.model_validate({**thread, "status": status})
    assert (read.status.phase, read.status.run.reason) == (None, "TooCold")
    sub = SubAgent.model_validate({"metadata": {"name": "x"}, "spec": {"task": "go"}, "status": {"phase": "Dreaming"}})
    assert sub.status.phase is None
