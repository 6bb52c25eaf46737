"""What the chart gives a Prometheus and a Grafana to watch with."""

from __future__ import annotations

import json

import pytest
import yaml

from dev.chart import CHART
from tests.support.chart import ChartRefusedError, render_values


def monitored(**values):
    return render_values({"monitoring": values})


def selected(objects, labels):
    """Return the pod templates of Deployments that have all of these labels."""
    pods = [d["spec"]["template"] for (kind, _), d in objects.items() if kind == "Deployment"]
    return [pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items()]


def test_nothing_of_another_operator_is_made_unasked():
    kinds = {kind for kind, _ in render_values({})}
    assert not kinds & {"PodMonitor", "ServiceMonitor", "PrometheusRule"}
    assert ("ConfigMap", "oc-dashboard") not in render_values({})


@pytest.mark.parametrize("part", ["gateway", "operator"])
def test_a_pod_monitor_finds_a_port_of_one_part(part):
    objects = monitored(monitor="PodMonitor", interval="15s", labels={"release": "prometheus"})
    monitor = objects["PodMonitor", f"oc-{part}"]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint == {"port": "metrics", "interval": "15s"}
    (pod,) = selected(objects, monitor["spec"]["selector"]["matchLabels"])
    ports = {p["name"]: p["containerPort"] for c in pod["spec"]["containers"] for p in c["ports"]}
    assert ports["metrics"] == 9090


@pytest.mark.parametrize("part", ["gateway", "operator"])
def test_a_service_monitor_finds_a_port_of_one_service(part):
    objects = monitored(monitor="ServiceMonitor")
    spec = objects["ServiceMonitor", f"oc-{part}"]["spec"]
    wanted = spec["selector"]["matchLabels"].items()
    named = [
        name
        for (kind, name), d in objects.items()
        if kind == "Service"
        and wanted <= d["metadata"]["labels"].items()
        and spec["endpoints"][0]["port"] in {port.get("name") for port in d["spec"]["ports"]}
    ]
    assert named == [f"oc-{part}"]


def test_the_rules_are_those_of_the_file_and_name_runbooks():
    base = "https://git.example/openclaw/"
    rule = monitored(rules=True, runbookBase=base)["PrometheusRule", "oc-rules"]
    stands = (CHART / "monitoring" / "rules.yaml").read_text()
    here = stands.replace("leading)\n", 'leading{namespace="openclaw"})\n')
    assert rule["spec"] == yaml.safe_load(here.replace("runbook_url: ", f"runbook_url: {base}"))


def test_a_release_that_is_gone_whole_is_missed_though_another_one_leads():
    rule = monitored(rules=True)["PrometheusRule", "oc-rules"]
    told = [one["expr"] for group in rule["spec"]["groups"] for one in group["rules"] if "absent(" in one["expr"]]
    assert len(told) == 2
    assert all(expr.endswith('leading{namespace="openclaw"})') for expr in told)


def test_the_dashboard_is_that_of_the_file():
    board = monitored(dashboard=True, dashboardLabels={"grafana_dashboard": "yes"})["ConfigMap", "oc-dashboard"]
    assert board["metadata"]["labels"]["grafana_dashboard"] == "yes"
    stands = json.loads((CHART / "monitoring" / "dashboard.json").read_text())
    assert json.loads(board["data"]["openclaw-dispatcher.json"]) == stands


@pytest.mark.parametrize(
    "values", [{"monitor": "probe"}, {"interval": "often"}, {"runbookBase": "git.example"}, {"rule": True}]
)
def test_what_means_nothing_is_refused(values):
    with pytest.raises(ChartRefusedError):
        monitored(**values)
