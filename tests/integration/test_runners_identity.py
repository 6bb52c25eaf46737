"""Identity against a real API server: real tokens of a real ServiceAccount, bound to real pods."""

from __future__ import annotations

from uuid import UUID

import pytest

from agent_contract import names
from agent_gateway.runners.identity import Authenticator
from agent_gateway.runners.tokens import Denied
from agent_gateway.store.rows import Address, Run, RunState, Thread
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.credentials import Token
from agent_kube.errors import Conflict, Refused
from tests.support.apiserver import running_apiserver
from tests.support.eventually import eventually
from tests.support.runners import HERE, NAMESPACE, THREAD_UID, make_token

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(300)]
JOB = names.build_job_name("tg-42", THREAD_UID, 1)
CORE = f"/api/v1/namespaces/{NAMESPACE}"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
GATEWAY_ROLES = {
    f"{RBAC}/clusterroles": [
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}
    ],
    f"{RBAC}/namespaces/{NAMESPACE}/roles": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}


class Runs:
    """The one run that was wanted."""

    def __init__(self):
        self.pod_uid = None

    @property
    def threads(self):
        return self

    @property
    def runs(self):
        return self

    async def by_name(self, name, kind):
        return Thread(1, Address(5, 42), name, "", UUID(int=1), 1) if name == "tg-42" else None

    async def get(self, thread_id, number):
        state = RunState.WANTED if self.pod_uid is None else RunState.LIVE
        rest = (None,) * 6
        return Run(1, 1, state, THREAD_UID, None, None, self.pod_uid, 0, None, *rest) if number == 1 else None


@pytest.fixture(scope="module")
def server():
    with running_apiserver() as server:
        yield server


@pytest.fixture
async def admin(server):
    client = KubeClient(server.url, ssl_context=server.admin())
    yield client
    await client.close()


async def ensure(client, path, body):
    try:
        await client.request("POST", path, body=body)
    except Conflict:
        return


@pytest.fixture
async def gateway(server, admin):
    """A client with the rights that the gateway has in a cluster, and no others."""
    await ensure(admin, "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    for account in ("gateway", names.AGENT_SERVICE_ACCOUNT, "stranger"):
        await ensure(admin, f"{CORE}/serviceaccounts", {"metadata": {"name": account}})
    subject = {"kind": "ServiceAccount", "name": "gateway", "namespace": NAMESPACE}
    for path, rules in GATEWAY_ROLES.items():
        kind = "ClusterRole" if path.endswith("clusterroles") else "Role"
        await ensure(admin, path, {"metadata": {"name": "gateway"}, "rules": rules})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "gateway"}
        binding = {"metadata": {"name": "gateway"}, "roleRef": role, "subjects": [subject]}
        await ensure(admin, path[:-1] + "bindings", binding)
    token = await issue(admin, "gateway", audience=None)
    client = KubeClient(server.url, ssl_context=server.trust(), token=Token(token))
    yield client
    await client.close()


async def issue(admin, account, *, pod=None, audience=names.TOKEN_AUDIENCE):
    spec = {"expirationSeconds": 600}
    if audience is not None:
        spec["audiences"] = [audience]
    if pod is not None:
        spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"]}
        spec["boundObjectRef"]["uid"] = pod["metadata"]["uid"]
    answer = await admin.request("POST", f"{CORE}/serviceaccounts/{account}/token", body={"spec": spec})
    return answer["status"]["token"]


async def make_pod(admin, name, *, account=names.AGENT_SERVICE_ACCOUNT, job=JOB, run="1", finalizers=()):
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": "0-0", "controller": True}
    labels = {names.LABEL_THREAD: "tg-42", names.LABEL_RUN: run}
    meta = {"name": name, "labels": labels, "ownerReferences": [owner], "finalizers": list(finalizers)}
    spec = {"serviceAccountName": account, "containers": [{"name": "agent", "image": "none"}]}
    return await admin.request("POST", f"{CORE}/pods", body={"metadata": meta, "spec": spec})


@pytest.fixture
def runs():
    return Runs()


@pytest.fixture
async def known(gateway, runs):
    return Authenticator(gateway, runs, namespace=NAMESPACE)


async def denied(known, token):
    with pytest.raises(Denied) as caught:
        await known.identify(token, HERE)
    assert token not in str(caught.value)
    return caught.value.status, str(caught.value)


