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
    client = KubeClient(apiserver.url, ssl_context=apiserver.trust(), token=Token(token))
    yield client
    await client.close()
