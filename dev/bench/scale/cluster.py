"""An API server with its controllers, played nodes, and the chart's accounts, rights and rules for agents."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent_kube.client import KubeClient
from dev.bench.scale.audit import AuditLog, build_policy
from dev.bench.scale.kwok import PODS_OF_NODE, build_command, build_kwok, build_node, build_stages
from dev.cluster.build import build
from tests.support.apiserver import ApiServer, running_apiserver
from tests.support.chart import render
from tests.support.operating import write_token_kubeconfig

NAMESPACE: Final = "agents"
RELEASE: Final = "oc"
PARTS: Final = ("operator", "gateway")
_SECONDS = 7200
_PLURALS: Final = {
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "AgentClass": "/apis/openclaw.dev/v1alpha1/namespaces/{}/agentclasses",
}
"""What is installed of the chart, by kind: what runs elsewhere or not at all is left out."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the benchmark's parts are.

    Attributes:
        server: The API server.
        client: It, as an administrator.
        audit: What it was asked.
        settings: Environment of operator and gateway as the chart has it, by part.
        kubeconfigs: Of their accounts.
        folder: For logs.
    """

    server: ApiServer
    client: KubeClient
    audit: AuditLog
    settings: Mapping[str, Mapping[str, str]]
    kubeconfigs: Mapping[str, Path]
    folder: Path


@contextlib.asynccontextmanager
async def running_cluster(pods: int) -> AsyncIterator[Cluster]:
    """Yield a cluster whose nodes have room for so many pods; it is gone afterwards."""
    program = build_kwok()
    with tempfile.TemporaryDirectory(prefix="scale-") as made:
        folder = Path(made)
        (folder / "policy.json").write_text(build_policy())
        log = folder / "audit.log"
        options = [f"--audit-policy-file={folder}/policy.json", f"--audit-log-path={log}"]
        with running_apiserver(crds=True, controllers=True, scheduler=True, options=options) as server:
            client = KubeClient(server.url, ssl_context=server.admin())
            try:
                await _make_nodes(client, pods // PODS_OF_NODE + 1)
                settings = await _install(client)
                (folder / "stages.yaml").write_text(build_stages())
                command = build_command(program, server.kubeconfig, folder / "stages.yaml")
                with _running(command, folder / "kwok.log"):
                    configs = {part: _write_kubeconfig(server, part, folder) for part in PARTS}
                    accounts = {f"system:serviceaccount:{NAMESPACE}:{RELEASE}-{part}": part for part in PARTS}
                    yield Cluster(server, client, AuditLog(log, accounts), settings, configs, folder)
            finally:
                await client.close()


@contextlib.contextmanager
def running_proxy(cluster: Cluster, part: str, port: int) -> Any:
    """Let a part that is in no pod reach the API server as its account, as docs/how-to tells developers."""
    kubectl = build() / "kubectl"
    command = [str(kubectl), "proxy", f"--kubeconfig={cluster.kubeconfigs[part]}", f"--port={port}"]
    with _running(command, cluster.folder / "proxy.log"):
        yield


@contextlib.contextmanager
def _running(command: list[str], log: Path) -> Any:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def _make_nodes(client: KubeClient, count: int) -> None:
    for number in range(count):
        node = build_node(number)
        path = f"/api/v1/nodes/{node['metadata']['name']}"
        made = await client.request("POST", "/api/v1/nodes", body=node)
        # the API server taints each new node until a controller, which does not run here, finds it ready
        made = await client.request("PUT", path, body={**made, "spec": {**made.get("spec", {}), "taints": []}})
        await client.request("PUT", f"{path}/status", body={**made, "status": node["status"]})


async def _install(client: KubeClient) -> dict[str, dict[str, str]]:
    """Make what the chart has of `_PLURALS`; return the settings of the parts."""
    await client.request("POST", "/api/v1/namespaces", body={"metadata": {"name": NAMESPACE}})
    made = render(f"agents.namespace={NAMESPACE}", namespace=NAMESPACE)
    for (kind, _), found in made.items():
        if kind in _PLURALS:
            await client.request("POST", _PLURALS[kind].format(NAMESPACE), body=found)
    return {part: _read_settings(made["Deployment", f"{RELEASE}-{part}"]) for part in PARTS}


def _read_settings(deployment: Mapping[str, Any]) -> dict[str, str]:
    entries = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    plain = {entry["name"]: str(entry["value"]) for entry in entries if "value" in entry}
    return {name: value for name, value in plain.items() if not name.endswith("_FILE")}


def _write_kubeconfig(server: ApiServer, part: str, folder: Path) -> Path:
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{RELEASE}-{part}/token"
    token = server.call("POST", path, {"spec": {"expirationSeconds": _SECONDS}})["status"]["token"]
    return write_token_kubeconfig(server, token, folder / f"{part}.kubeconfig")
