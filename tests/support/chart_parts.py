"""Parts of the chart on a real API server: the accounts of the release with the rights that it gives them."""

from __future__ import annotations

import itertools
import subprocess
from contextlib import asynccontextmanager

import yaml

from agent_kube.client import KubeClient
from agent_kube.credentials import Token
from dev.cluster.build import build
from dev.paths import ROOT
from tests.support.apiserver import PATIENT
from tests.support.eventually import eventually

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SLICES = "/apis/discovery.k8s.io/v1"
_PATHS = {
    "ServiceAccount": "/api/v1", "Service": "/api/v1", "Role": RBAC, "RoleBinding": RBAC, "EndpointSlice": SLICES,
}  # fmt: skip
_numbers = itertools.count(1)


def install_gateway(apiserver, prefix, *templates, **settings):
    """Make a namespace with what the chart has in templates of the gateway; return its name."""
    name = f"{prefix}-{next(_numbers)}"
    apiserver.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    values = {"demo.enabled": "true", "agents.namespace": name, **settings}
    command = [
        build() / "helm", "template", "oc", ROOT / "charts" / "openclaw-dispatcher", "--namespace", name,
        "--set", ",".join(f"{key}={value}" for key, value in values.items()),
    ]  # fmt: skip
    for template in templates:
        command += ["--show-only", f"templates/gateway/{template}.yaml"]
    rendered = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for document in filter(None, yaml.safe_load_all(rendered)):
        if (kind := document["kind"]) in _PATHS:
            apiserver.call("POST", f"{_PATHS[kind]}/namespaces/{name}/{kind.lower()}s", document)
    return name


@asynccontextmanager
async def open_as_gateway(apiserver, namespace):
    """The API server as the gateway's own account reaches it."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/oc-gateway/token"
    token = apiserver.call("POST", path, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
    client = KubeClient(apiserver.url, ssl_context=apiserver.trust(), token=Token(token), limits=PATIENT)
    await until_it_may(apiserver, client, namespace, "oc-gateway")
    yield client
    await client.close()


async def until_it_may(apiserver, client, namespace, account):
    """Wait until an account has the rights that its roles give: the API server learns of them a moment after they stand."""
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    bindings = apiserver.call("GET", f"{base}/rolebindings")["items"]
    roles = {one["roleRef"]["name"] for one in bindings if account in {who["name"] for who in one.get("subjects", [])}}
    rules = [rule for name in roles for rule in apiserver.call("GET", f"{base}/roles/{name}")["rules"]]
    wanted = {(verb, resource) for rule in rules for verb in rule["verbs"] for resource in rule["resources"]}

    async def may():
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        review = await client.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body=body)
        found = review["status"]["resourceRules"]
        return wanted <= {
            (verb, resource) for rule in found for verb in rule["verbs"] for resource in rule["resources"]
        }

    await eventually(may)
