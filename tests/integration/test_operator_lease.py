"""Two operators of one release: one works, and the other takes over."""

from __future__ import annotations

import asyncio
import itertools
import signal

import pytest

from agent_contract import names
from tests.support.counting import counting
from tests.support.eventually import LONG, eventually, eventually_sync
from tests.support.operating import Operator, prepare_namespace, write_operator_kubeconfig

pytestmark = pytest.mark.apiserver
NAMESPACE = "leases"
LEASE = "oc-operator"
WRITES = ("POST", "PATCH", "DELETE")
chats = itertools.count(1)


@pytest.fixture(scope="module")
def namespace(apiserver, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operators")
    prepare_namespace(apiserver, NAMESPACE, folder)
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
    meta = {"name": "default"}
    apiserver.call("POST", path, {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": meta})
    return folder


@pytest.fixture(scope="module")
def ways(apiserver):
    with counting(apiserver) as one, counting(apiserver) as other:
        yield {"one": one, "other": other}


@pytest.fixture
def operators(apiserver, namespace, ways):
    """Two, both up and ready."""
    made = {}
    for name, way in ways.items():
        kubeconfig = write_operator_kubeconfig(apiserver, NAMESPACE, namespace / f"{name}.kubeconfig", way.url)
        settings = {"OPERATOR_LEASE": LEASE, "OPERATOR_POD": name}
        made[name] = Operator(kubeconfig, NAMESPACE, namespace / f"{name}.log", **settings)
        made[name].start()
    for operator in made.values():
        eventually_sync(lambda operator=operator: operator.get("readyz")[0] == 200, timeout=LONG)
    yield made
    for operator in made.values():
        operator.stop(signal.SIGKILL)


async def find_leader(agents, other_than=""):
    """Wait for a holder of the lease and return its name."""

    async def held():
        path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{LEASE}"
        holder = ((await agents.find(path)) or {"spec": {}})["spec"].get("holderIdentity")
        return holder if holder not in {"", other_than} else None

    return await eventually(held, timeout=LONG)


def written(way):
    """Return what was written on a way, the lease aside."""
    return {what: count for what, count in way.take().items() if what.startswith(WRITES) and "leases" not in what}


async def test_one_works_and_the_other_takes_over_what_it_left(operators, ways, agents):
    leader = await find_leader(agents)
    standby = "other" if leader == "one" else "one"
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    assert written(ways[standby]) == {}
    operators[leader].stop(signal.SIGKILL)
    await agents.end(pod, 0)
    await agents.status(name, phase="Idle", reason="IdleTimeout")
    assert await find_leader(agents) == standby
    await agents.run(await agents.make_thread(next(chats), run=1))
    assert operators[standby].metric("openclaw_operator_leading") == 1


async def test_one_that_is_ended_in_order_gives_its_lease_up(operators, agents):
    leader = await find_leader(agents)
    assert operators[leader].stop(signal.SIGTERM) == 0
    assert '"lease_kept"' not in operators[leader].log
    path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{LEASE}"
    assert (await agents.find(path))["spec"]["holderIdentity"] != leader
    await agents.run(await agents.make_thread(next(chats), run=1))


async def test_a_former_leader_that_was_frozen_writes_nothing(operators, ways, agents):
    leader = await find_leader(agents)
    operators[leader].send(signal.SIGSTOP)
    await find_leader(agents, other_than=leader)
    threads = [await agents.make_thread(next(chats), run=1) for _ in range(5)]
    for name in threads[:3]:
        await eventually(lambda name=name: agents.job(name), timeout=LONG)
    ways[leader].take()
    operators[leader].send(signal.SIGCONT)
    more = [await agents.make_thread(next(chats), run=1) for _ in range(5)]
    for name in [*threads, *more]:
        await eventually(lambda name=name: agents.job(name), timeout=LONG)
    await eventually(lambda: operators[leader].get("readyz")[0] == 200, timeout=LONG)
    await asyncio.sleep(0)
    assert written(ways[leader]) == {}
