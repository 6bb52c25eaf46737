"""The real operator as a process against a real API server, and a namespace in which a test plays the node."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from agent_contract import names
from agent_kube.errors import NotFound
from dev.cluster.build import build
from dev.paths import ROOT
from tests.support.apiserver import ApiServer
from tests.support.eventually import LONG, eventually, eventually_sync
from tests.support.ports import free_port

AT = "2026-01-02T03:04:05Z"
RELEASE = "oc"
_ACCOUNT = f"{RELEASE}-operator"
_AT_EXIT = "ignore:unclosed transport:ResourceWarning"
"""kopf ends its TLS connections by the end of its process."""


def prepare_namespace(server: ApiServer, namespace: str, folder: Path, url: str | None = None) -> Path:
    """Make a namespace with the accounts and rights that the chart brings; return the operator's kubeconfig."""
    core, rbac = f"/api/v1/namespaces/{namespace}", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    server.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    server.call("POST", f"{core}/serviceaccounts", {"metadata": {"name": names.AGENT_SERVICE_ACCOUNT}})
    paths = {"ServiceAccount": core, "Role": rbac, "RoleBinding": rbac}
    for document in _render(namespace):
        kind = document["kind"]
        server.call("POST", f"{paths[kind]}/{kind.lower()}s", document)
    return write_operator_kubeconfig(server, namespace, folder / f"{namespace}.kubeconfig", url)


def write_operator_kubeconfig(server: ApiServer, namespace: str, path: Path, url: str | None = None) -> Path:
    """Write a kubeconfig with a token of the operator's account in such a namespace."""
    ask = {"spec": {"expirationSeconds": 3600}}
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/{_ACCOUNT}/token"
    return write_token_kubeconfig(server, server.call("POST", account, ask)["status"]["token"], path, url)


