"""The console: shut unless it is asked for; then nobody reaches it but by the API server, and nobody has rights but who is named."""

from __future__ import annotations

import json

from agent_gateway.console.settings import ConsoleSettings
from tests.support.chart import pod_of, render_values

ALICE, BOB = {"kind": "User", "name": "alice"}, {"kind": "User", "name": "bob"}
API = {"networkPolicy": {"apiServerCidrs": ["203.0.113.7/32"]}}
AGENTS = "openclaw-agents"


def with_console(values=None, **more):
    return render_values(
        {"console": {"enabled": True, "viewers": [ALICE], "speakers": [BOB], **more}, **(values or API)}
    )


def test_there_is_none_unless_it_is_asked_for():
    objects = render_values(API)
    assert not [key for key in objects if "console" in key[1]]
    assert "8084" not in json.dumps(list(objects.values()))


def test_the_api_server_alone_reaches_the_port_and_without_its_address_nobody_does():
    rules = with_console()["NetworkPolicy", "oc-gateway-console"]["spec"]["ingress"]
    assert rules == [{"ports": [{"protocol": "TCP", "port": 8084}], "from": [{"ipBlock": {"cidr": "203.0.113.7/32"}}]}]
    assert ("NetworkPolicy", "oc-gateway-console") not in with_console({"networkPolicy": {}})
    tunnel = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    rules = with_console({"networkPolicy": {}}, **{"from": [tunnel]})["NetworkPolicy", "oc-gateway-console"]
    assert rules["spec"]["ingress"][0]["from"] == [tunnel]
    for (kind, name), policy in with_console().items():
        if kind == "NetworkPolicy" and name != "oc-gateway-console":
            assert "8084" not in json.dumps(policy), name


def test_a_viewer_can_neither_speak_nor_have_a_speakers_token():
    objects = with_console()
    view, speak = (objects["Role", f"oc-console-{kind}"]["rules"] for kind in ("view", "speak"))
    service = {"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": ["oc-gateway-console:console"]}
    tokens = {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}
    assert view == [{**service, "verbs": ["get"]}, {**tokens, "resourceNames": ["oc-console-view"]}]
    assert speak == [
        {**service, "verbs": ["get", "create"]},
        {**tokens, "resourceNames": ["oc-console-view", "oc-console-speak"]},
    ]
    verbs = {verb for rule in objects["Role", "oc-console-view-agents"]["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}
    bound = {key[1]: one["subjects"] for key, one in objects.items() if key[0] == "RoleBinding" and "console" in key[1]}
    assert bound == {
        "oc-console-view": [ALICE], "oc-console-view-agents": [ALICE],
        "oc-console-speak": [BOB], "oc-console-speak-agents": [BOB],
    }  # fmt: skip


def test_the_accounts_have_no_rights_and_a_token_names_who_asks():
    objects = with_console()
    for kind in ("view", "speak"):
        assert objects["ServiceAccount", f"oc-console-{kind}"]["automountServiceAccountToken"] is False
    subjects = [s["name"] for key, one in objects.items() if "RoleBinding" in key[0] for s in one["subjects"]]
    assert not [name for name in subjects if name.startswith("oc-console")]
    pods = [pod_of(objects, kind, name) for kind, name in objects if kind in {"Deployment", "StatefulSet"}]
    assert not [pod for pod in pods if "oc-console" in str(pod["spec"].get("serviceAccountName"))]
    policy = objects["ValidatingAdmissionPolicy", "openclaw-oc-console"]["spec"]
    (rule,) = policy["matchConstraints"]["resourceRules"]
    assert (rule["resources"], rule["resourceNames"]) == (
        ["serviceaccounts/token"],
        ["oc-console-view", "oc-console-speak"],
    )
    assert policy["failurePolicy"] == "Fail"
    assert "request.userInfo.username" in policy["validations"][0]["expression"]


def test_gateway_and_plugin_are_told_the_same():
    objects = with_console()
    container = pod_of(objects, "Deployment", "oc-gateway")["spec"]["containers"][0]
    (told,) = [one["value"] for one in container["env"] if one["name"] == "CONSOLE"]
    settings = ConsoleSettings.model_validate_json(told)
    assert {"name": "console", "containerPort": settings.port} in container["ports"]
    where = objects["ConfigMap", "openclaw-console-tg"]
    assert where["metadata"]["namespace"] == AGENTS
    data = where["data"]
    assert (settings.view, settings.speak) == tuple(
        f"system:serviceaccount:{data['namespace']}:{data[kind]}" for kind in ("view", "speak")
    )
    name, _, port = data["service"].partition(":")
    assert objects["Service", name]["spec"]["ports"] == [{"name": port, "port": 80, "targetPort": "console"}]


def test_names_fit_where_agents_share_the_releases_namespace():
    objects = with_console({**API, "agents": {"namespace": "openclaw"}})
    assert ("Role", "oc-console-view") in objects
    assert ("Role", "oc-console-view-agents") in objects
