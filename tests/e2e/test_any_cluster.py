"""A release on a cluster that is not like ours: OpenShift's ids, a quota, DNS of another name, a mesh's sidecar."""

from __future__ import annotations

import contextlib
import json

import pytest
import yaml

from dev.release import CHART, CommandFailedError, Namespace, Release
from tests.e2e.conftest import _CLASS, ADMIN, NAMESPACE, PERSON
from tests.support.chat import Chat, Simulator, wait
from tests.support.platforms import FIRST_ID, LABEL, admission, make_namespace, set_quota

OWN = f"{NAMESPACE}-fussy"
LIMITED = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}
DNS = {"namespaceSelector": {}, "podSelector": {"matchLabels": {LABEL: OWN}}}


def build_values(images):
    """Return what OpenShift's file says, with limits for the quota, and DNS by a label of our own."""
    values = yaml.safe_load((CHART / "examples" / "openshift.yaml").read_text())
    return {
        **values,
        "images": images,
        "demo": {"enabled": True, "resources": LIMITED},
        "telegram": {"allowedIds": [PERSON], "adminIds": [ADMIN]},
        "gateway": {"resources": LIMITED}, "operator": {"resources": LIMITED}, "jobs": {"resources": LIMITED},
        "database": {"embedded": {"resources": LIMITED, "storage": "1Gi"}},
        "agents": {
            **values["agents"], "namespace": f"{OWN}-agents",
            "class": {**_CLASS, "resources": {"requests": {"cpu": "10m"}, "limits": {"cpu": "1", "memory": "1Gi"}}},
        },
        "networkPolicy": {"dns": [DNS]},
    }  # fmt: skip


class Fussy:
    """The release there, and a person who talks to it."""

    def __init__(self, release, values, telegram):
        self.release, self.values, self.agents = release, values, release.agents
        self.chat = Chat(telegram, PERSON, PERSON)

    def run(self):
        found = self.agents.kubectl("get", "agentthread", self.chat.thread, "-o", "json", check=False) or "{}"
        return json.loads(found).get("status", {}).get("run", {})

    def pod(self):
        """Return the agent's pod, once the operator tells it."""
        return wait(lambda: self.run().get("podName"), "the agent's pod", show=self.run)

    def pods(self, at, *words):
        return json.loads(at.kubectl("get", "pods", "-o", "json", *words))["items"]

    def set_class(self, **spec):
        """Let the chat's next run be of a class of its own."""
        body = {
            "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentClass", "metadata": {"name": "tried"}, "spec": spec,
        }  # fmt: skip
        self.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))
        patch = json.dumps({"spec": {"classRef": {"name": "tried"}}})
        self.agents.kubectl("patch", "at", self.chat.thread, "--type", "merge", "-p", patch)


def dns_pods(at):
    """The cluster's DNS, by what its Service selects."""
    kube = Namespace(at.cluster, "kube-system")
    chosen = kube.get("service", "kube-dns")["spec"]["selector"]
    return kube, ",".join(f"{key}={value}" for key, value in chosen.items())


@pytest.fixture(scope="module")
def fussy(prepared):
    """A release on a cluster with an admission, a quota and DNS that no default knows."""
    of, images = prepared
    release = Release(of.cluster, OWN, "oc")
    release.remove()
    server = Namespace(release.cluster, f"{OWN}-admission")
    make_namespace(release, server.namespace)
    image = "{repository}:{tag}".format(**images["simulators"])
    for name, level in ((OWN, "baseline"), (f"{OWN}-agents", "restricted")):
        make_namespace(release, name, **{LABEL: OWN, "pod-security.kubernetes.io/enforce": level})
    for at in (release, release.agents):
        set_quota(at)
    kube, selector = dns_pods(release)
    with contextlib.ExitStack() as stack:
        stack.callback(server.kubectl, "delete", "namespace", server.namespace, "--ignore-not-found")
        stack.callback(release.remove)
        stack.enter_context(admission(server, OWN, image))
        values = build_values(images)
        release.install(values)
        stack.callback(kube.kubectl, "label", "pods", "-l", selector, f"{LABEL}-")
        stack.callback(release.agents.kubectl, "delete", "agentthreads", "--all", "--timeout=240s", check=False)
        telegram = stack.enter_context(release.forward("service/oc-demo-telegram", 8081))
        yield Fussy(release, values, Simulator(telegram))


def test_names_are_resolved_by_the_pods_that_a_value_names(fussy):
    with pytest.raises(CommandFailedError):  # helm waits for a pod that has failed as for one that runs
        fussy.release.helm("test", "oc", "--timeout", "60s")
    # its time may be over before the pod has said what it found
    for words in ("does not reach oc-gateway", "name the cluster's DNS in networkPolicy.dns"):
        wait(lambda words=words: words in fussy.agents.kubectl("logs", "oc-network-test", check=False), words)
    kube, selector = dns_pods(fussy.release)
    kube.kubectl("label", "pods", "-l", selector, f"{LABEL}={OWN}", "--overwrite")
    fussy.release.helm("test", "oc")


def test_agents_and_parts_run_as_whom_the_platform_says_and_within_a_quota(fussy):
    fussy.chat.ask("hello", "Echo: hello")
    pods = [*fussy.pods(fussy.release), *fussy.pods(fussy.agents)]
    assert len(pods) >= 7
    for pod in pods:
        users = {c["securityContext"]["runAsUser"] for c in pod["spec"]["containers"]}
        assert (users, pod["spec"]["securityContext"]["fsGroup"]) == ({FIRST_ID}, FIRST_ID), pod["metadata"]["name"]
    pod = fussy.pod()
    assert fussy.agents.kubectl("exec", pod, "--", "id", "-u").strip() == str(FIRST_ID)
    asked = fussy.chat.say("write kept.txt with words")
    fussy.chat.wait_for("kept.txt", asked)


def test_a_class_that_names_no_limits_is_told_of_the_quota(fussy):
    fussy.chat.ask(f"/kill {fussy.chat.thread}", f"Ended: {fussy.chat.thread}")
    fussy.set_class(**{**fussy.values["agents"]["class"], "resources": {"limits": {"memory": "1Gi"}}})
    fussy.chat.say("hello again")
    # this run keeps to what its class said; the next one, below, is of a class that names them
    wait(lambda: "limits.cpu" in (fussy.run().get("message") or ""), "the quota's words", show=fussy.run)


def test_a_sidecar_that_a_webhook_adds_ends_with_the_agent(fussy):
    fussy.release.install({**fussy.values, "agents": {**fussy.values["agents"], "admissionPolicy": {"enabled": False}}})
    fussy.chat.ask(f"/kill {fussy.chat.thread}", f"Ended: {fussy.chat.thread}")
    timeouts = {**_CLASS["timeouts"], "idle": 30}
    fussy.set_class(**{**fussy.values["agents"]["class"], "egress": "GatewayOnly", "timeouts": timeouts})
    fussy.chat.ask("hello mesh", "Echo: hello mesh")
    name = fussy.pod()
    pod = fussy.agents.get("pod", name)
    assert [c["name"] for c in pod["spec"]["containers"]] == ["mesh-proxy", "agent"]
    wait(lambda: fussy.run().get("reason") == "IdleTimeout", "the run's end", show=fussy.run)
    wait(lambda: not fussy.agents.kubectl("get", "pod", name, "--ignore-not-found"), "the pod's end")
