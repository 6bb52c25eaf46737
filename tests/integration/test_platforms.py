"""The values file of each platform: helm takes it, and a real API server takes all that is made of it."""

from __future__ import annotations

import pytest
import yaml

from agent_gateway.config import GatewayConfig
from dev.release import CHART
from tests.support.chart import pod_of, render_values
from tests.support.installing import create_all

EXAMPLES = sorted(path.stem for path in (CHART / "examples").glob("*.yaml"))
PLATFORMS = {"openshift", "eks", "gke-autopilot", "aks", "k3s", "argocd"}
pytestmark = pytest.mark.apiserver


def values_of(platform):
    return yaml.safe_load((CHART / "examples" / f"{platform}.yaml").read_text())


def rendered(platform):
    return render_values(values_of(platform), namespace=f"on-{platform}")


def test_there_is_a_file_for_each():
    assert set(EXAMPLES) == PLATFORMS


@pytest.mark.parametrize("platform", EXAMPLES)
def test_the_api_server_takes_all_of_it(apiserver, platform):
    namespace = f"on-{platform}"
    for name in (namespace, f"{namespace}-agents"):
        apiserver.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    made = {key: one for key, one in rendered(platform).items() if key[0] != "Namespace"}
    create_all(apiserver, made, namespace)
    found = apiserver.call("GET", f"/apis/openclaw.dev/v1alpha1/namespaces/{namespace}-agents/agentclasses/default")
    for name, wanted in values_of(platform).get("agents", {}).get("class", {}).items():
        assert wanted.items() <= found["spec"][name].items()


@pytest.mark.parametrize("platform", EXAMPLES)
def test_the_same_is_rendered_twice(platform):
    assert rendered(platform) == rendered(platform)


def test_openshift_is_left_all_ids():
    objects = rendered("openshift")
    for (kind, name), one in objects.items():
        spec = one["spec"] if kind == "Pod" else one.get("spec", {}).get("template", {}).get("spec")
        if spec:
            assert not {"runAsUser", "runAsGroup", "fsGroup"} & spec["securityContext"].keys(), name
    operator = pod_of(objects, "Deployment", "oc-operator")["spec"]["containers"][0]
    assert {"name": "OPERATOR_AGENT_IDS", "value": "Platform"} in operator["env"]


def test_autopilot_finds_requests_and_limits_on_each_container():
    for (kind, name), one in rendered("gke-autopilot").items():
        if kind in {"Deployment", "StatefulSet", "Job"} and "demo" not in name:
            for container in one["spec"]["template"]["spec"]["containers"]:
                assert container["resources"]["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}, name
                assert container["resources"]["limits"] == container["resources"]["requests"], name


def test_the_settings_that_the_chart_gives_the_gateway_are_ones_that_it_has():
    known = {name.upper() for name in GatewayConfig.model_fields}
    known |= {"NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY"}
    for platform in EXAMPLES:
        container = pod_of(rendered(platform), "Deployment", "oc-gateway")["spec"]["containers"][0]
        assert {v["name"] for v in container["env"]} <= known, platform
