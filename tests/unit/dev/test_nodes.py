"""Clusters of several nodes: their addresses, names and settings are apart, and each node's network takes the table."""

from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path

import pytest

from dev.cluster import components, controllers, layout, provider
from dev.cluster.kind import build_config
from dev.cluster.layout import Layout
from dev.cluster.node import BuiltinNode
from dev.cluster.nodes import BuiltinNodes
from dev.progress import UserError


def test_clusters_and_nodes_share_no_address_and_no_name():
    plans = [Layout(f"c{number}", Path(f"/state/c{number}"), number, layout.MOST_NODES) for number in (1, 2, 60)]
    nodes = [node for plan in plans for node in plan.nodes()]
    machines = [n.address for n in nodes] + [p.control for p in plans] + [p.gateway for p in plans]
    assert len(set(machines)) == len(machines)
    ranges = [ipaddress.ip_network(n.pods) for n in nodes] + [ipaddress.ip_network(p.machines) for p in plans]
    ranges += [ipaddress.ip_network(components.PODS), ipaddress.ip_network(components.SERVICES)]
    assert not any(a.overlaps(b) for a in ranges for b in ranges if a is not b)
    assert len({n.cgroup for n in nodes}) == len({n.folder for n in nodes}) == len(nodes)
    links = [plan.link(node.name) for plan in plans for node in plan.nodes()] + [p.link(layout.CONTROL) for p in plans]
    assert len(set(links)) == len(links)
    assert all(len(name) <= 15 for name in [*links, *(p.bridge for p in plans)]), "the kernel's bound of interfaces"


def test_a_pod_keeps_its_own_address_between_nodes_alone():
    node = Layout("two", Path("/state/two"), 1, 2).nodes()[1]
    (ptp, *_) = json.loads(components.cni_config(Path("/state/two"), node))["plugins"]
    assert ptp["ipMasq"] is False
    assert ptp["ipam"]["ranges"] == [[{"subnet": "10.129.2.0/24"}]]
    own = components.Node(name="node1", folder=Path("/state"), address="192.0.2.1")
    (ptp, *_) = json.loads(components.cni_config(Path("/state"), own))["plugins"]
    assert ptp["ipMasq"] is True
    assert own.is_machine


def test_a_number_is_free_and_there_is_an_end_to_them():
    assert layout.choose_number([]) == 1
    assert layout.choose_number([1, 3]) == 2
    with pytest.raises(UserError, match="cluster-down"):
        layout.choose_number(range(100))


@pytest.mark.parametrize("name", ["", "Two", "a-b", "12", "toolongname", "x/../y"])
def test_a_name_that_no_interface_could_bear_is_refused(name):
    with pytest.raises(UserError, match="named by up to seven"):
        layout.check_name(name)


@pytest.mark.parametrize("count", ["0", "-1", "two", "9", "1e3"])
def test_a_number_of_nodes_that_is_none_is_refused(count):
    with pytest.raises(UserError, match="from 1 to 8"):
        layout.check_count(count)


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, BuiltinNode),
        ({"NODES": "1"}, BuiltinNode),
        ({"NODES": "2"}, BuiltinNodes),
        ({"CLUSTER": "two"}, BuiltinNodes),
    ],
)
def test_the_environment_names_the_cluster(monkeypatch, environment, kind):
    monkeypatch.setattr("dev.cluster._docker_answers", lambda: False)
    for name in ("NODES", "CLUSTER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    cluster = provider()
    assert type(cluster) is kind
    assert cluster.kubeconfig.name == "admin.kubeconfig"


def test_of_several_nodes_in_kind_none_is_the_control_plane():
    roles = [node["role"] for node in json.loads(build_config(2))["nodes"]]
    assert roles == ["control-plane", "worker", "worker"]
    assert [node["role"] for node in json.loads(build_config(1))["nodes"]] == ["control-plane"]


def test_a_table_goes_to_the_nodes_that_run(tmp_path, monkeypatch):
    assert controllers.find_nodes(tmp_path) == {"": ("nft", "-f", "-")}
    for name in ("node1", "node2"):
        (tmp_path / layout.NODES / name).mkdir(parents=True)
    running = {"node1": os.getpid(), "node2": None}
    monkeypatch.setattr("dev.cluster.machine.first_process", lambda folder: running[folder.name])
    (found,) = controllers.find_nodes(tmp_path).items()
    assert found == (f"node1/{os.getpid()}", ("nsenter", "-t", str(os.getpid()), "-n", "nft", "-f", "-"))
