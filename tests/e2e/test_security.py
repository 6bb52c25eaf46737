"""What an agent's pod is, holds and reaches."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from functools import partial

import pytest

from dev.cluster.node import BuiltinNode
from dev.release import CommandFailedError
from tests.e2e.conftest import now_ms
from tests.support.chat import wait
from tests.support.netns import host_at

BOT_TOKEN, MODEL_KEY = "demo-token-of-the-simulator", "demo-key-of-the-scripted-model"


@pytest.fixture
def pod(system, chat):
    chat.ask("hello", "Echo: hello")
    return system.pod(chat.thread)


@pytest.fixture
def free(system):
    """A pod beside the release that none of its policies chooses."""
    image = system.values["images"]["gateway"]
    container = {
        "name": "free", "image": f"{image['repository']}:{image['tag']}", "command": ["sleep", "3600"],
    }  # fmt: skip
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "free"}, "spec": {"containers": [container]}}
    gone = ("delete", "pod", "free", "--ignore-not-found", "--grace-period=0", "--force")
    system.kubectl(*gone)
    system.kubectl("create", "-f", "-", stdin=json.dumps(body))
    system.kubectl("wait", "--for=condition=Ready", "pod/free", "--timeout=240s")
    yield "free"
    system.kubectl(*gone)


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
    environment = system.exec(pod, "env") + system.exec(
        pod, "sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'", check=False
    )
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
    found = system.exec(pod, "sh", "-c", f"grep -rlsE '{BOT_TOKEN}|{MODEL_KEY}' /run /tmp /workspace /var/run || true")
    assert found.strip() == ""


def test_a_pods_token_is_good_for_the_gateway_alone(system, pod):
    token = system.exec(pod, "cat", "/var/run/openclaw/token").strip()
    api = system.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    answer = system.kubectl("--server", api, "--token", token, "--kubeconfig", "/dev/null",
                            "--insecure-skip-tls-verify", "get", "pods", check=False)  # fmt: skip
    assert answer.strip() == ""
    account = f"system:serviceaccount:{system.agents.namespace}:oc-agent"
    for where in (system.agents, system.release):
        who = where.kubectl("auth", "can-i", "--list", "--as", account)
        assert "pods" not in who
        assert "secrets" not in who


def test_a_pod_reaches_gateway_and_dns_and_nothing_inside(system, chat, pod):
    gateway = f"http://oc-gateway.{system.release.namespace}.svc:8080"
    wait(lambda: reaches(system, pod, f"{gateway}/v1/session"), "the way to the gateway")
    assert not reaches(system, pod, gateway.replace("8080", "9090") + "/metrics")
    api = service_ip(system, "kubernetes", "default")
    assert not reaches(system, pod, f"https://{api}/version")
    assert not reaches(system, pod, f"http://{service_ip(system, 'oc-postgres')}:5432/")
    assert not reaches(system, pod, f"http://{service_ip(system, 'oc-demo-model')}:8082/healthz")
    assert not reaches(system, pod, f"http://{service_ip(system, 'oc-demo-telegram')}:8081/healthz")
    assert chat.ask("still here", "Echo: still here")


@pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")
def test_a_pod_reaches_no_private_and_no_metadata_address(system, pod, free):
    if not isinstance(system.release.cluster, BuiltinNode):
        pytest.skip("hosts beside the node can only be put up where the node is this machine")
    with ExitStack() as stack:
        private = stack.enter_context(host_at("10.77.0.2", "octest1"))
        metadata = stack.enter_context(host_at("169.254.169.254", "octest2"))
        # that a pod without our policies reaches them shows that it is the policies that keep an agent from them
        fetch = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
        for url in (private, metadata):
            told = partial(system.kubectl, "exec", free, "--", "python3", "-c", fetch, url, check=False)
            wait(lambda told=told: "test host" in told(), f"the host at {url}")
            assert not reaches(system, pod, url)


def test_secrets_and_words_are_in_no_log_event_or_resource(system, chat):
    word = "zanzibar-4711"
    chat.ask(f"remember {word}", word)
    system.wait_logged(system.pod(chat.thread), "files_kept")
    # pods of earlier tests that end or begin just now have no log
    logs = [
        where.kubectl("logs", "-l", f"app.kubernetes.io/component={c}", "--tail=-1", "--ignore-errors")
        for where, c in ((system.release, "gateway"), (system.release, "operator"), (system.agents, "agent"))
    ]
    assert all("{" in log for log in logs)
    objects = system.agents.kubectl("get", "agentthreads,jobs,pods,events", "-o", "json")
    for secret in (word, BOT_TOKEN, MODEL_KEY):
        assert secret not in "".join(logs)
        assert secret not in objects


def test_nobody_but_the_operator_may_make_pods(system):
    namespace = system.release.namespace
    for account, verb, resource, allowed in (
        ("oc-gateway", "create", "pods", "no"), ("oc-gateway", "create", "jobs", "no"),
        ("oc-gateway", "update", "agentthreads --subresource=status", "no"), ("oc-gateway", "get", "secrets", "no"),
        ("oc-operator", "create", "jobs", "yes"), ("oc-operator", "create", "pods", "no"),
        ("oc-operator", "update", "agentthreads", "no"), ("oc-operator", "get", "secrets", "no"),
    ):  # fmt: skip
        who = f"system:serviceaccount:{namespace}:{account}"
        told = system.agents.kubectl("auth", "can-i", verb, *resource.split(), "--as", who, check=False)
        assert told.strip() == allowed, (account, verb, resource)
        # where the Secrets are, neither has any right
        here = system.kubectl("auth", "can-i", verb, *resource.split(), "--as", who, check=False)
        assert here.strip() == "no", (account, verb, resource)


def test_an_operator_that_was_taken_reads_no_secret_by_a_job_of_its_own(system):
    """It may create Jobs; what their pods would hold is decided by the API server."""
    operator = f"system:serviceaccount:{system.release.namespace}:oc-operator"
    image = system.values["images"]["runner"]
    container = {
        "name": "agent", "image": f"{image['repository']}:{image['tag']}", "command": ["sleep", "60"],
        "volumeMounts": [{"name": "loot", "mountPath": "/loot"}],
    }  # fmt: skip
    volumes = [{"name": "loot", "secret": {"secretName": "oc-telegram"}}]
    spec = {"restartPolicy": "Never", "serviceAccountName": "oc-agent", "containers": [container], "volumes": volumes}
    body = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "loot"},
        "spec": {"backoffLimit": 0, "template": {"spec": spec}},
    }  # fmt: skip
    with pytest.raises(CommandFailedError, match="forbidden"):
        system.kubectl("--as", operator, "create", "-f", "-", stdin=json.dumps(body))
    system.agents.kubectl("--as", operator, "create", "-f", "-", stdin=json.dumps(body))
    try:
        wait(lambda: "FailedCreate" in system.agents.kubectl("describe", "job", "loot"), "the refusal")
        assert system.agents.kubectl("get", "pods", "-l", "job-name=loot", "-o", "name").strip() == ""
    finally:
        system.agents.kubectl("delete", "job", "loot")


def test_the_charts_own_test_notices_that_policies_are_enforced(system):
    system.release.helm("test", "oc")
    parts = system.kubectl("logs", "oc-test")
    assert "The gateway is ready" in parts
    assert "The operator is ready" in parts
    for told in (system.agents.kubectl("logs", "oc-network-test"), system.kubectl("logs", "oc-stranger-test")):
        assert "reaches what it may, and nothing else" in told


def test_the_charts_own_test_notices_that_policies_are_not_enforced(system):
    """As with a network plugin that enforces none: a policy of somebody else's lets everybody in."""
    everybody = {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "everybody"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]},
    }  # fmt: skip
    system.kubectl("apply", "-f", "-", stdin=json.dumps(everybody))
    try:
        with pytest.raises(CommandFailedError):
            system.release.helm("test", "oc", "--timeout", "60s")
        # its time may be over before the pod has said what it found
        for words in ("oc-gateway", "does not enforce NetworkPolicies"):
            wait(lambda words=words: words in system.kubectl("logs", "oc-stranger-test", check=False), words)
    finally:
        system.kubectl("delete", "networkpolicy", "everybody")


def test_the_simulators_obey_the_gateway_alone(system, free):
    fetch = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).status)"
    for part, port in (("telegram", 8081), ("model", 8082)):
        at = service_ip(system, f"oc-demo-{part}")  # asking for a name is another thing that may take too long
        with pytest.raises(CommandFailedError, match="timed out"):
            system.kubectl("exec", free, "--", "python3", "-c", fetch, f"http://{at}:{port}/healthz")


def test_a_pod_meets_the_restricted_level(system, pod):
    spec = json.loads(system.agents.kubectl("get", "pod", pod, "-o", "json"))["spec"]
    for field in ("nodeName", "priority", "preemptionPolicy"):
        spec.pop(field, None)
    name = f"oc-restricted-{now_ms()}"  # one of an earlier run may not be gone yet
    system.kubectl("create", "namespace", name, check=False)
    try:
        system.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
        system.kubectl("-n", name, "create", "serviceaccount", spec["serviceAccountName"], check=False)
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": name}, "spec": spec}
        told = system.kubectl("create", "--dry-run=server", "-f", "-", "--namespace", name, stdin=json.dumps(body))
        assert "created" in told
    finally:
        system.kubectl("delete", "namespace", name, "--wait=false")
