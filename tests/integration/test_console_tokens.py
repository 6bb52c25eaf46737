"""Tokens of the console, asked of a real API server: they name whoever asks for them, and a viewer has no other's."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from agent_contract import names
from agent_gateway.console.callers import Callers
from agent_gateway.console.refused import Refused
from agent_gateway.console.settings import ConsoleSettings
from agent_kube.client import KubeClient
from tests.support.apiserver import PATIENT
from tests.support.chart import render_values
from tests.support.consoling import run_plugin
from tests.support.eventually import eventually_sync

pytestmark = pytest.mark.apiserver
RELEASE, AGENTS = "consoled", "consoled-agents"
THREADS = f"/apis/{names.API_VERSION}/namespaces/{AGENTS}/{names.AGENT_THREADS}"
PATHS = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}
SETTINGS = ConsoleSettings(
    view=f"system:serviceaccount:{RELEASE}:oc-console-view", speak=f"system:serviceaccount:{RELEASE}:oc-console-speak"
)


class Cluster:
    """The API server, asked as somebody."""

    def __init__(self, server):
        self.server = server
        https = urllib.request.HTTPSHandler(context=server.admin())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)

    def ask(self, person, method, path, body=None):
        """Return status and answer; None asks as the administrator."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **({"Impersonate-User": person} if person else {})}
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def token(self, person, account="view", audiences=None, **spec):
        """Ask for a token; return status, and the token or what is said against it."""
        meant = audiences if audiences is not None else ["openclaw-console", f"openclaw-console:{person}"]
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": meant, **spec}}
        path = f"/api/v1/namespaces/{RELEASE}/serviceaccounts/oc-console-{account}/token"
        status, answer = self.ask(person, "POST", path, body)
        return status, answer["status"]["token"] if status == 201 else answer["message"]


@pytest.fixture(scope="module")
def cluster(apiserver):
    found = Cluster(apiserver)
    console = {
        "enabled": True,
        "viewers": [{"kind": "User", "name": "vera"}],
        "speakers": [{"kind": "User", "name": "alice"}],
    }
    for namespace in (RELEASE, AGENTS):
        found.ask(None, "POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    for (kind, name), document in render_values({"console": console}, namespace=RELEASE).items():
        if kind in PATHS and "console" in name:
            where = PATHS[kind].format(document["metadata"].get("namespace", ""))
            status, answer = found.ask(None, "POST", where, document)
            assert status == 201, answer
    # rights and a policy count a moment after they stand, and without rights nothing is said of the policy
    eventually_sync(lambda: found.token("alice", "speak")[0] == found.token("vera")[0] == 201)
    eventually_sync(
        lambda: "names whoever asks" in found.token("alice", "speak", ["openclaw-console", "openclaw-console:bob"])[1]
    )
    for person in ("alice", "vera"):
        eventually_sync(lambda person=person: found.ask(person, "GET", f"{THREADS}/none")[0] == 404)
    return found


@pytest.fixture
async def callers(cluster):
    kube = KubeClient(cluster.server.url, ssl_context=cluster.server.admin(), limits=PATIENT)
    yield Callers(kube, SETTINGS)
    await kube.close()


async def test_speakers_and_viewers_get_tokens_that_the_gateway_knows_them_by(cluster, callers):
    status, token = cluster.token("alice", "speak")
    assert status == 201, token
    caller = await callers.identify(token)
    assert (caller.person, caller.may_speak, caller.credential.startswith("JTI=")) == ("alice", True, True)
    status, token = cluster.token("vera")
    assert status == 201, token
    caller = await callers.identify(token)
    assert (caller.person, caller.may_speak) == ("vera", False)


def test_a_viewer_gets_no_speakers_token_and_a_stranger_none(cluster):
    assert cluster.token("vera", "speak")[0] == 403
    assert cluster.token("mallory")[0] == 403
    assert cluster.token(f"system:serviceaccount:{AGENTS}:oc-agent")[0] == 403


@pytest.mark.parametrize(
    "odd",
    [
        {"audiences": ["openclaw-console", "openclaw-console:bob"]},
        {"audiences": ["openclaw-console"]},
        {"audiences": []},
        {"audiences": ["openclaw-console", "openclaw-console:alice", "openclaw-console:bob"]},
        {"audiences": ["openclaw-console:alice", "openclaw-console"]},
        {"audiences": ["openclaw-gateway", "openclaw-console:alice"]},
        {"expirationSeconds": 7200},
        {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p"}},
    ],
)
def test_no_token_names_another_or_belongs_to_a_pod(cluster, odd):
    status, words = cluster.token("alice", "speak", **odd)
    assert status in {403, 422}, words
    assert "names whoever asks for it" in words


def test_an_administrator_names_no_other_either(cluster):
    status, words = cluster.token("system:admin", "speak", ["openclaw-console", "openclaw-console:alice"])
    assert status in {403, 422}, words
    assert "names whoever" in words or "cannot create" in words


async def test_other_tokens_of_the_cluster_are_none_of_the_consoles(cluster, callers):
    path = f"/api/v1/namespaces/{AGENTS}/serviceaccounts"
    cluster.ask(None, "POST", path, {"metadata": {"name": "oc-agent"}})
    for audiences in (["openclaw-gateway"], ["openclaw-console", "openclaw-console:alice"]):
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": audiences}}
        _, answer = cluster.ask(None, "POST", f"{path}/oc-agent/token", body)
        with pytest.raises(Refused) as refused:
            await callers.identify(answer["status"]["token"])
        assert refused.value.status == 401


@pytest.mark.parametrize(
    ("person", "method", "allowed"),
    [("vera", "GET", True), ("vera", "POST", False), ("alice", "POST", True), ("mallory", "GET", False)],
)
def test_the_api_server_lets_a_viewer_read_and_a_speaker_speak(cluster, person, method, allowed):
    review = {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": person, "resourceAttributes": {
            "namespace": RELEASE, "verb": "get" if method == "GET" else "create", "resource": "services", "subresource": "proxy",
            "name": "oc-gateway-console:console",
        }},
    }  # fmt: skip
    _, answer = cluster.ask(None, "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    assert answer["status"]["allowed"] is allowed
    status, _ = cluster.ask(
        person,
        method,
        f"/api/v1/namespaces/{RELEASE}/services/oc-gateway-console:console/proxy/x",
        {} if method == "POST" else None,
    )
    assert (status != 403) is allowed, "which a Service that is not there shows"


def test_the_plugin_says_which_right_is_missing(cluster):
    """As a program, with kubectl between it and a real API server."""

    def run(*words):
        return run_plugin(*words, "-n", AGENTS, kubeconfig=cluster.server.kubeconfig)

    code, _, words = run("stop", "tg-42", "--as", "vera")
    assert (code, "vera may not create serviceaccounts/token oc-console-speak" in words) == (1, True), words
    code, _, words = run("top", "--as", "mallory")
    assert "You may not list agentthreads.openclaw.dev" in words
    code, told, words = run("why", "tg-42", "--as", "vera")
    assert (code, told.split()[1]) == (1, "NotFound"), words
