"""What an agent's pod is, holds and reaches."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack

import pytest

from dev.cluster.node import BuiltinNode
from tests.support.netns import host_at

BOT_TOKEN, MODEL_KEY = "demo-token-of-the-simulator", "demo-key-of-the-scripted-model"


@pytest.fixture
def pod(system, chat):
    chat.ask("hello", "Echo: hello")
    return system.pod(chat.thread)


def reaches(system, pod, url):
    """Ask for a URL from the pod; True where anything answers at all."""
    answer = system.exec(
        pod, "sh", "-c", f"curl -sk -o /dev/null --max-time 4 -w '%{{http_code}}' '{url}' || true", check=False
    )
    return answer.strip() not in {"", "000"}


def service_ip(system, name, namespace=None):
    arguments = ["get", "service", name, "-o", "jsonpath={.spec.clusterIP}"]
    if namespace:
        arguments += ["-n", namespace]
    return system.kubectl(*arguments).strip()


def test_a_pod_has_no_right_no_key_and_nothing_to_write_to_but_its_own(system, pod):
    assert "uid=10001" in system.exec(pod, "id")
    environment = system.exec(pod, "env") + system.exec(pod, "sh", "-c", "tr '\\0' '\\n' < /proc/1/environ")
    for secret in (BOT_TOKEN, MODEL_KEY, "postgresql://"):
        assert secret not in environment
    for place in ("/", "/etc", "/opt/pi", "/usr/bin"):
        told = system.exec(pod, "sh", "-c", f"touch {place}/x 2>&1 || true", check=False)
        assert "Read-only file system" in told, place
    system.exec(pod, "sh", "-c", "touch /workspace/x /tmp/x /run/agent/x")
    files = system.exec(pod, "sh", "-c", "ls /var/run/secrets/kubernetes.io 2>&1 || true", check=False)
    assert "No such file" in files
    status = system.exec(pod, "sh", "-c", "grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/1/status")
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    found = system.kubectl(
        "exec", pod, "--", "sh", "-c", f"grep -rlsE '{BOT_TOKEN}|{MODEL_KEY}' /run /tmp /workspace /var/run || true"
    )
    assert found.strip() == ""


def test_a_pods_token_is_good_for_the_gateway_alone(system, pod):
    token = system.exec(pod, "cat", "/var/run/openclaw/token").strip()
    api = system.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    answer = system.kubectl("--server", api, "--token", token, "--kubeconfig", "/dev/null",
                            "--insecure-skip-tls-verify", "get", "pods", check=False)  # fmt: skip
    assert answer.strip() == ""
    who = system.kubectl(
        "auth", "can-i", "--list", "--as", f"system:serviceaccount:{system.release.namespace}:oc-agent"
    )
    assert "pods" not in who
    assert "secrets" not in who


def test_a_pod_reaches_gateway_and_dns_and_nothing_inside(system, chat, pod):
    gateway = f"http://oc-gateway.{system.release.namespace}.svc:8080"
    assert reaches(system, pod, f"{gateway}/v1/session")
    assert not reaches(system, pod, gateway.replace("8080", "9090") + "/metrics")
    api = service_ip(system, "kubernetes", "default")
    assert not reaches(system, pod, f"https://{api}/version")
    assert not reaches(system, pod, f"http://{service_ip(system, 'oc-postgres')}:5432/")
    assert not reaches(system, pod, f"http://{service_ip(system, 'oc-demo-model')}:8082/healthz")
    assert not reaches(system, pod, f"http://{service_ip(system, 'oc-demo-telegram')}:8081/healthz")
    assert chat.ask("still here", "Echo: still here")


@pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")
def test_a_pod_reaches_no_private_and_no_metadata_address(system, pod):
    if not isinstance(system.release.cluster, BuiltinNode):
        pytest.skip("hosts beside the node can only be put up where the node is this machine")
    with ExitStack() as stack:
        private = stack.enter_context(host_at("10.77.0.2", "octest1"))
        metadata = stack.enter_context(host_at("169.254.169.254", "octest2"))
        # that a pod without our policies reaches them shows that it is the policies that keep an agent from them
        free = system.kubectl(
            "get", "pods", "-l", "app.kubernetes.io/component=demo-model", "-o", "jsonpath={.items[0].metadata.name}"
        )
        fetch = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
        for url in (private, metadata):
            assert "test host" in system.exec(free, "python3", "-c", fetch, url)
            assert not reaches(system, pod, url)


def test_secrets_and_words_are_in_no_log_event_or_resource(system, chat):
    word = "zanzibar-4711"
    chat.ask(f"remember {word}", word)
    logs = "".join(
        system.kubectl("logs", "-l", f"app.kubernetes.io/component={c}", "--tail=-1")
        for c in ("gateway", "operator", "agent")
    )
    objects = system.kubectl("get", "agentthreads,jobs,pods,events", "-o", "json")
    for secret in (word, BOT_TOKEN, MODEL_KEY):
        assert secret not in logs
        assert secret not in objects


def test_nobody_but_the_operator_may_make_pods(system):
    namespace = system.release.namespace
    for account, verb, resource, allowed in (
        ("oc-gateway", "create", "pods", "no"), ("oc-gateway", "create", "jobs", "no"),
        ("oc-gateway", "update", "agentthreads --subresource=status", "no"), ("oc-gateway", "get", "secrets", "no"),
        ("oc-operator", "create", "jobs", "yes"), ("oc-operator", "create", "pods", "no"),
        ("oc-operator", "update", "agentthreads", "no"), ("oc-operator", "get", "secrets", "no"),
    ):  # fmt: skip
        told = system.kubectl(
            "auth",
            "can-i",
            verb,
            *resource.split(),
            "--as",
            f"system:serviceaccount:{namespace}:{account}",
            check=False,
        )
        assert told.strip() == allowed, (account, verb, resource)


def test_a_pod_meets_the_restricted_level(system, pod):
    spec = json.loads(system.kubectl("get", "pod", pod, "-o", "json"))["spec"]
    for field in ("nodeName", "priority", "preemptionPolicy"):
        spec.pop(field, None)
    name = "oc-restricted"
    system.kubectl("create", "namespace", name, check=False)
    try:
        system.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
        system.kubectl("-n", name, "create", "serviceaccount", spec["serviceAccountName"], check=False)
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": name}, "spec": spec}
        told = system.kubectl("create", "--dry-run=server", "-f", "-", "--namespace", name, stdin=json.dumps(body))
        assert "created" in told
    finally:
        system.kubectl("delete", "namespace", name, "--wait=false")
