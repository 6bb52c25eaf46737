"""What the chart makes of `tracing`."""

from __future__ import annotations

import json

import pytest

from tests.support.chart import ChartRefusedError, pod_of, render_values

PARTS = ("oc-gateway", "oc-operator")
SECRET = {"name": "mine", "key": "k"}


def with_tracing(**tracing):
    return render_values({"tracing": tracing, "extraCaConfigMap": "ca"})


def test_without_a_collector_nothing_speaks_of_traces():
    objects = with_tracing(existingSecret=SECRET)
    assert "TRACING" not in json.dumps(list(objects.values()))
    assert "4318" not in json.dumps(list(objects.values()))


@pytest.mark.parametrize("part", PARTS)
def test_gateway_and_operator_are_told_where_traces_go(part):
    objects = with_tracing(endpoint="http://collector.monitoring:4318", ratio=0.25, existingSecret=SECRET)
    pod = pod_of(objects, "Deployment", part)["spec"]
    (container,) = pod["containers"]
    env = {one["name"]: one.get("value") for one in container["env"]}
    assert env["TRACING_ENDPOINT"] == "http://collector.monitoring:4318"
    assert env["TRACING_RATIO"] == "0.25"
    assert env["TRACING_HEADERS_FILE"] == "/etc/openclaw/tracing/headers"
    assert {"name": "tracing", "mountPath": "/etc/openclaw/tracing", "readOnly": True} in container["volumeMounts"]
    (volume,) = [one for one in pod["volumes"] if one["name"] == "tracing"]
    assert volume["secret"] == {"secretName": "mine", "items": [{"key": "k", "path": "headers"}]}
    assert any(one["name"] == "ca" for one in pod["volumes"])


def test_the_collectors_port_is_open_for_both_and_for_no_agent():
    objects = with_tracing(endpoint="http://collector.monitoring:4318")
    opened = {
        name
        for (kind, name), found in objects.items()
        if kind == "NetworkPolicy"
        for rule in found["spec"].get("egress", [])
        if 4318 in [port.get("port") for port in rule.get("ports", [])]
    }
    assert opened == set(PARTS)


@pytest.mark.parametrize("wrong", [{"endpoint": "grpc://c:4317"}, {"ratio": 2}, {"endpoint": "http://a b"}])
def test_wrong_values_are_refused(wrong):
    with pytest.raises(ChartRefusedError, match="tracing"):
        with_tracing(**wrong)
