"""What the chart's admission policy lets into the agents' namespace, asked of a real API server."""

from __future__ import annotations

import copy
import json
import urllib.error

import pytest
from kubernetes_asyncio.client import ApiClient

from agent_contract.podtemplate import Ids
from agent_operator.builders.job import build_job, build_thread_work
from agent_operator.builders.model import choose_model
from dev.images import REPOSITORY
from tests.support.chart import render
from tests.support.eventually import eventually_sync
from tests.support.operator import make_class, make_config, make_thread

pytestmark = pytest.mark.apiserver
NAMESPACE, ALONE, OPEN = "guarded-agents", "alone", "open-agents"
KINDS = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
RUNNER, ALLOWED = "openclaw-dispatcher/runner:0.1.0", "r.example/agents/"
FULL = {
    "image": f"{ALLOWED}own:3", "egress": "GatewayOnly", "workspace": {"size": "1Gi", "storageClassName": "fast"},
    "resources": {"limits": {"cpu": "2"}}, "scheduling": {"nodeSelector": {"pool": "agents"}},
    "mounts": [{"configMap": "settings", "mountPath": "/etc/company"}], "env": [{"name": "A", "value": "$(B)"}],
    "podMetadata": {"labels": {"team": "a"}, "annotations": {"sidecar.istio.io/inject": "false"}},
}  # fmt: skip

_WRITER = ApiClient.__new__(ApiClient)


def make_pod(name="probe", config=None, **spec):
    """Return the pod that the operator would make of a class."""
    made = make_class(**spec).spec
    config = make_config(service_account="oc-agent", agent_image=RUNNER, **(config or {}))
    work = build_thread_work(make_thread(1), 1, made, choose_model(None, made, config), config)
    # what it asks of a client needs no connection, and a client would open one
    job = ApiClient.sanitize_for_serialization(_WRITER, build_job(work, made, config, ("10.96.0.7",)))
    template = job["spec"]["template"]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **template["metadata"]},
        "spec": template["spec"],
    }  # fmt: skip


class Guarded:
    """A namespace that the policy guards."""

    def __init__(self, server, namespace):
        self.server, self.pods = server, f"/api/v1/namespaces/{namespace}/pods"

    def refuses(self, pod, query="?dryRun=All", method="POST", path=""):
        """Return what is said against a pod; empty where it is let in."""
        try:
            self.server.call(method, f"{self.pods}{path}{query}", pod)
        except urllib.error.HTTPError as error:
            with error:
                return str(json.loads(error.read())["message"])
        return ""


def prepare(server, namespace, *settings):
    """Make a release's namespace of agents with the policy, and wait until it guards."""
    release = namespace.removesuffix("-agents")
    agents = "" if namespace.endswith("-agents") else f"agents.namespace={namespace}"
    server.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    for account in ("oc-agent", "other"):
        server.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": account}})
    given = [setting for setting in (agents, *settings) if setting]
    for (kind, _), document in render(*given, namespace=release).items():
        if kind in KINDS:
            server.call("POST", f"/apis/admissionregistration.k8s.io/v1/{KINDS[kind]}", document)
    guarded = Guarded(server, namespace)
    stolen = make_pod()
    stolen["spec"]["hostNetwork"] = True
    eventually_sync(lambda: "Pods here have nothing of the node's" in guarded.refuses(stolen))
    return guarded


@pytest.fixture(scope="module")
def guarded(apiserver):
    others = "agents.admissionPolicy.otherServiceAccounts={other}"
    return prepare(apiserver, NAMESPACE, f"agents.allowedImages={{{ALLOWED}*,r.example/one:1}}", others)


@pytest.mark.parametrize("spec", [{}, FULL], ids=["default", "full"])
async def test_the_operators_own_pods_are_let_in(guarded, spec):
    assert guarded.refuses(make_pod(**spec)) == ""


def volume(**source):
    return lambda pod: pod["spec"]["volumes"].append({"name": "more", **source})


def container(**fields):
    return lambda pod: pod["spec"]["containers"][0].update(fields)


def spec(**fields):
    return lambda pod: pod["spec"].update(fields)


def security(**fields):
    return lambda pod: pod["spec"]["containers"][0]["securityContext"].update(fields)


def pod_security(**fields):
    return lambda pod: pod["spec"]["securityContext"].update(fields)


def labels(**fields):
    return lambda pod: pod["metadata"]["labels"].update({f"{k.replace('__', '/')}": v for k, v in fields.items()})


def annotations(**fields):
    return lambda pod: pod["metadata"].setdefault("annotations", {}).update(fields)


def claim(**fields):
    made = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **fields}
    return volume(ephemeral={"volumeClaimTemplate": {"spec": made}})


def raw_device(pod):
    claim()(pod)
    del pod["spec"]["containers"][0]["volumeMounts"][0]
    container(volumeDevices=[{"name": "more", "devicePath": "/dev/x"}])(pod)