def write_token_kubeconfig(server: ApiServer, token: str, path: Path, url: str | None = None) -> Path:
    authority = base64.b64encode((server.pki / "ca.crt").read_bytes()).decode()
    cluster = {"server": url or server.url, "certificate-authority-data": authority}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "x", "cluster": cluster}],
        "users": [{"name": "x", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }  # fmt: skip
    path.write_text(yaml.safe_dump(config))
    return path


def _render(namespace):
    command = [
        build() / "helm", "template", RELEASE, ROOT / "charts" / "openclaw-dispatcher", "--namespace", namespace,
        "--set", f"demo.enabled=true,operator.replicas=2,agents.namespace={namespace}", "--show-only", "templates/operator/rbac.yaml",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [d for d in yaml.safe_load_all(done.stdout) if d]


class Operator:
    """`python -m agent_operator`."""

    def __init__(self, kubeconfig: Path, namespace: str, log: Path, **environment: str) -> None:
        self.health, self.metrics = free_port(), free_port()
        self._log = log
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "KUBECONFIG": str(kubeconfig),
            "OPERATOR_NAMESPACE": namespace,
            "OPERATOR_AGENT_IMAGE": "runner:1",
            "OPERATOR_GATEWAY_URL": "http://gateway:8080",
            "OPERATOR_DEFAULT_PROVIDER": "zai",
            "OPERATOR_DEFAULT_MODEL": "glm-5",
            "OPERATOR_HEALTH_PORT": str(self.health),
            "OPERATOR_METRICS_PORT": str(self.metrics),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; warnings of Python go to the log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "default", "-W", _AT_EXIT, "-m", "agent_operator"],
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def start_and_wait(self) -> None:
        """Start it and wait until it is ready."""
        self.start()
        eventually_sync(lambda: self.get("readyz")[0] == 200, timeout=LONG)

    def wait(self, timeout: float = LONG) -> int:
        """Wait for its end."""
        assert self._process is not None
        return self._process.wait(timeout)

    def stop(self, how: int = signal.SIGTERM) -> int | None:
        """End it; returns its exit code."""
        if self._process is None:
            return None
        self._process.send_signal(how)
        try:
            return self._process.wait(LONG)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def alive(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """Return what it wrote."""
        return self._log.read_text()

    def get(self, path: str, port: int | None = None) -> tuple[int, str]:
        """Ask its health port."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{port or self.health}/{path}", timeout=LONG) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def send(self, signal_number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(signal_number)

    def metric(self, name: str) -> float:
        """Return one metric."""
        lines = self.get("metrics", self.metrics)[1].splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


class Agents:
    """A namespace, as an administrator, a gateway, a scheduler and a kubelet see it."""

    def __init__(self, client, namespace):
        self.client = client
        self.namespace = namespace
        self.core = f"/api/v1/namespaces/{namespace}"
        self.jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self.threads = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.AGENT_THREADS}"
        self.classes = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.AGENT_CLASSES}"

    async def patch(self, path, body):
        return await self.client.request("PATCH", path, body=body, content_type="application/merge-patch+json")

    async def delete(self, path, **body):
        return await self.client.request("DELETE", path, body=body or None)

    async def find(self, path):
        try:
            return await self.client.request("GET", path)
        except NotFound:
            return None

    async def make_class(self, name="default", **spec):
        body = {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": {"name": name}, "spec": spec}
        return await self.client.request("POST", self.classes, body=body)

    async def make_thread(self, chat, **spec):
        spec = {"channel": {"botId": 1, "chatId": chat}, **spec}
        meta = {"name": names.build_thread_name("tg", chat, None)}
        body = {"apiVersion": names.API_VERSION, "kind": "AgentThread", "metadata": meta, "spec": spec}
        return (await self.client.request("POST", self.threads, body=body))["metadata"]["name"]

    async def change(self, name, **spec):
        return await self.patch(f"{self.threads}/{name}", {"spec": spec})

    async def thread(self, name):
        return await self.client.request("GET", f"{self.threads}/{name}")

    async def status(self, name, **wanted):
        """Wait until `status.run` (and `phase`) hold what is wanted; return the status."""

        async def look():
            self.seen = (await self.thread(name)).get("status", {})
            values = {**self.seen.get("run", {}), "phase": self.seen.get("phase")}
            return all(values.get(key) == value for key, value in wanted.items())

        try:
            await eventually(look, timeout=LONG)
        except AssertionError as error:
            raise AssertionError(f"wanted {wanted}, found {json.dumps(self.seen, indent=1)}") from error
        return self.seen

    async def job_name(self, name, run=1):
        return names.build_job_name(name, (await self.thread(name))["metadata"]["uid"], run)

    async def job(self, name, run=1):
        return await self.find(f"{self.jobs}/{await self.job_name(name, run)}")

    async def pods(self, name, run=1):
        found = await self.client.request(
            "GET", f"{self.core}/pods", params={"labelSelector": f"{names.LABEL_THREAD}={name},{names.LABEL_RUN}={run}"}
        )
        return found["items"]

    async def pod(self, name, run=1):
        """Wait for a run's pod."""
        pods = await eventually(lambda: self.pods(name, run), timeout=LONG)
        assert len(pods) == 1
        return pods[0]

    async def bind(self, pod):
        """Give a pod a node, as the scheduler does: it writes the condition in the same step."""
        name = pod["metadata"]["name"]
        body = {"metadata": {"name": name}, "target": {"kind": "Node", "name": "node1"}}
        await self.client.request("POST", f"{self.core}/pods/{name}/binding", body=body)

    async def report(self, pod, phase, **state):
        """Report what a kubelet would."""
        container = {
            "name": names.CONTAINER, "image": "runner:1", "imageID": "x", "ready": False, "restartCount": 0,
            "state": state,
        }  # fmt: skip
        status = {"phase": phase, "startTime": AT, "containerStatuses": [container]}
        await self.patch(f"{self.core}/pods/{pod['metadata']['name']}/status", {"status": status})

    async def run(self, name, run=1):
        """Bring a run's pod to run; returns the pod."""
        pod = await self.pod(name, run)
        await self.bind(pod)
        await self.status(name, number=run, phase="Starting")
        await self.report(pod, "Running", running={"startedAt": AT})
        await self.status(name, number=run, phase="Running")
        return pod

    async def end(self, pod, code, reason=None):
        """Report the end of a pod's container."""
        word = reason or ("Error" if code else "Completed")
        state = {"exitCode": code, "reason": word, "startedAt": AT, "finishedAt": AT}
        await self.report(pod, "Failed" if code else "Succeeded", terminated=state)

    async def remove(self, pod):
        """Let a pod go for good, as the kubelet does when its containers have ended."""
        await self.delete(f"{self.core}/pods/{pod['metadata']['name']}", gracePeriodSeconds=0)
