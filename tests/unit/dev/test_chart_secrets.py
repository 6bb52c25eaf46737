"""Secrets that the chart makes: none differs from one rendering to the next, and none is written over somebody else's."""

from __future__ import annotations

import pytest
import yaml
from pydantic import TypeAdapter

from agent_gateway.accounts.sealing import LEAST_KEY
from agent_gateway.madesecrets import MadeSecret, fill
from dev.release import CHART
from tests.support.chart import ChartRefusedError, pod_of, render_values

WEBHOOK = {"telegram": {"webhook": {"url": "https://bot.example/t"}}}
REAL = {"demo": {"enabled": False}, "llm": {"apiKey": "k"}}


def job_of(objects):
    return next((one for (kind, _), one in objects.items() if kind == "Job"), None)


def wanted(objects):
    """What the Job is told to fill, by the Secret's name."""
    container = job_of(objects)["spec"]["template"]["spec"]["containers"][0]
    text = next(v["value"] for v in container["env"] if v["name"] == "MADE_SECRETS")
    return {one.name: one for one in TypeAdapter(list[MadeSecret]).validate_json(text)}


def test_two_renderings_are_the_same():
    assert render_values(WEBHOOK) == render_values(WEBHOOK)


def test_a_password_that_nobody_gave_is_in_no_manifest():
    objects = render_values(WEBHOOK)
    assert set(wanted(objects)) == {"oc-database", "oc-webhook"}
    for name in wanted(objects):
        secret = objects["Secret", name]
        assert not secret.keys() & {"data", "stringData"}
        assert secret["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_the_keys_that_are_filled_are_the_ones_that_are_mounted():
    objects = render_values(WEBHOOK)
    mounted = {}
    for kind, name in (("Deployment", "oc-gateway"), ("StatefulSet", "oc-postgres")):
        for volume in pod_of(objects, kind, name)["spec"]["volumes"]:
            if "secret" in volume:
                keys = mounted.setdefault(volume["secret"]["secretName"], set())
                keys |= {item["key"] for item in volume["secret"]["items"]}
    for name, one in wanted(objects).items():
        assert mounted[name] <= {one.key, *one.derived}, name
    url = wanted(objects)["oc-database"].derived["url"]
    assert url == "postgresql://openclaw:{}@oc-postgres.openclaw.svc:5432/openclaw"


def test_what_fills_them_may_touch_these_alone():
    objects = render_values(WEBHOOK)
    assert objects["Role", "oc-secrets"]["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "patch"], "resourceNames": list(wanted(objects))}
    ]
    policy = objects["NetworkPolicy", "oc-secrets"]["spec"]
    assert "ingress" not in policy
    assert [sorted(p["port"] for p in rule["ports"]) for rule in policy["egress"]] == [[443, 6443]]


def test_a_job_that_differs_has_another_name():
    first, second = (
        job_of(render_values({"images": {"tag": tag}}))["metadata"]["name"] for tag in ("one", "two")
    )  # fmt: skip
    assert first != second
    assert job_of(render_values({"images": {"tag": "one"}}))["metadata"]["name"] == first


HUB = {"name": "hub", "forge": "github", "url": "https://github.com", "clientId": "Iv1.1"}


def find_keys(objects):
    """Return the Secret with the keys of accounts that the gateway is given."""
    spec = pod_of(objects, "Deployment", "oc-gateway")["spec"]
    given = [one["value"] for one in spec["containers"][0]["env"] if one["name"] == "ACCOUNT_KEYS_FILE"]
    found = [volume["secret"] for volume in spec["volumes"] if volume["name"] == "accounts"]
    assert len(given) == len(found)
    return found[0] if found else None


def test_keys_for_accounts_are_made_where_people_may_link_some_or_are_yours():
    objects = render_values({"connections": [HUB]})
    assert find_keys(objects) == {"secretName": "oc-accounts", "items": [{"key": "keys", "path": "keys"}]}
    assert wanted(objects)["oc-accounts"].key == "keys"
    assert len(fill(wanted(objects)["oc-accounts"], {})["keys"]) >= LEAST_KEY
    own = render_values({"connections": [HUB], "accounts": {"existingSecret": {"name": "mine", "key": "k"}}})
    assert find_keys(own) == {"secretName": "mine", "items": [{"key": "k", "path": "keys"}]}
    assert "oc-accounts" not in wanted(own)
    assert find_keys(render_values({"connections": [{**HUB, "clientId": ""}]})) is None


@pytest.mark.parametrize(
    "database", [{"url": "postgresql://u:p@db/x"}, {"existingSecret": {"name": "mine"}}], ids=["url", "secret"]
)
def test_where_all_secrets_are_given_nothing_is_made(database):
    objects = render_values({**REAL, "telegram": {"botToken": "1:x"}, "database": database})
    assert job_of(objects) is None
    assert ("Role", "oc-secrets") not in objects


def test_a_database_that_is_named_twice_is_told():
    database = {"url": "postgresql://u:p@db/x", "existingSecret": {"name": "mine"}}
    with pytest.raises(
        ChartRefusedError, match=r"Both database.url and database.existingSecret.name are set.*Secret mine"
    ):
        render_values({"database": database})


def test_every_kind_that_is_installed_is_announced():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    told = {one["name"] for one in yaml.safe_load(chart["annotations"]["artifacthub.io/crds"])}
    assert told == {yaml.safe_load(path.read_text())["metadata"]["name"] for path in (CHART / "crds").glob("*.yaml")}


CLUSTER_WIDE = {
    "ClusterRole", "ClusterRoleBinding", "Namespace", "PriorityClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
}  # fmt: skip


def test_everything_says_where_it_belongs_for_those_who_apply_it_without_helm():
    for (kind, name), one in render_values({**WEBHOOK, "gateway": {"replicas": 2}}).items():
        expected = {None} if kind in CLUSTER_WIDE else {"openclaw", "openclaw-agents"}
        assert one["metadata"].get("namespace") in expected, (kind, name)
