"""The whole system on two nodes, one of which goes away in every way that a node can.

The first node holds what people have beside the cluster: the simulated Telegram and model. It is never struck. Run by
`make test-nodes`; a test leaves both nodes ready.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager

import pytest

from dev.cluster import provider
from dev.cluster.nodes import BuiltinNodes
from dev.release import Release, prepare, wait_until
from tests.nodes.timeline import PERSON, Stage, Table
from tests.support.chat import Simulator

NAME = "oc"
STAYS, STRUCK = "node1", "node2"
_SMALL = {"resources": {"requests": {"cpu": "20m"}}}
_CLASS = {"timeouts": {"idle": 300, "turn": 280, "grace": 5}, **_SMALL}


def pytest_collection_modifyitems(items):
    """Give every test of this ring its marker and a time of its own: a node is given up after more than a minute."""
    for item in items:
        if "/tests/nodes/" in str(item.path):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(480, func_only=True))


@pytest.fixture(scope="session")
def cluster():
    """Two nodes; both are joined, switched on and open to pods before the tests and after each."""
    cluster = provider()
    if not isinstance(cluster, BuiltinNodes) or os.environ.get("E2E_REQUIRED") != "1":
        pytest.skip("`make test-nodes` brings two nodes up")
    cluster.up()
    mend(cluster)
    return cluster


@pytest.fixture(scope="session")
def images(cluster):
    """The chart's values of the images, which are on both nodes."""
    return prepare("default", NAME)[1]


@pytest.fixture(scope="session")
def table():
    """What people saw, and after how long; printed and written down at the end."""
    table = Table()
    yield table
    table.print()


@pytest.fixture(scope="session")
def system(cluster, images, table):
    """Two gateways, one a node; Postgres and what is simulated on the node that stays."""
    with installed(cluster, images, "openclaw-nodes", database=STAYS) as stage:
        stage.table = table
        yield stage


@contextmanager
def installed(cluster, images, namespace, *, database, gateways=2):
    """Install a release on both nodes, and remove it afterwards; agents may run on either node."""
    release = Release(cluster, namespace, NAME)
    at = {node: {"nodeSelector": {"kubernetes.io/hostname": node}} for node in (STAYS, STRUCK)}
    release.install({
        "images": images, "demo": {"enabled": True, **at[STAYS]}, "telegram": {"allowedIds": [PERSON]},
        "gateway": {"replicas": gateways, **_SMALL}, "operator": {**at[STAYS]},
        "database": {"embedded": at[database]}, "agents": {"class": _CLASS},
    })  # fmt: skip
    try:
        with release.forward(f"service/{NAME}-demo-telegram", 8081) as port:
            yield Stage(release, cluster, Simulator(port), Table())
    finally:
        mend(cluster)
        release.remove()


@pytest.fixture
def whole(cluster):
    """Leave both nodes ready behind the test, however it ended."""
    yield cluster
    mend(cluster)


def mend(cluster: BuiltinNodes) -> None:
    """Switch on, join and open what is not."""
    for node in cluster.nodes:
        cluster.switch_on(node.name)
        cluster.machine(node.name).join()
        kubectl(cluster, "uncordon", node.name)
    for node in cluster.nodes:
        wait_until(f"{node.name} to be ready", lambda name=node.name: is_ready(cluster, name), 120)


def is_ready(cluster: BuiltinNodes, node: str) -> bool:
    """Say whether the API server takes a node for ready, and keeps no pods from it."""
    found = json.loads(kubectl(cluster, "get", "node", node, "-o", "json"))
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in found["status"]["conditions"])
    return ready and not found["spec"].get("taints")


def kubectl(cluster: BuiltinNodes, *args: str) -> str:
    """Ask for what belongs to no release."""
    command = [cluster.kubectl, "--kubeconfig", cluster.kubeconfig, *args]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout
