"""A new pod is held back until its network rules are in place, and for good where they cannot be."""

from __future__ import annotations

import asyncio
import json

import pytest

from dev.cluster import components, controllers
from dev.cluster.controllers import Network, Store

POD = {
    "metadata": {"namespace": "a", "name": "x", "labels": {"app": "agent"}},
    "spec": {"containers": [{}]}, "status": {"phase": "Pending"},
}  # fmt: skip
POLICY = {"metadata": {"namespace": "a", "name": "p"}, "spec": {"podSelector": {}, "policyTypes": ["Egress"]}}
NOTICE = json.dumps({"namespace": "a", "name": "x", "ip": "10.244.0.9"}) + "\n"


def build_network(tmp_path, *, pods=(POD,), synced=True, nft="cp /dev/stdin {}"):
    changed = asyncio.Event()
    stores = [Store(None, changed, {str(i): o for i, o in enumerate(objects)}) for objects in ([POLICY], pods, [])]
    for store in stores:
        if synced:
            store.synced.set()
    table = tmp_path / "table"
    return Network(*stores, changed, find_nodes=lambda: {"": ("sh", "-c", nft.format(table))}), table


async def tell(network, tmp_path):
    """Be the CNI plugin; return what it is answered."""
    server = await asyncio.start_unix_server(network.told, tmp_path / "socket")
    async with server:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
        writer.write(NOTICE.encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return answer


async def test_a_pod_goes_on_once_its_rules_are_in_place(tmp_path):
    network, table = build_network(tmp_path)
    assert await tell(network, tmp_path) == b"ok\n"
    assert "chain out_10_244_0_9" in table.read_text()


async def test_a_pod_is_held_back_where_the_rules_are_refused(tmp_path):
    network, _ = build_network(tmp_path, nft="exit 1")
    assert await tell(network, tmp_path) == b""


@pytest.mark.parametrize("missing", [{"synced": False}, {"pods": ()}], ids=["policies", "pod"])
async def test_a_pod_is_held_back_while_its_policies_or_labels_are_unknown(tmp_path, monkeypatch, missing):
    monkeypatch.setattr(controllers, "_TOLD_SECONDS", 0.05)
    network, table = build_network(tmp_path, **missing)
    assert await tell(network, tmp_path) == b""
    assert not table.exists()


async def test_a_pod_that_the_watch_brings_late_is_waited_for(tmp_path):
    network, table = build_network(tmp_path, pods=())
    asyncio.get_running_loop().call_later(0.05, network.pods.objects.__setitem__, "0", POD)
    assert await tell(network, tmp_path) == b"ok\n"
    assert "chain out_10_244_0_9" in table.read_text()


async def test_an_address_counts_until_the_api_server_tells_the_same(tmp_path):
    old = {**POD, "status": {"phase": "Running", "podIP": "10.244.0.3"}}
    network, table = build_network(tmp_path, pods=(old,))
    assert await tell(network, tmp_path) == b"ok\n"
    assert "out_10_244_0_9" in table.read_text()
    network.pods.objects["0"] = {**POD, "status": {"phase": "Running", "podIP": "10.244.0.9"}}
    assert await network.apply()
    assert network.early == {}


async def test_a_node_that_started_again_is_given_the_table_again(tmp_path):
    network, table = build_network(tmp_path)
    command = network.find_nodes()[""]
    for name in ("node1/100", "node1/200"):
        network.find_nodes = lambda name=name: {name: command}
        table.unlink(missing_ok=True)
        assert await network.apply()
        assert table.exists(), "its tables went with its network"
        table.unlink()
        assert await network.apply()
        assert not table.exists(), "what is in place is not put there again"


async def test_a_pod_is_held_back_until_every_node_that_runs_has_its_rules(tmp_path):
    network, table = build_network(tmp_path)
    command = network.find_nodes()[""]
    network.find_nodes = lambda: {"node1/1": command, "node2/1": ("sh", "-c", "exit 1")}
    assert await tell(network, tmp_path) == b""
    network.find_nodes = lambda: {"node1/1": command}
    assert await tell(network, tmp_path) == b"ok\n"
    assert table.exists()


def test_the_node_bounds_what_one_pod_takes_and_keeps_some_for_itself(tmp_path):
    node = components.Node(name="node1", folder=tmp_path, address="192.0.2.1")
    config = json.loads(components.kubelet_config(tmp_path, node))
    assert 0 < config["podPidsLimit"] <= 4096
    assert {"memory", "pid", "ephemeral-storage"} <= config["systemReserved"].keys()
    assert {"memory.available", "nodefs.available", "nodefs.inodesFree", "pid.available"} <= config[
        "evictionHard"
    ].keys()
