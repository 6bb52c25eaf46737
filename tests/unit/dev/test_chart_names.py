"""Names that the chart gives: they fit, they can be chosen, and what cannot be a name is told."""

from __future__ import annotations

import re

import pytest

from tests.support.chart import ChartRefusedError, pod_of, render_values

LABEL = re.compile(r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")
LONGEST = "a-release-whose-name-is-as-long-as-helm-lets-it-be-53"
EVERYTHING = {
    "demo": {"enabled": True},
    "gateway": {"replicas": 2},
    "telegram": {"webhook": {"url": "https://bot.example/t"}},
    "speech": {"provider": "groq", "apiKey": "k"},
    "connections": [{"name": "lab", "url": "https://lab.example"}],
    "hooks": {"list": [{"name": "h" * 51, "form": "secret", "existingSecret": {"name": "s"}, "to": {"chatId": 1}}]},
}


def check_names(objects):
    """Each name is one that the API server takes, and so is what Kubernetes makes of it."""
    for (kind, name), one in objects.items():
        if kind in {"Service", "Pod"}:
            assert LABEL.match(name), name
        if kind == "StatefulSet":
            assert len(name) <= 63 - len("-0123456789"), "the label controller-revision-hash"
        for value in (one["metadata"].get("labels") or {}).values():
            assert len(value) <= 63


@pytest.mark.parametrize("release", ["oc", "a" * 43, "a" * 44, LONGEST])
def test_names_of_a_long_release_fit_and_are_its_own(release):
    assert len(LONGEST) == 53
    objects = render_values(EVERYTHING, release=release)
    check_names(objects)
    others = render_values(EVERYTHING, release=f"{release[:-1]}z")
    shared = {key for key in objects.keys() & others.keys() if key[1] not in {"default", "openclaw-agents"}}
    assert shared == set()


def test_a_name_that_fits_is_what_it_was():
    names = {name for _, name in render_values(EVERYTHING, release="a" * 43)}
    assert {f"{'a' * 43}-postgres", f"{'a' * 43}-gateway", f"{'a' * 43}-gateway-webhook"} <= names


def test_shortened_names_are_the_same_wherever_they_are_meant():
    objects = render_values(EVERYTHING, release=LONGEST)
    services = {name for kind, name in objects if kind == "Service"}
    (postgres,) = (name for kind, name in objects if kind == "StatefulSet")
    assert objects["StatefulSet", postgres]["spec"]["serviceName"] == postgres
    assert postgres in services
    (operator,) = (name for kind, name in objects if kind == "Deployment" and name.endswith("-operator"))
    container = pod_of(objects, "Deployment", operator)["spec"]["containers"][0]
    url = next(v["value"] for v in container["env"] if v["name"] == "OPERATOR_GATEWAY_URL")
    assert url.removeprefix("http://").split(".")[0] in services


@pytest.mark.parametrize("release", ["1abc", "my.rel"])
def test_a_release_whose_name_no_service_can_bear_is_told(release):
    with pytest.raises(ChartRefusedError, match=f"{release} cannot begin names of Services.*set fullnameOverride"):
        render_values({}, release=release)
    check_names(render_values({"fullnameOverride": "mine"}, release=release))


def test_names_can_be_chosen():
    assert ("Deployment", "mine-gateway") in render_values({"fullnameOverride": "mine"})
    objects = render_values({"nameOverride": "helper"})
    assert ("Deployment", "oc-helper-gateway") in objects
    labels = pod_of(objects, "Deployment", "oc-helper-gateway")["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "helper"
    selector = objects["Deployment", "oc-helper-gateway"]["spec"]["selector"]["matchLabels"]
    assert selector.items() <= labels.items()


@pytest.mark.parametrize("values", [{"fullnameOverride": "My_Name"}, {"nameOverride": "a."}])
def test_a_chosen_name_that_is_none_is_refused(values):
    with pytest.raises(ChartRefusedError):
        render_values(values)
