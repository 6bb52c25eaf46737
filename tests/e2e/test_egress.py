"""What the two kinds of egress let an agent reach, and that nothing reaches an agent."""

from __future__ import annotations

import json
import os
from functools import partial

import pytest

from dev.cluster.node import BuiltinNode
from tests.support.chat import wait
from tests.support.netns import host_at

PUBLIC = "192.88.99.77"
"""Stands for the internet: a public range that nobody uses any more, put up on this machine alone."""
_PROBE = """
import concurrent.futures, json, socket, sys
def reach(target):
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3).close()
    except OSError as error:
        return type(error).__name__
    return "open"
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(json.dumps(dict(zip(sys.argv[1:], pool.map(reach, sys.argv[1:])))))
"""


@pytest.fixture(scope="module")
def agents(system):
    """One agent of each egress; their pods' names."""
    chats = {egress: system.chat() for egress in ("Internet", "GatewayOnly")}
    asked = {}
    for egress, chat in chats.items():
        system.make_class(f"egress-{egress.lower()}", egress=egress)
        system.make_thread(chat, f"egress-{egress.lower()}")
        asked[egress] = chat.say("hello")
    for egress, chat in chats.items():
        chat.wait_for("Echo: hello", asked[egress])
    yield {egress: system.pod(chat.thread) for egress, chat in chats.items()}
    for chat in chats.values():
        system.end(chat)


def _reach(system, pod, *targets):
    """Try TCP connections from a pod: the target → `open`, or what failed."""
    return json.loads(system.exec(pod, "python3", "-c", _PROBE, *targets))


def _wait_open(reach, *targets):
    """Wait until all these can be reached: a busy machine may take longer than the probe waits."""
    found = {}

    def look():
        found.update(reach(*targets))
        return set(found.values()) == {"open"}

    wait(look, f"a way to {targets}", show=lambda: found)


def _reach_from_gateway(system, *targets):
    return json.loads(system.kubectl("exec", "deployment/oc-gateway", "--", "python3", "-c", _PROBE, *targets))


def _service(system, name, namespace):
    return system.kubectl("get", "service", name, "-n", namespace, "-o", "jsonpath={.spec.clusterIP}")


def test_neither_egress_reaches_anything_inside_but_gateway_and_dns(system, agents):
    own = system.release.namespace
    behind = system.kubectl(
        "get", "endpointslices", "-n", "default", "-l", "kubernetes.io/service-name=kubernetes", "-o",
        "jsonpath={.items[0].endpoints[0].addresses[0]}:{.items[0].ports[0].port}",
    )  # fmt: skip
    inside = [
        f"{_service(system, 'kubernetes', 'default')}:443", behind, f"{_service(system, 'oc-postgres', own)}:5432",
        f"{_service(system, 'oc-demo-model', own)}:8082",
    ]  # fmt: skip
    # a pod that may reaches them all: what fails below fails by the rules
    _wait_open(partial(_reach_from_gateway, system), *inside)
    inside.append(f"{_service(system, 'oc-gateway', own)}:9090")
    gateway = f"oc-gateway.{own}.svc:8080"
    for egress, pod in agents.items():
        assert "open" not in _reach(system, pod, *inside).values(), egress
        # by name: DNS tells it, or the pod's own file
        _wait_open(partial(_reach, system, pod), gateway)


def test_without_the_internet_there_is_no_name_service(system, agents):
    pod = agents["GatewayOnly"]
    dns = f"{_service(system, 'kube-dns', 'kube-system')}:53"
    names = {"kubernetes.default.svc:443": "gaierror", dns: "TimeoutError"}
    _wait_open(partial(_reach, system, agents["Internet"]), dns)
    assert _reach(system, pod, *names) == names
    assert "nameserver 127.0.0.1" in system.exec(pod, "cat", "/etc/resolv.conf")


@pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")
def test_only_egress_internet_reaches_public_addresses(system, agents):
    if not isinstance(system.release.cluster, BuiltinNode):
        pytest.skip("hosts beside the node can only be put up where the node is this machine")
    with host_at(PUBLIC, "octest3") as url:
        target = url.removeprefix("http://").rstrip("/")
        _wait_open(partial(_reach, system, agents["Internet"]), target)
        assert _reach(system, agents["GatewayOnly"], target)[target] != "open"
        # answers there as well, but is no port of the list
        other = target.replace(":80", ":8000")
        assert _reach(system, agents["Internet"], other)[other] != "open"


def test_nothing_reaches_an_agent(system, agents):
    pod = agents["Internet"]
    target = system.address(pod) + ":9999"
    # a tool's own server, that ends by itself
    system.exec(pod, "sh", "-c", "setsid timeout 600 python3 -m http.server 9999 >/dev/null 2>&1 &")
    _wait_open(partial(_reach, system, pod), target)
    assert _reach_from_gateway(system, target)[target] != "open"
    assert _reach(system, agents["GatewayOnly"], target)[target] != "open"
