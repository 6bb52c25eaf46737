"""Doors for events: closed unless somebody names one; then a port, a Service and a policy of their own."""

from __future__ import annotations

import json

import pytest

from tests.support.chart import ChartRefusedError, pod_of, render_values

CALLS = {
    "name": "calls",
    "form": "secret",
    "existingSecret": {"name": "mine", "key": "k"},
    "to": {"chatId": -100123456789012},
}
HUB = {"name": "hub", "form": "github", "existingSecret": {"name": "hub"}, "results": {"connection": "hub"}}


def with_hooks(*hooks, **more):
    return render_values({"hooks": {"list": list(hooks), **more}})


def test_without_hooks_there_is_no_door():
    objects = with_hooks(host="bot.example", ingress={"enabled": True})
    assert not [key for key in objects if "hooks" in key[1]]
    assert "8083" not in json.dumps(list(objects.values()))


def test_a_hook_has_a_port_of_its_own_and_its_secret_is_a_file_of_the_gateway_alone():
    objects = with_hooks(CALLS, HUB)
    assert objects["Service", "oc-gateway-hooks"]["spec"]["ports"] == [
        {"name": "hooks", "port": 80, "targetPort": "hooks"}
    ]
    written = json.loads(objects["ConfigMap", "oc-hooks"]["data"]["hooks.json"])
    assert [one["secretFile"] for one in written] == [
        "/etc/openclaw/hooks/calls/secret",
        "/etc/openclaw/hooks/hub/secret",
    ]
    assert written[0]["to"] == {"chatId": -100123456789012}
    assert "existingSecret" not in written[0]
    pod = pod_of(objects, "Deployment", "oc-gateway")
    container = pod["spec"]["containers"][0]
    assert {"name": "hooks", "containerPort": 8083} in container["ports"]
    assert {"name": "HOOKS_FILE", "value": "/etc/openclaw/hooks.json"} in container["env"]
    volume = next(one for one in pod["spec"]["volumes"] if one["name"] == "hook-calls")
    assert volume["secret"] == {"secretName": "mine", "optional": True, "items": [{"key": "k", "path": "secret"}]}
    others = [one for key, one in objects.items() if key[0] in {"Deployment", "StatefulSet"} and key[1] != "oc-gateway"]
    assert "hook-calls" not in json.dumps(others)
    changed = pod_of(with_hooks(CALLS), "Deployment", "oc-gateway")
    assert changed["metadata"]["annotations"] != pod["metadata"]["annotations"], "other hooks need another start"


def test_agents_do_not_reach_the_door_and_peers_can_be_named():
    rules = with_hooks(CALLS)["NetworkPolicy", "oc-gateway-hooks"]["spec"]["ingress"]
    assert rules[0]["ports"] == [{"protocol": "TCP", "port": 8083}]
    (peer,) = rules[0]["from"]
    assert peer["namespaceSelector"]["matchExpressions"][0]["operator"] == "NotIn"
    assert peer["podSelector"]["matchExpressions"][0]["values"] == ["agent"]
    mine = [{"podSelector": {"matchLabels": {"app": "proxy"}}}]
    assert (
        with_hooks(CALLS, **{"from": mine})["NetworkPolicy", "oc-gateway-hooks"]["spec"]["ingress"][0]["from"] == mine
    )


def test_an_ingress_and_a_route_lead_there_by_name():
    objects = with_hooks(
        CALLS,
        host="bot.example",
        ingress={"enabled": True, "tlsSecretName": "tls"},
        route={"enabled": True, "parentRefs": [{"name": "g"}]},
    )
    (rule,) = objects["Ingress", "oc-gateway-hooks"]["spec"]["rules"]
    assert (rule["host"], rule["http"]["paths"][0]["path"]) == ("bot.example", "/hooks")
    assert objects["HTTPRoute", "oc-gateway-hooks"]["spec"]["hostnames"] == ["bot.example"]
    with pytest.raises(ChartRefusedError, match="host is empty"):
        with_hooks(CALLS, ingress={"enabled": True})
    with pytest.raises(ChartRefusedError, match="parentRefs"):
        with_hooks(CALLS, host="bot.example", route={"enabled": True})


@pytest.mark.parametrize("odd", [{"form": "any"}, {"name": "A"}, {"perHour": 0}, {"secret": "x"}, {"results": {}}])
def test_what_no_hook_has_is_refused(odd):
    with pytest.raises(ChartRefusedError):
        with_hooks({**CALLS, **odd})
