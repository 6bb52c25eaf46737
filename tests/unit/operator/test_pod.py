"""What a class adds to its pods: labels, environment, files, placement; and what it may not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from kubernetes_asyncio.client import ApiClient

from agent_contract import names
from agent_contract.podtemplate import Ids
from agent_contract.runnerconfig import RunnerConfig
from agent_operator.builders.checks import find_problem
from agent_operator.builders.environment import LONGEST, escape, split
from agent_operator.builders.job import build_job, build_thread_work
from agent_operator.builders.model import Model
from agent_operator.classes import find_pod_problem
from tests.support.operator import make_class, make_config, make_thread

_WRITER = ApiClient.__new__(ApiClient)
SELECTOR = {
    "matchLabels": {"app.kubernetes.io/managed-by": "openclaw-operator", "app.kubernetes.io/component": "agent"}
}


def build(config=None, **spec):
    made, config = make_class(**spec).spec, config or make_config()
    work = build_thread_work(make_thread(1), 1, made, Model("zai", "glm-5"), config)
    return ApiClient.sanitize_for_serialization(_WRITER, build_job(work, made, config))


def build_spec(config=None, **spec):
    return build(config, **spec)["spec"]["template"]["spec"]


def expand(variables):
    """Return what a container gets of its variables, by the rules of core/v1 EnvVar.value."""
    found = {}
    for one in variables:

        def fill(match, found=found):
            return "$" if match[0] == "$$" else found.get(match[1], match[0])

        found[one["name"]] = re.sub(r"\$\$|\$\(([^)]*)\)", fill, one["value"])
    return found


def test_workspace_home_and_tmp_are_folders_of_one_volume():
    pod = build_spec(workspace={"size": "4Gi"})
    (container,) = pod["containers"]
    mounts = {m["mountPath"]: (m["name"], m.get("subPath")) for m in container["volumeMounts"]}
    assert mounts == {
        "/workspace": ("work", "workspace"), "/home/agent": ("work", "home"), "/tmp": ("work", "tmp"),
        "/run/agent": ("state", None), "/var/run/openclaw": ("token", None),
    }  # fmt: skip
    # the kubelet's limit lies above the class's, which the runner keeps to
    sizes = {v["name"]: v["emptyDir"]["sizeLimit"] for v in pod["volumes"] if "emptyDir" in v}
    assert sizes == {"work": "4608Mi", "state": "512Mi"}
    assert expand(container["env"])["HOME"] == "/home/agent"


def test_a_storage_class_makes_the_one_volume_a_claim_of_that_size():
    pod = build_spec(workspace={"size": "4Gi", "storageClassName": "fast"})
    (work,) = [v for v in pod["volumes"] if v["name"] == "work"]
    claim = work["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert (claim["storageClassName"], claim["resources"]) == ("fast", {"requests": {"storage": "4Gi"}})


@pytest.mark.parametrize("instructions", ["\U0001f600" * 32_768, "$" * 32_768, "pay $(HOME) and $$ for $HOME", "x"])
def test_no_instructions_are_too_long_for_the_kernel_or_changed_on_the_way(instructions):
    variables = build_spec(instructions=instructions, env=[{"name": "X", "value": "$(HOME) $$"}])["containers"][0][
        "env"
    ]
    found = expand(variables)
    assert found["X"] == "$(HOME) $$"
    assert all(len(f"{name}={value}".encode()) < 128 * 1024 for name, value in found.items())
    # a real execve takes them, and the runner reads them as one
    code = (
        "import os; from agent_runner.launch import read_config_text; import sys;"
        "sys.stdout.write(read_config_text(os.environ))"
    )
    environ = {**found, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    text = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True).stdout.decode()
    assert RunnerConfig.model_validate(json.loads(text)).instructions == instructions


def test_a_text_is_cut_by_bytes():
    text = "aé\U0001f600" * 20_000
    parts = list(split(text))
    assert "".join(parts) == text
    assert max(len(part.encode()) for part in parts) <= LONGEST
    assert list(split("")) == [""]


def test_labels_and_annotations_are_the_jobs_and_the_pods_and_take_nothing_over():
    labels = {"team": "a", names.LABEL_SUBAGENT: "stolen", names.LABEL_COMPONENT: "gateway", "job-name": "x"}
    job = build(podMetadata={"labels": labels, "annotations": {"sidecar.istio.io/inject": "false"}})
    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert metadata["annotations"]["sidecar.istio.io/inject"] == "false"
        assert metadata["labels"]["team"] == "a"
        assert metadata["labels"][names.LABEL_COMPONENT] == "agent"
        assert not {names.LABEL_SUBAGENT, "job-name"} & metadata["labels"].keys()


def test_ids_are_the_platforms_where_the_class_or_the_chart_says_so():
    platform = make_config(agent_ids=Ids.PLATFORM)
    for config, said, fixed in (
        (None, None, True), (None, "Platform", False), (platform, None, False), (platform, "Fixed", True),
    ):  # fmt: skip
        security = build_spec(config, securityContext={"ids": said} if said else {})["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert ({"runAsUser", "runAsGroup", "fsGroup"} <= security.keys()) == fixed
        assert fixed or len(security) == 2


def test_terms_and_constraints_count_agents_where_they_do_not_say():
    term = {"topologyKey": "kubernetes.io/hostname"}
    own = {"matchLabels": {"app": "cache"}}
    scheduling = {
        "affinity": {
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{**term, "labelSelector": own}]},
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
        },
        "topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
        "schedulerName": "packing",
    }
    pod = build_spec(scheduling=scheduling)
    near = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    far = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert (near[0]["labelSelector"], far[0]["labelSelector"]) == (own, SELECTOR)
    (spread,) = pod["topologySpreadConstraints"]
    assert (spread["labelSelector"], spread["maxSkew"]) == (SELECTOR, 1)
    assert pod["schedulerName"] == "packing"


def test_certificates_and_a_proxy_reach_every_class_but_one_without_the_internet():
    config = make_config(
        agent_ca_config_map="company-ca", agent_https_proxy="http://proxy:3128", agent_no_proxy=".example"
    )
    pod = build_spec(config, env=[{"name": "NO_PROXY", "value": "own.example"}])
    found = expand(pod["containers"][0]["env"])
    assert found["AGENT_CA_FILE"] == "/etc/openclaw/ca/ca.crt"
    assert (found["HTTPS_PROXY"], found["https_proxy"]) == ("http://proxy:3128", "http://proxy:3128")
    # the class's goes before, and in no other spelling does the chart's come back
    assert (found["NO_PROXY"], found.get("no_proxy")) == ("own.example", None)
    assert {"name": "ca", "configMap": {"name": "company-ca"}} in pod["volumes"]
    assert "HTTPS_PROXY" not in expand(build_spec(config, egress="GatewayOnly")["containers"][0]["env"])


def test_names_are_found_as_the_class_says():
    dns = {"nameservers": ["10.0.0.53"], "searches": ["corp.example"], "options": [{"name": "ndots", "value": "2"}]}
    pod = build_spec(dnsPolicy="None", dnsConfig=dns)
    assert (pod["dnsPolicy"], pod["dnsConfig"]) == ("None", dns)


MOUNT = {"configMap": "a"}
REFUSED = {
    "a label of ours": ({"podMetadata": {"labels": {"openclaw.dev/run": "9"}}}, "openclaw.dev/run is set by the operator"),
    "the network policies' label": (
        {"podMetadata": {"labels": {"app.kubernetes.io/component": "gateway"}}}, "component is set by the operator",
    ),
    "no key": ({"podMetadata": {"annotations": {"a b": "x"}}}, "a b is no key"),
    "a profile": (
        {"podMetadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/agent": "unconfined"}}},
        "security profile",
    ),
    "large annotations": (
        {"podMetadata": {"annotations": {f"a{n}": "\U0001f600" * 4096 for n in range(32)}}}, "131072 is the most",
    ),
    "the runner's variable": ({"env": [{"name": "AGENT_CONFIG", "value": "{}"}]}, "AGENT_CONFIG is set by the runner"),
    "the home": ({"env": [{"name": "HOME", "value": "/"}]}, "HOME is set by the runner"),
    "a variable twice": ({"env": [{"name": "A"}, {"name": "A"}]}, "A is named 2 times"),
    "large variables": ({"env": [{"name": f"A{n}", "value": "é" * 4096} for n in range(20)]}, "131072 is the most"),
    "the workspace": ({"mounts": [{**MOUNT, "mountPath": "/workspace/x"}]}, "/workspace/x is a folder of the agent"),
    "the token": ({"mounts": [{**MOUNT, "mountPath": "/run/openclaw"}]}, "a folder of the agent or the runner"),
    "above pi": ({"mounts": [{**MOUNT, "mountPath": "/opt/pi/node_modules"}]}, "a folder of the agent or the runner"),
    "a way up": ({"mounts": [{**MOUNT, "mountPath": "/etc/../home"}]}, "must not hold"),
    "a path twice": ({"mounts": [{**MOUNT, "mountPath": "/etc/x"}, {**MOUNT, "mountPath": "/etc/x"}]}, "named 2 times"),
    "names without a network": ({"egress": "GatewayOnly", "dnsPolicy": "Default"}, "resolves no names"),
    "no name server": ({"dnsPolicy": "None"}, "needs dnsConfig.nameservers"),
    "no room": ({"workspace": {"size": "1000k"}}, "1Mi is the least"),
    "a request over its limit": (
        {"resources": {"requests": {"cpu": "1500m"}, "limits": {"cpu": "1"}}}, "the request of cpu, 1500m, is over",
    ),
    "the cluster's priority": ({"scheduling": {"priorityClassName": "system-node-critical"}}, "system-"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "words"), REFUSED.values(), ids=REFUSED)
def test_what_a_class_may_not_ask_is_told_in_words(spec, words):
    problem = find_pod_problem(make_class(**spec), make_config())
    assert words in problem.message
    assert problem.reason == "ClassInvalid"


def test_a_usual_class_has_no_problem():
    requests = {"requests": {"cpu": "0.5", "memory": "512Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}}
    mounts = [{**MOUNT, "mountPath": "/etc/pip.conf", "key": "pip.conf"}, {**MOUNT, "mountPath": "/etc/company"}]
    assert find_problem(make_class(resources=requests, mounts=mounts).spec) == ""
    assert escape("plain") == "plain"
