"""How many sub-agents of one parent begin, where they come in the same moment: a real API server, and no controllers of it."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from kubernetes_asyncio import client, config

from agent_contract import names
from agent_operator.kube import Kube
from agent_operator.subservice import SubService
from tests.support.operating import prepare_namespace
from tests.support.operator import make_config

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(120)]
NAMESPACE = "places"
KINDS = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}"


class HeldKube(Kube):
    """Holds the first status back until it may go."""

    def __init__(self, api):
        super().__init__(api, NAMESPACE)
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    async def write_subagent_status(self, sub, status):
        self.reached.set()
        await self.go.wait()
        await super().write_subagent_status(sub, status)


@pytest.fixture(scope="module")
def namespace(apiserver, tmp_path_factory):
    prepare_namespace(apiserver, NAMESPACE, tmp_path_factory.mktemp("places"))
    spec = {"subAgents": {"maxConcurrent": 1}}
    body = {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": {"name": "default"}, "spec": spec}
    apiserver.call("POST", f"{KINDS}/{names.AGENT_CLASSES}", body)
    return apiserver


@pytest.fixture
async def kube(namespace):
    await config.load_kube_config(str(namespace.kubeconfig))
    kube = HeldKube(client.ApiClient())
    yield kube
    await kube.close()


def make(server, name, parent):
    spec = {"task": "x", "parent": {"kind": "AgentThread", "name": "tg-1", "uid": parent, "callId": name}}
    body = {"apiVersion": names.API_VERSION, "kind": "SubAgent", "metadata": {"name": name}, "spec": spec}
    return server.call("POST", f"{KINDS}/{names.SUB_AGENTS}", body)["metadata"]["creationTimestamp"]


async def test_one_that_sorts_before_another_which_just_begins_waits_for_it(namespace, kube):
    service = SubService(kube, make_config(namespace=NAMESPACE))
    for number in itertools.count(1):  # until both are made in one second: the API server counts no finer
        later, sooner = f"s{number}-k2", f"s{number}-k1"
        kube.reached.clear()
        kube.go.clear()
        made = make(namespace, later, f"uid-{number}")
        first = asyncio.create_task(service.reconcile(later))
        await asyncio.wait_for(kube.reached.wait(), 20)
        if make(namespace, sooner, f"uid-{number}") == made:
            break
        kube.go.set()
        await first
    second = asyncio.create_task(service.reconcile(sooner))
    await asyncio.wait({second}, timeout=1)  # it may come no further than to wait
    kube.go.set()
    await asyncio.gather(first, second)
    begun = [bool(await kube.list_jobs(name, names.LABEL_SUBAGENT)) for name in (later, sooner)]
    assert begun == [True, False]
    assert (await kube.read_subagent(sooner))["status"]["reason"] == "ConcurrencyLimit"
