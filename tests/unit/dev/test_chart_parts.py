"""What each part's pods may be told: where they run, what they are called by, and as whom they run."""

from __future__ import annotations

import shutil

import pytest
import yaml

from agent_contract import names
from dev.paths import ROOT
from dev.release import CHART
from tests.support.chart import pod_of, render_values

PARTS = {
    "operator": ("Deployment", "oc-operator"),
    "gateway": ("Deployment", "oc-gateway"),
    "postgres": ("StatefulSet", "oc-postgres"),
    "demo": ("Deployment", "oc-demo-telegram"),
}
PLACED = {
    "annotations": {"watch.example/reload": "yes"},
    "podLabels": {"team": "bots"},
    "podAnnotations": {"sidecar.example/inject": "no"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "bots", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "priorityClassName": "high",
    "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "1Gi"}},
}


def values_of(part, values):
    if part == "postgres":
        return {"database": {"embedded": values}}
    return {part: {**values, "enabled": True} if part == "demo" else values}


def tolerations_of(template):
    """Return a pod's tolerations but for those of a node that is away, and the seconds of these."""
    listed = template["spec"].get("tolerations", [])
    away = {t["key"]: t.get("tolerationSeconds") for t in listed if str(t.get("key")).startswith("node.kubernetes.io/")}
    return [t for t in listed if t.get("key") not in away], away


@pytest.mark.parametrize("part", ["telegram", "model"])
def test_a_simulator_does_not_begin_anew_in_an_upgrade(part):
    earlier, now = (
        pod_of(render_values({}, chart=chart), "Deployment", f"oc-demo-{part}")
        for chart in (ROOT / "tests/data/charts/before-subagents.tgz", CHART)
    )
    assert now == earlier, "it would forget its chats, as Telegram does not"


def test_gateway_and_operator_leave_a_node_that_is_away_sooner_than_the_database():
    objects = render_values({"nodeAwaySeconds": 20})
    away = {f"node.kubernetes.io/{state}": 20 for state in ("not-ready", "unreachable")}
    for part in ("gateway", "operator"):
        assert tolerations_of(pod_of(objects, *PARTS[part])) == ([], away), part
    assert tolerations_of(pod_of(objects, *PARTS["postgres"])) == ([], {})


@pytest.mark.parametrize("key", ["node.kubernetes.io/unreachable", None])
def test_what_a_part_says_of_a_node_that_is_away_wins(key):
    own = {"operator": "Exists", **({"key": key} if key else {})}
    objects = render_values({"tolerations": [own]})
    listed = pod_of(objects, *PARTS["gateway"])["spec"]["tolerations"]
    assert [t for t in listed if t.get("key") in {"node.kubernetes.io/unreachable", None}] == [own]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_runs_where_its_values_say(part):
    objects = render_values(values_of(part, PLACED))
    workload, template = objects[PARTS[part]], pod_of(objects, *PARTS[part])
    spec, metadata = template["spec"], template["metadata"]
    assert workload["metadata"]["annotations"] == PLACED["annotations"]
    assert PLACED["podLabels"].items() <= metadata["labels"].items()
    assert PLACED["podAnnotations"].items() <= metadata["annotations"].items()
    for name in ("nodeSelector", "affinity", "priorityClassName"):
        assert spec[name] == PLACED[name], name
    assert tolerations_of(template)[0] == PLACED["tolerations"]
    (spread,) = spec["topologySpreadConstraints"]
    assert spread["labelSelector"] == workload["spec"]["selector"]
    assert spec["containers"][0]["resources"]["limits"] == {"cpu": "2", "memory": "1Gi"} | {
        k: v for k, v in spec["containers"][0]["resources"]["limits"].items() if k == "ephemeral-storage"
    }
    for other, (kind, name) in PARTS.items():
        if other != part:
            assert "nodeSelector" not in pod_of(objects, kind, name)["spec"], other


def test_what_is_said_for_every_part_gives_way_to_what_one_says():
    everywhere = {k: v for k, v in PLACED.items() if k not in {"annotations", "priorityClassName", "resources"}}
    objects = render_values({**everywhere, "gateway": {"nodeSelector": {"disk": "ssd"}}})
    for part, key in PARTS.items():
        template = pod_of(objects, *key)
        expected = {"disk": "ssd"} if part == "gateway" else PLACED["nodeSelector"]
        assert template["spec"]["nodeSelector"] == expected
        assert tolerations_of(template)[0] == PLACED["tolerations"]
        assert template["metadata"]["labels"]["team"] == "bots"


def test_labels_and_annotations_of_all_that_is_made_change_no_selector():
    common = {"team": "bots", "app.kubernetes.io/name": "not-ours", "app.kubernetes.io/instance": "nor-this"}
    objects = render_values({"commonLabels": common, "commonAnnotations": {"owner": "bots"}})
    for (kind, name), one in objects.items():
        if kind != "Pod":  # of `helm test`
            assert one["metadata"]["labels"]["team"] == "bots", name
    for part in PARTS.values():
        selector = objects[part]["spec"]["selector"]["matchLabels"]
        assert selector["app.kubernetes.io/instance"] == "oc"
        assert selector.items() <= pod_of(objects, *part)["metadata"]["labels"].items()
        assert objects[part]["metadata"]["annotations"]["owner"] == "bots"


def test_a_new_version_of_the_chart_restarts_no_database(tmp_path):
    newer = tmp_path / "chart"
    shutil.copytree(CHART, newer)
    chart = yaml.safe_load((newer / "Chart.yaml").read_text())
    (newer / "Chart.yaml").write_text(yaml.safe_dump(chart | {"version": "9.9.9", "appVersion": "9.9.9"}))
    before, after = (pod_of(render_values({}, chart=path), "StatefulSet", "oc-postgres") for path in (CHART, newer))
    assert before == after


def pods(objects):
    """Return the spec of every pod that the chart makes, but for the one that `helm test` makes as an agent."""
    for (kind, name), one in objects.items():
        if kind == "Pod" and name != "oc-network-test":
            yield name, one["spec"]
        elif kind in {"Deployment", "StatefulSet", "Job"}:
            yield name, one["spec"]["template"]["spec"]


def test_ids_may_be_left_to_the_platform():
    nothing = {"runAsUser": None, "runAsGroup": None, "fsGroup": None}
    for name, spec in pods(render_values({"podSecurityContext": nothing})):
        assert not nothing.keys() & spec["securityContext"].keys(), name
        assert spec["securityContext"]["runAsNonRoot"] is True
    for name, spec in pods(render_values({"podSecurityContext": None, "securityContext": None})):
        assert not spec["securityContext"].keys() - {"fsGroupChangePolicy"}, name
        assert all(c["securityContext"] == {} for c in spec["containers"]), name


def test_ids_as_openshift_has_them_stay_whole_numbers():
    ids = {"runAsUser": 1000680000, "runAsGroup": 1000680000, "fsGroup": 1000680000}
    for name, spec in pods(render_values({"podSecurityContext": ids})):
        assert {k: spec["securityContext"][k] for k in ids} == ids, name


@pytest.mark.parametrize(("ids", "user"), [("Fixed", 10001), ("Platform", None)])
def test_agents_run_as_the_values_say(ids, user):
    objects = render_values({"agents": {"ids": ids}})
    assert objects["Pod", "oc-network-test"]["spec"]["securityContext"].get("runAsUser") == user
    operator = pod_of(objects, "Deployment", "oc-operator")["spec"]["containers"][0]
    assert {"name": "OPERATOR_AGENT_IDS", "value": ids} in operator["env"]


def test_the_operator_is_told_what_agents_trust_and_pass_by():
    agents = {"extraCaConfigMap": "ours", "proxy": {"https": "http://proxy:3128", "noProxy": "git.example"}}
    container = pod_of(render_values({"agents": agents}), "Deployment", "oc-operator")["spec"]["containers"][0]
    told = {v["name"].removeprefix("OPERATOR_AGENT_"): v.get("value") for v in container["env"]}
    assert (told["CA_CONFIG_MAP"], told["HTTPS_PROXY"], told["HTTP_PROXY"]) == ("ours", "http://proxy:3128", "")
    assert {"git.example", ".svc", "127.0.0.1", "::1"} <= set(told["NO_PROXY"].split(","))


def test_only_what_speaks_to_kubernetes_is_given_a_token():
    objects = render_values({})
    given = {name for name, spec in pods(objects) if spec["automountServiceAccountToken"]}
    assert {name for name in given if not name.startswith("oc-secrets-")} == {"oc-gateway", "oc-operator"}
    for (kind, name), account in objects.items():
        assert kind != "ServiceAccount" or account["automountServiceAccountToken"] is False, name


def budgets(values):
    objects = render_values(values)
    return {name: one["spec"] for (kind, name), one in objects.items() if kind == "PodDisruptionBudget"}, objects


def test_drains_are_held_back_where_values_say_so():
    assert budgets({})[0] == {}
    values = {"gateway": {"replicas": 2}, "agents": {"drainsWait": True}}
    found, objects = budgets({**values, "database": {"embedded": {"podDisruptionBudget": {"maxUnavailable": 0}}}})
    assert set(found) == {"oc-gateway", "oc-postgres", "oc-agents"}
    assert (found["oc-gateway"]["maxUnavailable"], found["oc-postgres"]["maxUnavailable"]) == (1, 0)
    for kind, name in (("Deployment", "oc-gateway"), ("StatefulSet", "oc-postgres")):
        assert (
            found[name]["selector"]["matchLabels"].items() <= pod_of(objects, kind, name)["metadata"]["labels"].items()
        )
    selector = found["oc-agents"]["selector"]
    assert selector["matchLabels"] == objects["NetworkPolicy", "oc-agents"]["spec"]["podSelector"]["matchLabels"]
    assert selector["matchExpressions"] == [{"key": names.LABEL_RUN, "operator": "Exists"}]  # none that waits in a pool
