"""Each field of an AgentClass that shapes its pods: kept by a real API server, and taken by it in the Job made of it."""

from __future__ import annotations

import contextlib
import json
import urllib.error

import pytest
from kubernetes_asyncio.client import ApiClient

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_operator.builders.checks import find_problem
from agent_operator.builders.job import build_job, build_thread_work
from agent_operator.builders.model import Model
from tests.support.operator import make_config, make_thread

pytestmark = pytest.mark.apiserver
NAMESPACE = "class-fields"
CLASSES = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
_WRITER = ApiClient.__new__(ApiClient)

TERM = {
    "topologyKey": "kubernetes.io/hostname",
    "labelSelector": {"matchLabels": {"app": "cache"}},
    "namespaces": ["a"],
}
EXPRESSION = {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}
FIELDS = {
    "labels": {"podMetadata": {"labels": {"kueue.x-k8s.io/queue-name": "agents", "team": ""}}},
    "annotations": {"podMetadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true", "a": "\U0001f600"}}},
    "nodeSelector": {"scheduling": {"nodeSelector": {"pool": "agents"}}},
    "tolerations": {"scheduling": {"tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute"}]}},
    "node affinity": {
        "scheduling": {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [EXPRESSION, {"key": "cpu", "operator": "Gt", "values": ["4"]}]},
                            {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["node-1"]}]},
                        ]
                    },
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 1, "preference": {"matchExpressions": [{"key": "spot", "operator": "Exists"}]}}
                    ],
                }
            }
        }
    },
    "pod affinity": {
        "scheduling": {
            "affinity": {
                "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]},
                "podAntiAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 100, "podAffinityTerm": {**TERM, "namespaceSelector": {"matchLabels": {"a": "b"}}}}
                    ]
                },
            }
        }
    },
    "spread": {
        "scheduling": {
            "topologySpreadConstraints": [
                {
                    "maxSkew": 2, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule",
                    "minDomains": 2, "nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Honor",
                    "labelSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
                }
            ]
        }
    },
    "priority class": {"scheduling": {"priorityClassName": "low"}},
    "scheduler": {"scheduling": {"schedulerName": "packing"}},
    "runtime class": {"runtimeClassName": "kata"},
    "pull secrets": {"imagePullSecrets": ["own", "other"]},
    "ids": {"securityContext": {"ids": "Platform"}},
    "environment": {"env": [{"name": "A", "value": "$(B) $$"}, {"name": "B_1", "value": ""}]},
    "mounts": {
        "mounts": [
            {"configMap": "settings", "mountPath": "/etc/company", "optional": False},
            {"configMap": "pip", "mountPath": "/etc/pip.conf", "key": "pip.conf", "optional": True},
        ]
    },
    "dns": {
        "dnsPolicy": "None",
        "dnsConfig": {
            "nameservers": ["10.0.0.53", "fd00::53"], "searches": ["corp.example"],
            "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
        },
    },
    "volume": {"workspace": {"size": "3Gi", "storageClassName": "fast"}},
    "long instructions": {"instructions": "\U0001f600" * 32_768},
}  # fmt: skip


