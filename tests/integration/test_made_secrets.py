"""Passwords that nobody gave, on a real API server: made once, and kept whoever renders the chart again."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from agent_gateway.madesecrets import MadeSecret, make, make_all
from agent_kube.client import KubeClient
from agent_kube.credentials import Token
from agent_kube.errors import Refused
from dev.release import CHART
from tests.support.apiserver import PATIENT
from tests.support.chart import render_values
from tests.support.chart_parts import until_it_may
from tests.support.installing import apply, helm

EARLIER = Path(__file__).parents[1] / "data" / "charts" / "before-subagents.tgz"
pytestmark = pytest.mark.apiserver
WANTED = MadeSecret(name="oc-database", key="password", derived={"url": "postgresql://openclaw:{}@db/openclaw"})


def make_namespace(server, name):
    for one in (name, f"{name}-agents"):
        server.call("POST", "/api/v1/namespaces", {"metadata": {"name": one}})
    return name


def read(server, namespace):
    data = server.call("GET", f"/api/v1/namespaces/{namespace}/secrets/oc-database").get("data") or {}
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


async def open_as_the_job(server, namespace):
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/oc-secrets/token"
    token = server.call("POST", path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    kube = KubeClient(server.url, ssl_context=server.trust(), token=Token(token), limits=PATIENT)
    await until_it_may(server, kube, namespace, "oc-secrets")
    return kube


@pytest.mark.parametrize("how", [(), ("--server-side", "--force-conflicts")], ids=["client", "server"])
async def test_a_password_stays_when_the_chart_is_rendered_and_applied_again(apiserver, how):
    namespace = make_namespace(apiserver, f"made-{'server' if how else 'client'}")
    apply(apiserver, render_values({}, namespace=namespace), *how)
    assert read(apiserver, namespace) == {}
    kube = await open_as_the_job(apiserver, namespace)
    assert await make(kube, namespace, WANTED)
    first = read(apiserver, namespace)
    assert first["url"] == f"postgresql://openclaw:{first['password']}@db/openclaw"
    for image in ("one", "two"):
        again = render_values({"images": {"tag": image}}, namespace=namespace)
        apply(apiserver, again, *how)
        assert read(apiserver, namespace) == first
        assert not await make(kube, namespace, WANTED)
    await kube.close()


async def test_what_fills_it_reads_no_other_secret_and_makes_none(apiserver):
    namespace = make_namespace(apiserver, "made-alone")
    apply(apiserver, render_values({}, namespace=namespace))
    kube = await open_as_the_job(apiserver, namespace)
    path = f"/api/v1/namespaces/{namespace}/secrets"
    for method, name in (
        ("GET", "/oc-telegram"),
        ("PATCH", "/oc-llm"),
        ("POST", ""),
        ("DELETE", "/oc-database"),
        ("GET", ""),
    ):
        with pytest.raises(Refused):
            await kube.request(method, path + name, body={"metadata": {"name": "more"}} if method != "GET" else None)
    await kube.close()


async def test_a_secret_that_comes_later_is_waited_for(apiserver, monkeypatch):
    monkeypatch.setattr("agent_gateway.madesecrets._WAIT_SECONDS", 0.01)
    namespace = make_namespace(apiserver, "made-later")
    objects = render_values({}, namespace=namespace)
    late = {key: one for key, one in objects.items() if key != ("Secret", "oc-database")}
    apply(apiserver, late)
    kube = await open_as_the_job(apiserver, namespace)
    assert not await make_all(kube, namespace, [WANTED])
    apply(apiserver, objects)
    assert await make_all(kube, namespace, [WANTED])
    await kube.close()


async def test_the_password_of_an_earlier_chart_stays(apiserver):
    """It stood in that chart's manifest, and stands in none of this one's."""
    namespace = make_namespace(apiserver, "made-earlier")
    values = json.dumps({"demo": {"enabled": True}})
    helm(apiserver, namespace, "install", "oc", EARLIER, "--skip-crds", "-f", "-", stdin=values)
    before = read(apiserver, namespace)
    now = json.dumps({"demo": {"enabled": True}, "agents": {"namespace": namespace}})
    for _ in range(2):
        helm(apiserver, namespace, "upgrade", "oc", CHART, "-f", "-", stdin=now)
        assert read(apiserver, namespace) == before
    kube = await open_as_the_job(apiserver, namespace)
    url = "postgresql://openclaw:{}@" + before["url"].partition("@")[2]
    assert not await make(kube, namespace, WANTED.model_copy(update={"derived": {"url": url}}))
    await kube.close()


async def test_a_volume_that_stands_is_not_promised_to_grow(apiserver):
    namespace = make_namespace(apiserver, "made-storage")
    values = {"demo": {"enabled": True}, "agents": {"namespace": namespace}}
    helm(apiserver, namespace, "install", "oc", CHART, "--skip-crds", "-f", "-", stdin=json.dumps(values))
    larger = {**values, "database": {"embedded": {"storage": "50Gi"}}}
    with pytest.raises(RuntimeError, match=r"leave the value at 5Gi.*patch pvc data-oc-postgres-0.*50Gi"):
        helm(apiserver, namespace, "upgrade", "oc", CHART, "-f", "-", stdin=json.dumps(larger))
    helm(apiserver, namespace, "upgrade", "oc", CHART, "-f", "-", stdin=json.dumps(values))