def open_proc(pod):
    spec(hostUsers=False)(pod)
    security(procMount="Unmasked")(pod)


ONE_MORE = {"name": "second", "image": RUNNER}
TOKEN = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
SNAPSHOT = {"kind": "PersistentVolumeClaim", "name": "of-another-agent"}
PROBE = {"httpGet": {"host": "169.254.169.254", "port": 80}}
APPARMOR = "container.apparmor.security.beta.kubernetes.io"
KEY = {"name": "pull", "key": "x"}
VOLUMES, NODE, CONTAINERS = "Volumes here are", "Pods here have nothing of the node's", "Containers here have a root"
REFUSED = {
    "a Secret": (volume(secret={"secretName": "pull"}), VOLUMES),
    "a folder of the node": (volume(hostPath={"path": "/"}), VOLUMES),
    "somebody's claim": (volume(persistentVolumeClaim={"claimName": "x"}), VOLUMES),
    "a share": (volume(nfs={"server": "10.0.0.1", "path": "/"}), VOLUMES),
    "a driver": (volume(csi={"driver": "secrets-store.csi.k8s.io"}), VOLUMES),
    "a projected ConfigMap": (volume(projected={"sources": [{"configMap": {"name": "x"}}]}), VOLUMES),
    "a projected Secret": (volume(projected={"sources": [{"secret": {"name": "pull"}}]}), VOLUMES),
    "the API server's token": (volume(projected={"sources": [TOKEN]}), VOLUMES),
    "its own fields": (volume(downwardAPI={"items": []}), VOLUMES),
    "a copy of another's workspace": (claim(dataSource=SNAPSHOT), VOLUMES),
    "another's volume": (claim(volumeName="pv-1"), VOLUMES),
    "a Secret as environment": (container(envFrom=[{"secretRef": {"name": "pull"}}]), "The environment of a pod"),
    "a key as a variable": (container(env=[{"name": "A", "valueFrom": {"secretKeyRef": KEY}}]), "The environment of a pod"),
    "another account": (spec(serviceAccountName="default"), "Pods here run as the ServiceAccount oc-agent"),
    "the account's own token": (spec(automountServiceAccountToken=True), "Pods here run as the ServiceAccount oc-agent"),
    "no label of an agent": (labels(app__none="x", **{"app.kubernetes.io__component": "gateway"}), "Pods here bear the labels"),
    "another manager": (labels(**{"app.kubernetes.io__managed-by": "me"}), "Pods here bear the labels"),
    "an egress of its own": (labels(**{"openclaw.dev__egress": "Everything"}), "Pods here bear the labels"),
    "a second container": (lambda pod: pod["spec"]["containers"].append(ONE_MORE), "Pods here have one container"),
    "an init container": (spec(initContainers=[ONE_MORE]), "Pods here have one container"),
    "the node's network": (spec(hostNetwork=True), NODE),
    "the node's processes": (spec(hostPID=True), NODE),
    "the node's IPC": (spec(hostIPC=True), NODE),
    "a port of the node": (container(ports=[{"containerPort": 80, "hostPort": 80}]), NODE),
    "a node of its choice": (spec(nodeName="node1"), NODE),
    "a raw device": (raw_device, NODE),
    "root": (pod_security(runAsUser=0, runAsNonRoot=False), "Pods here run as user 10001"),
    "another user": (pod_security(runAsUser=10002), "Pods here run as user 10001"),
    "another user in its container": (security(runAsUser=0), CONTAINERS),
    "a user that is left open": (lambda pod: pod["spec"]["securityContext"].pop("runAsUser"), "Pods here run as user 10001"),
    "a label of SELinux": (pod_security(seLinuxOptions={"level": "s0:c1,c2"}), "Pods here run as user 10001"),
    "another profile of AppArmor": (annotations(**{f"{APPARMOR}/agent": "runtime/default"}), "Pods here change no profile"),
    "no seccomp": (pod_security(seccompProfile={"type": "Unconfined"}), "Pods here run as user 10001"),
    "no seccomp in its container": (security(seccompProfile={"type": "Unconfined"}), CONTAINERS),
    "a kernel setting": (pod_security(sysctls=[{"name": "net.ipv4.ping_group_range", "value": "0 1"}]), "Pods here run as"),
    "another's group": (pod_security(supplementalGroups=[0]), "Pods here run as user 10001"),
    "privileges": (security(privileged=True, allowPrivilegeEscalation=True), CONTAINERS),
    "a way to more rights": (security(allowPrivilegeEscalation=True), CONTAINERS),
    "a root to write to": (security(readOnlyRootFilesystem=False), CONTAINERS),
    "a capability": (security(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}), CONTAINERS),
    "all capabilities": (security(capabilities={}), CONTAINERS),
    "an open proc": (open_proc, CONTAINERS),
    "a probe that the node makes": (container(livenessProbe=PROBE), "Containers here have no probes"),
    "a hook that the node makes": (container(lifecycle={"preStop": PROBE}), "Containers here have no probes"),
    "the cluster's own priority": (spec(priorityClassName="system-node-critical"), "Pods here have none of the priorities"),
    "another image": (container(image="docker.example/miner:1"), "Images here are the chart's own"),
    "an image that begins like another": (container(image="r.example/one:1-mine"), "Images here are the chart's own"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
async def test_a_pod_is_refused_that_has(guarded, what):
    change, words = REFUSED[what]
    pod = make_pod()
    change(pod)
    assert words in guarded.refuses(pod)


async def test_each_rule_of_the_policy_refuses_something(guarded):
    policy = guarded.server.call(
        "GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/guarded-oc-agents"
    )
    for rule in policy["spec"]["validations"]:
        assert any(rule["message"].startswith(words) for _, words in REFUSED.values()), rule["message"]
    assert not policy["status"].get("typeChecking", {}).get("expressionWarnings")


async def test_a_pod_that_stands_is_not_made_another(guarded):
    pod = make_pod("standing")
    guarded.server.call("POST", guarded.pods, pod)
    debug = {"spec": {"ephemeralContainers": [{"name": "debug", "image": RUNNER}]}}
    found = guarded.server.call("GET", f"{guarded.pods}/standing")
    other = copy.deepcopy(found)
    other["spec"]["containers"][0]["image"] = "docker.example/miner:1"
    assert "Images here are" in guarded.refuses(other, method="PUT", path="/standing")
    other = copy.deepcopy(found)
    other["metadata"]["labels"]["openclaw.dev/egress"] = "Everything"
    assert "Pods here bear the labels" in guarded.refuses(other, method="PUT", path="/standing")
    other = copy.deepcopy(found)
    other["spec"] |= debug["spec"]
    told = guarded.refuses(other, method="PUT", path="/standing/ephemeralcontainers")
    assert "Pods here have one container" in told
    # what the cluster itself changes goes through, of a pod of any shape
    other = copy.deepcopy(found)
    other["metadata"]["annotations"] = {"a": "b"}
    assert guarded.refuses(other, method="PUT", path="/standing") == ""


async def test_pods_of_an_account_that_is_named_are_not_looked_at(guarded):
    pod = make_pod()
    pod["spec"] |= {"serviceAccountName": "other", "hostIPC": True}
    assert guarded.refuses(pod) == ""


async def test_in_the_releases_own_namespace_only_the_agents_account_is_bound(apiserver):
    alone = prepare(apiserver, ALONE)
    loot = make_pod()
    volume(secret={"secretName": "x"})(loot)
    assert VOLUMES in alone.refuses(loot)
    loot["spec"]["serviceAccountName"] = "other"
    assert alone.refuses(loot) == ""


async def test_any_image_is_let_in_where_none_is_named(apiserver):
    other = make_pod(image=f"{REPOSITORY}/mine:1")
    assert prepare(apiserver, OPEN).refuses(other) == ""


PLATFORM_REFUSED = {
    "root": (pod_security(runAsUser=0), "Pods here run as a user that is not root"),
    "root in its container": (security(runAsUser=0), CONTAINERS),
    "a type of SELinux": (pod_security(seLinuxOptions={"type": "spc_t"}), "Pods here run as a user that is not root"),
}


@pytest.fixture(scope="module")
def platform(apiserver):
    return prepare(apiserver, "platform-agents", "agents.ids=Platform")


def left_to_the_platform(pod):
    """Take the ids from a pod, and give it what OpenShift's restricted-v2 does."""
    ours = pod["spec"]["securityContext"]
    given = {k: v for k, v in ours.items() if k not in {"runAsUser", "runAsGroup", "fsGroup"}}
    pod["spec"]["securityContext"] = {**given, "fsGroup": 1000680000, "seLinuxOptions": {"level": "s0:c26,c5"}}
    security(runAsUser=1000680000)(pod)
    return pod


async def test_a_platforms_own_ids_are_let_in_where_a_value_says_so(platform, guarded):
    pod = left_to_the_platform(make_pod())
    assert platform.refuses(pod) == ""
    assert platform.refuses(make_pod()) == "", "a class may still name ours"
    assert platform.refuses(make_pod(config={"agent_ids": Ids.PLATFORM})) == ""
    assert "Pods here run as user 10001" in guarded.refuses(pod)


@pytest.mark.parametrize("what", PLATFORM_REFUSED)
async def test_a_platforms_ids_are_never(platform, what):
    change, words = PLATFORM_REFUSED[what]
    pod = left_to_the_platform(make_pod())
    change(pod)
    assert words in platform.refuses(pod)


async def test_a_configmap_may_be_mounted(guarded):
    pod = make_pod()
    volume(configMap={"name": "kube-root-ca.crt"})(pod)
    assert guarded.refuses(pod) == ""
