"""Where the chart lets agents live, and what each part may do there."""

from __future__ import annotations

import json
import subprocess

import pytest

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.quantities import compute_bytes
from agent_operator.config import OperatorConfig
from tests.support.chart import render, render_values

SECRETS = {"oc-telegram", "oc-llm", "oc-database"}


def namespaces(objects, *kinds):
    """Where objects of these kinds are, but for the Job that fills the release's own Secrets."""
    return {
        d["metadata"].get("namespace") for (kind, name), d in objects.items() if kind in kinds and name != "oc-secrets"
    }


def container_of(objects, kind, name):
    spec = objects[kind, name]["spec"]["template"]["spec"]
    return spec, spec["containers"][0]


def environment(container):
    return {v["name"]: v.get("value") for v in container["env"]}


def test_agents_have_a_namespace_of_their_own_that_enforces_and_stays():
    objects = render(namespace="openclaw")
    metadata = objects["Namespace", "openclaw-agents"]["metadata"]
    assert metadata["labels"][names.LABEL_POD_SECURITY] == "restricted"
    assert metadata["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert namespaces(objects, "AgentClass", "Role") == {"openclaw-agents"}
    assert objects["ServiceAccount", "oc-agent"]["metadata"]["namespace"] == "openclaw-agents"
    for part, name in (("gateway", "NAMESPACE"), ("operator", "OPERATOR_NAMESPACE")):
        _, container = container_of(objects, "Deployment", f"oc-{part}")
        assert environment(container)[name] == "openclaw-agents"


def test_no_secret_of_the_release_is_where_agents_are():
    objects = render(namespace="openclaw")
    assert {name for kind, name in objects if kind == "Secret"} == SECRETS
    assert namespaces(objects, "Secret") == {"openclaw"}


def test_agents_stay_with_the_release_where_a_value_says_so():
    objects = render("agents.namespace=openclaw", namespace="openclaw")
    assert not [name for kind, name in objects if kind == "Namespace"]
    assert namespaces(objects, "AgentClass", "Role") == {"openclaw"}
    # others live there too: they are not cut off
    assert ("NetworkPolicy", "oc-nothing") not in objects


def test_a_namespace_that_somebody_else_makes_is_not_made():
    assert not [n for k, n in render("agents.createNamespace=false", namespace="openclaw") if k == "Namespace"]


def rules(objects, role):
    return {
        (resource, verb): rule.get("resourceNames")
        for rule in objects["Role", role]["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_operator_has_rights_where_agents_are_alone():
    objects = render(namespace="openclaw")
    bound = [d for (kind, _), d in objects.items() if kind in {"RoleBinding", "ClusterRoleBinding"}]
    operators = [b for b in bound if any(s["name"] == "oc-operator" for s in b["subjects"])]
    assert [b["metadata"]["namespace"] for b in operators] == ["openclaw-agents"]
    may = rules(objects, "oc-operator")
    assert not {r for r, _ in may} & {"secrets", "configmaps", "serviceaccounts", "pods/exec", "pods/log"}
    assert {v for r, v in may if r == "pods"} == {"list", "watch", "patch", "delete"}
    assert may["agentclasses/finalizers", "update"] is None
    assert {v for r, v in may if r == "events"} == {"list", "watch"}
    assert {v for r, v in may if r == "jobs"} == {"get", "list", "watch", "create", "patch", "delete"}
    assert {v for r, v in may if r == "agentthreads/status"} == {"patch"}
    assert not {r for r, _ in may} & {"leases"}
    assert may["namespaces", "get"] == ["openclaw-agents"]


def test_several_operators_have_a_lease_and_a_single_one_has_none():
    objects = render("operator.replicas=2", namespace="openclaw")
    may = rules(objects, "oc-operator")
    assert may["leases", "update"] == ["oc-operator"]
    deployment = objects["Deployment", "oc-operator"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (2, "RollingUpdate")
    assert ("PodDisruptionBudget", "oc-operator") in objects
    single = render(namespace="openclaw")
    assert single["Deployment", "oc-operator"]["spec"]["strategy"]["type"] == "Recreate"
    assert ("PodDisruptionBudget", "oc-operator") not in single
    for made, leases in ((objects, True), (single, False)):
        container = made["Deployment", "oc-operator"]["spec"]["template"]["spec"]["containers"][0]
        environment = {e["name"]: e.get("value") for e in container["env"]}
        assert ("OPERATOR_LEASE" in environment) is leases
        assert (environment["OPERATOR_BOT"], environment["OPERATOR_RELEASE"]) == ("tg", "oc")


def test_the_gateway_may_do_what_its_code_does():
    may = rules(render(), "oc-gateway")
    assert {v for r, v in may if r == "agentthreads"} == {"get", "list", "watch", "create", "patch"}
    assert {v for r, v in may if r == "subagents"} == {"get", "list", "watch", "create", "patch"}
    assert {v for r, v in may if r == "agentclasses"} == {"get", "list", "watch"}
    assert {(r, v) for r, v in may if r in {"pods", "events"}} == {("pods", "get"), ("events", "create")}


def test_the_parts_go_before_agents():
    objects = render(namespace="openclaw")
    parts, agents = (objects["PriorityClass", f"openclaw-oc-{who}"] for who in ("parts", "agents"))
    assert agents["value"] < 0 < parts["value"]
    assert agents["preemptionPolicy"] == "Never"
    for kind, name in (("Deployment", "oc-gateway"), ("Deployment", "oc-operator"), ("StatefulSet", "oc-postgres")):
        pod, _ = container_of(objects, kind, name)
        assert pod["priorityClassName"] == "openclaw-oc-parts", name
    _, operator = container_of(objects, "Deployment", "oc-operator")
    assert environment(operator)["OPERATOR_PRIORITY_CLASS"] == "openclaw-oc-agents"


def test_priorities_of_ones_own_are_taken_and_none_are_made():
    objects = render("priorityClasses.parts=high", "priorityClasses.agents=low")
    assert not [n for k, n in objects if k == "PriorityClass"]
    assert container_of(objects, "Deployment", "oc-gateway")[0]["priorityClassName"] == "high"
    objects = render("priorityClasses.create=false")
    assert not [n for k, n in objects if k == "PriorityClass"]
    assert "priorityClassName" not in container_of(objects, "Deployment", "oc-gateway")[0]
    assert "OPERATOR_PRIORITY_CLASS" not in environment(container_of(objects, "Deployment", "oc-operator")[1])


@pytest.mark.parametrize(
    ("kind", "name"), [("Deployment", "oc-gateway"), ("Deployment", "oc-operator"), ("StatefulSet", "oc-postgres")]
)
def test_a_part_has_more_weight_than_an_agent_and_its_own_part_of_the_disk(kind, name):
    _, container = container_of(render(), kind, name)
    agent = AgentClass().spec.resources.requests["cpu"]
    weight = container["resources"]["requests"]["cpu"]
    assert int(weight.removesuffix("m")) >= 2 * int(agent.removesuffix("m"))
    disk = (container["resources"][which]["ephemeral-storage"] for which in ("requests", "limits"))
    least, most = map(compute_bytes, disk)
    assert 0 < least <= most


def test_images_of_classes_are_told_to_the_operator():
    _, operator = container_of(
        render("agents.allowedImages={r.example/a/*,r.example/b:1}"), "Deployment", "oc-operator"
    )
    assert json.loads(environment(operator)["OPERATOR_ALLOWED_IMAGES"]) == ["r.example/a/*", "r.example/b:1"]


def test_certificates_and_a_proxy_reach_the_operator_for_its_agents():
    plain = environment(container_of(render(), "Deployment", "oc-operator")[1])
    assert not {name for name in plain if name.startswith("OPERATOR_AGENT_")} - {
        "OPERATOR_AGENT_IMAGE",
        "OPERATOR_AGENT_IDS",
    }
    objects = render(
        "agents.extraCaConfigMap=company-ca", "agents.proxy.https=http://proxy:3128", "agents.proxy.noProxy=.example"
    )
    given = environment(container_of(objects, "Deployment", "oc-operator")[1])
    settings = {name.removeprefix("OPERATOR_").lower(): value for name, value in given.items() if "AGENT_" in name}
    config = OperatorConfig(**settings, namespace="a", gateway_url="http://x")
    assert config.agent_ca_config_map == "company-ca"
    assert (config.agent_https_proxy, config.agent_http_proxy) == ("http://proxy:3128", "")
    assert config.agent_no_proxy.startswith(".example,localhost,")


@pytest.mark.parametrize(
    "wrong", ["agents.allowedImages={a'b}", "images.gateway.digest=sha256:abc", "agents.namespce=x"]
)
def test_values_that_cannot_be_are_refused(wrong):
    with pytest.raises(subprocess.CalledProcessError):
        render(wrong)


def test_an_image_may_be_named_by_its_digest():
    digest = "sha256:" + "ab" * 32
    objects = render("images.tag=v7", f"images.gateway.digest={digest}", "images.registry=r.example/x")
    gateway = container_of(objects, "Deployment", "oc-gateway")[1]["image"]
    assert gateway == f"r.example/x/openclaw-dispatcher/gateway@{digest}"
    assert container_of(objects, "Deployment", "oc-operator")[1]["image"].endswith("operator:v7")


def test_the_databases_owner_is_no_superuser():
    objects = render()
    _, container = container_of(objects, "StatefulSet", "oc-postgres")
    assert environment(container)["POSTGRES_USER"] == "postgres"
    script = objects["ConfigMap", "oc-postgres-init"]["data"]["role.sql"]
    assert "CREATE ROLE openclaw LOGIN CREATEDB PASSWORD" in script
    assert "ALTER ROLE postgres PASSWORD NULL" in script


def test_images_are_fetched_ahead_where_a_value_says_so():
    assert not [name for kind, name in render() if kind == "DaemonSet"]
    values = {
        "agents": {"prePull": {"enabled": True, "images": ["registry.example/a:1"], "nodeSelector": {"pool": "agents"}}}
    }
    objects = render_values(values)
    daemon = objects["DaemonSet", "oc-prepull"]
    assert daemon["metadata"]["namespace"] == "openclaw"  # where agents are nothing else is let in
    pod = daemon["spec"]["template"]["spec"]
    operator = environment(container_of(objects, "Deployment", "oc-operator")[1])
    assert pod["containers"][0]["image"] == operator["OPERATOR_AGENT_IMAGE"]
    assert [c["image"] for c in pod["initContainers"]] == ["registry.example/a:1"]
    assert pod["nodeSelector"] == {"pool": "agents"}
    assert pod["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod
    policy = objects["NetworkPolicy", "oc-prepull"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert "egress" not in policy
    assert policy["podSelector"]["matchLabels"].items() <= daemon["spec"]["template"]["metadata"]["labels"].items()
