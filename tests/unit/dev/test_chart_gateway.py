"""The chart's gateway: one that is replaced, or several of which the others stand by."""

from __future__ import annotations

import json
import subprocess

import pytest

from agent_gateway.apis.settings import ApiSettings
from tests.support.chart import render


def gateway_pod(objects):
    spec = objects["Deployment", "oc-gateway"]["spec"]
    return spec, spec["template"]["spec"], spec["template"]["spec"]["containers"][0]


def variables(container):
    return {variable["name"] for variable in container["env"]}


def test_one_gateway_is_replaced_and_found_by_its_labels():
    objects = render()
    spec, pod, container = gateway_pod(objects)
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
    assert "affinity" not in pod
    assert "LEADER_SERVICE" not in variables(container)
    selector = objects["Service", "oc-gateway"]["spec"]["selector"]
    assert selector.items() <= spec["template"]["metadata"]["labels"].items()
    assert not {kind for kind, _ in objects} & {"EndpointSlice", "PodDisruptionBudget"}
    assert ("Role", "oc-gateway-leader") not in objects


def test_of_several_one_leads_and_the_others_stand_by():
    objects = render("gateway.replicas=2")
    spec, pod, container = gateway_pod(objects)
    assert spec["replicas"] == 2
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert "preferredDuringSchedulingIgnoredDuringExecution" in pod["affinity"]["podAntiAffinity"]
    assert {"LEADER_SERVICE", "POD_IPS", "POD_NAME", "POD_NAMESPACE"} <= variables(container)
    assert objects["PodDisruptionBudget", "oc-gateway"]["spec"]["maxUnavailable"] == 1


def test_several_gateways_are_found_by_what_the_leader_says():
    objects = render("gateway.replicas=2")
    pods = [d["spec"]["template"]["metadata"]["labels"] for (kind, _), d in objects.items() if kind == "Deployment"]
    service = objects["Service", "oc-gateway"]
    assert service["spec"]["selector"], "without any, an earlier selector's addresses would stay"
    assert not [labels for labels in pods if service["spec"]["selector"].items() <= labels.items()]
    slices = [d for (kind, _), d in objects.items() if kind == "EndpointSlice"]
    assert {d["addressType"] for d in slices} == {"IPv4", "IPv6"}
    for found in slices:
        labels = found["metadata"]["labels"]
        assert labels["kubernetes.io/service-name"] == "oc-gateway"
        assert labels["endpointslice.kubernetes.io/managed-by"] == "openclaw-gateway"
        assert "endpoints" not in found, "an upgrade must leave the leader's address alone"
        assert {(p["name"], p["port"]) for p in found["ports"]} == {
            (p["name"], p["port"]) for p in service["spec"]["ports"]
        }


def test_the_gateway_may_change_its_own_slices_and_no_other():
    objects = render("gateway.replicas=2")
    (rule,) = objects["Role", "oc-gateway-leader"]["rules"]
    assert set(rule["resourceNames"]) == {name for kind, name in objects if kind == "EndpointSlice"}
    assert set(rule["verbs"]) == {"get", "patch"}


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_leaving_gateway_is_given_the_time_it_may_take(replicas):
    from agent_gateway.__main__ import LEAVE_SECONDS  # noqa: PLC0415  # it sets up what only a gateway needs

    _, pod, container = gateway_pod(render(f"gateway.replicas={replicas}"))
    assert pod["terminationGracePeriodSeconds"] > LEAVE_SECONDS
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()


def test_agents_still_reach_every_gateway_pod_on_the_runners_port():
    """Policies see the pod's address behind the Service, whoever found it."""
    objects = render("gateway.replicas=2")
    spec, _, _ = gateway_pod(objects)
    to = objects["NetworkPolicy", "oc-agents"]["spec"]["egress"][0]["to"][0]
    assert to["podSelector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("replicas", ["0", "6", "two"])
def test_a_number_of_gateways_that_is_none_is_refused(replicas):
    with pytest.raises(subprocess.CalledProcessError):
        render(f"gateway.replicas={replicas}")


def test_the_embedded_database_is_the_only_server_on_its_volume():
    container = render()["StatefulSet", "oc-postgres"]["spec"]["template"]["spec"]["containers"][0]
    lock = container["command"][container["command"].index("--no-fork") + 1]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert container["command"][0] == "flock"
    assert lock.startswith(f"{mounts['data']}/")
    assert not lock.startswith(next(v["value"] for v in container["env"] if v["name"] == "PGDATA"))


def test_tokens_of_connections_are_files_of_the_gateway_alone():
    objects = render(
        "connections[0].name=hub", "connections[0].forge=github", "connections[0].url=https://github.com",
        "connections[0].existingSecret.name=hub-token", "connections[0].appId=Iv1",
        "connections[1].name=lab", "connections[1].url=http://lab.example",
    )  # fmt: skip
    _, pod, container = gateway_pod(objects)
    assert "CONNECTIONS_FILE" in variables(container)
    hub, lab = json.loads(objects["ConfigMap", "oc-connections"]["data"]["connections.json"])
    assert (hub["forge"], hub["appId"], hub["tokenFile"]) == ("github", "Iv1", "/etc/openclaw/connections/hub/token")
    assert (lab["forge"], lab.get("tokenFile")) == ("git", None)
    secret = {volume["name"]: volume for volume in pod["volumes"]}["connection-hub"]["secret"]
    assert (secret["secretName"], secret["items"]) == ("hub-token", [{"key": "token", "path": "token"}])
    others = [one for (kind, name), one in objects.items() if kind != "ConfigMap" and name != "oc-gateway"]
    assert "hub-token" not in json.dumps(others)


def test_a_service_is_a_connection_of_its_own_kind():
    objects = render(
        "connections[0].name=npm", "connections[0].kind=http", "connections[0].format=npm", "connections[0].user=robot",
        "connections[0].url=https://npm.example/team", "connections[0].existingSecret.name=npm", "connections[0].hosts={cdn.example}",
        "connections[0].port=4873",
    )  # fmt: skip
    [found] = json.loads(objects["ConfigMap", "oc-connections"]["data"]["connections.json"])
    assert found == {
        "name": "npm", "kind": "http", "format": "npm", "user": "robot", "url": "https://npm.example/team", "hosts": ["cdn.example"],
        "port": 4873, "tokenFile": "/etc/openclaw/connections/npm/token",
    }  # fmt: skip
    ApiSettings.model_validate(found)


def test_without_connections_nothing_is_mounted():
    assert "connections" not in json.dumps(gateway_pod(render())[1])