@pytest.fixture(scope="module")
def server(apiserver):
    apiserver.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    with contextlib.suppress(urllib.error.HTTPError):  # a controller may have been first
        apiserver.call("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "default"}})
    for name, value in (("low", -10), ("packing", 0)):
        body = {"metadata": {"name": name}, "value": value}
        apiserver.call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", body)
    apiserver.call("POST", "/apis/node.k8s.io/v1/runtimeclasses", {"metadata": {"name": "kata"}, "handler": "kata"})
    return apiserver


def contains(found, sent, path=""):
    """Return the first part of `sent` that `found` lacks; empty where it has all of it."""
    if isinstance(sent, dict):
        return next((hit for k, v in sent.items() if (hit := contains((found or {}).get(k), v, f"{path}.{k}"))), "")
    if isinstance(sent, list):
        if len(found or []) != len(sent):
            return path
        return next((hit for n, v in enumerate(sent) if (hit := contains(found[n], v, f"{path}[{n}]"))), "")
    # an empty text is as good as none
    return "" if found == sent or (sent in ("", False) and found is None) else path


@pytest.mark.parametrize("what", FIELDS)
async def test_a_field_is_kept_and_its_job_taken_whole(server, what):
    body = {
        "apiVersion": names.API_VERSION,
        "kind": "AgentClass",
        "metadata": {"generateName": "c-"},
        "spec": FIELDS[what],
    }
    kept = server.call("POST", CLASSES, body)
    assert contains(kept["spec"], FIELDS[what]) == ""
    spec = AgentClass.model_validate(kept).spec
    assert find_problem(spec) == ""
    config = make_config(namespace=NAMESPACE)
    job = build_job(build_thread_work(make_thread(1), 1, spec, Model("zai", "m"), config), spec, config)
    sent = ApiClient.sanitize_for_serialization(_WRITER, job)
    # strict: a field that the API server does not know is refused instead of left out
    taken = server.call("POST", f"{JOBS}?dryRun=All&fieldValidation=Strict", sent)
    assert contains(taken["spec"]["template"], sent["spec"]["template"]) == ""
    pod = {"apiVersion": "v1", "kind": "Pod", **sent["spec"]["template"]}
    pod["metadata"]["name"] = "probe"
    pod["spec"]["serviceAccountName"] = "default"
    made = server.call("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All&fieldValidation=Strict", pod)
    assert contains(made["spec"], {k: v for k, v in pod["spec"].items() if k != "tolerations"}) == ""


WRONG = {
    "a label's value": ({"podMetadata": {"labels": {"a": "b c"}}}, "spec.podMetadata.labels.a"),
    "33 labels": ({"podMetadata": {"labels": {f"a{n}": "b" for n in range(33)}}}, "spec.podMetadata.labels"),
    "a long annotation": ({"podMetadata": {"annotations": {"a": "b" * 4097}}}, "spec.podMetadata.annotations.a"),
    "a variable's name": ({"env": [{"name": "A-B", "value": "c"}]}, "spec.env[0].name"),
    "a variable from a Secret": ({"env": [{"name": "A", "valueFrom": {}}]}, "valueFrom"),
    "a long value": ({"env": [{"name": "A", "value": "b" * 4097}]}, "spec.env[0].value"),
    "65 variables": ({"env": [{"name": f"A{n}"} for n in range(65)]}, "spec.env"),
    "a path that is not whole": ({"mounts": [{"configMap": "a", "mountPath": "etc/x"}]}, "spec.mounts[0].mountPath"),
    "the root": ({"mounts": [{"configMap": "a", "mountPath": "/etc"}]}, "spec.mounts[0].mountPath"),
    "a mounted Secret": ({"mounts": [{"secret": "a", "mountPath": "/etc/x"}]}, "spec.mounts[0].secret"),
    "four name servers": ({"dnsConfig": {"nameservers": ["1.1.1.1"] * 4}}, "spec.dnsConfig.nameservers"),
    "other ids": ({"securityContext": {"ids": "root"}}, "spec.securityContext.ids"),
    "a constraint without a key": (
        {"scheduling": {"topologySpreadConstraints": [{"whenUnsatisfiable": "DoNotSchedule"}]}}, "topologyKey",
    ),
    "a weight": (
        {"scheduling": {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 101, "preference": {}}]}}}}, "weight",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
async def test_what_cannot_be_meant_is_refused_with_its_path(server, what):
    spec, path = WRONG[what]
    body = {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": {"generateName": "c-"}, "spec": spec}
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.call("POST", f"{CLASSES}?fieldValidation=Strict", body)
    with refused.value as error:
        assert path in json.loads(error.read())["message"]