async def test_a_projected_token_of_the_runs_pod_is_its_identity(admin, known):
    pod = await make_pod(admin, "right")
    identity = await known.identify(await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=pod), HERE)
    assert (identity.thread_name, identity.run, identity.pod_name) == ("tg-42", 1, "right")
    assert (identity.pod_uid, identity.job_name) == (pod["metadata"]["uid"], JOB)


async def test_a_token_for_another_audience_is_denied(admin, known):
    pod = await make_pod(admin, "audience")
    for audience in (None, "somebody-else"):
        status, _ = await denied(known, await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=pod, audience=audience))
        assert status == 401


async def test_an_invented_token_is_denied(admin, known):
    token = await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=await make_pod(admin, "invented"))
    head, body, _ = token.split(".")
    assert (await denied(known, f"{head}.{body}.AAAA"))[0] == 401
    assert (await denied(known, "not-even-a-token"))[0] == 401


async def test_a_token_that_is_not_bound_to_a_pod_is_denied(admin, known):
    status, words = await denied(known, await issue(admin, names.AGENT_SERVICE_ACCOUNT))
    assert status == 403
    assert "not bound to a pod" in words


async def test_another_service_account_is_denied(admin, known):
    pod = await make_pod(admin, "stranger", account="stranger")
    status, words = await denied(known, await issue(admin, "stranger", pod=pod))
    assert status == 403
    assert words.startswith(f"Only system:serviceaccount:{NAMESPACE}:{names.AGENT_SERVICE_ACCOUNT}")


async def test_a_pod_of_another_job_or_run_is_denied(admin, known):
    for name, more in {"foreign": {"job": "tg-42-r1-00000000"}, "unwanted": {"run": "2"}}.items():
        pod = await make_pod(admin, name, **more)
        assert (await denied(known, await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=pod)))[0] == 403


async def test_the_token_of_a_pod_that_is_gone_is_denied(admin, known):
    pod = await make_pod(admin, "gone")
    token = await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=pod)
    await admin.request("DELETE", f"{CORE}/pods/gone", params={"gracePeriodSeconds": "0"})

    async def is_denied():
        # The API server's own view of pods follows a moment later.
        try:
            await known.identify(token, HERE)
        except Denied as error:
            return error.status
        known.forget(1, 1)
        return None

    assert await eventually(is_denied) in {401, 403}


async def test_a_pod_that_is_deleted_ends_the_work_of_its_own_run_only(admin, known, runs):
    pod = await make_pod(admin, "ending", finalizers=["openclaw.dev/test"])
    token = await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=pod)
    await admin.request("DELETE", f"{CORE}/pods/ending", params={"gracePeriodSeconds": "30"})
    status, words = await denied(known, token)
    assert status == 403
    assert "being deleted" in words
    runs.pod_uid = pod["metadata"]["uid"]
    assert (await known.identify(token, HERE)).pod_name == "ending"


async def test_an_api_server_away_is_no_denial(known, gateway):
    gateway._base = "https://127.0.0.1:1"
    assert (await denied(known, make_token("good")))[0] == 503


async def test_missing_rights_are_told_as_such(server, admin, gateway, runs):
    token = await issue(admin, "stranger", audience=None)
    client = KubeClient(server.url, ssl_context=server.trust(), token=Token(token))
    status, words = await denied(Authenticator(client, runs, namespace=NAMESPACE), make_token("good"))
    await client.close()
    assert status == 503
    assert "tokenreviews" in words


async def test_a_watch_needs_a_right_of_its_own(gateway):
    with pytest.raises(Refused) as refused:
        async with gateway.watch(f"{CORE}/pods"):
            pass
    assert refused.value.status == 403


async def test_a_token_is_believed_from_the_address_that_the_kubelet_tells(admin, known):
    pod = await make_pod(admin, "placed")
    status = {"status": {"phase": "Running", "podIP": "10.7.7.7", "podIPs": [{"ip": "10.7.7.7"}]}}
    await admin.request("PATCH", f"{CORE}/pods/placed/status", body=status, content_type=MERGE_PATCH)
    token = await issue(admin, names.AGENT_SERVICE_ACCOUNT, pod=pod)
    status, words = await denied(known, token)
    assert status == 403
    assert "another pod" in words
    assert (await known.identify(token, "10.7.7.7")).pod_name == "placed"
