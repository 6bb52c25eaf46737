"""The two baselines: a bare Job whose pod starts pi, and a prompt sent straight to a pi that runs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from kubernetes_asyncio import client

from dev.progress import UserError

BARE, DIRECT = {"bench": "bare"}, {"bench": "direct"}
"""The labels of the Jobs, and of the pod that is asked directly."""
_PATIENCE = 600.0
"""Seconds that a baseline may take on the slowest machine."""
_PI = "/opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js"
_FLAGS = ["--no-approve", "--no-mcp", "--no-themes", "--no-skills", "--no-prompt-templates", "--no-extensions"]
_ENV = [
    {"name": "HOME", "value": "/run/agent"}, {"name": "PI_CODING_AGENT_DIR", "value": "/run/agent/pi"},
    {"name": "PI_OFFLINE", "value": "1"}, {"name": "PI_TELEMETRY", "value": "0"}, {"name": "TMPDIR", "value": "/tmp"},
]  # fmt: skip

_PREPARE = """
import json, os, subprocess, sys, time
def now(): return time.time_ns() / 1e6
os.makedirs("/run/agent/pi", exist_ok=True)
model = {"id": "scripted", "name": "scripted", "reasoning": False, "input": ["text"], "contextWindow": 128000,
         "maxTokens": 8192, "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}}
provider = {"baseUrl": sys.argv[1], "api": "openai-completions", "apiKey": sys.argv[2], "models": [model]}
open("/run/agent/pi/models.json", "w").write(json.dumps({"providers": {"demo": provider}}))
flags = ["--mode", "rpc", "--model", "demo/scripted", "--session", "/run/agent/s.jsonl", *json.loads(sys.argv[3])]
pi = subprocess.Popen(["node", sys.argv[4], *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/workspace")
def tell(command): pi.stdin.write((json.dumps(command) + "\\n").encode()); pi.stdin.flush()
def until(kind):
    for line in pi.stdout:
        event = json.loads(line)
        if event.get("type") == kind or event.get("assistantMessageEvent", {}).get("type") == kind:
            return event
"""
JOB_SCRIPT = (
    "import time; started = time.time_ns() / 1e6\n"
    + _PREPARE
    + """
tell({"id": "1", "type": "get_state"})
until("response")
print(json.dumps({"first_line": started, "answered": now()}), flush=True)
"""
)
DIRECT_SCRIPT = (
    _PREPARE
    + """
tell({"id": "1", "type": "get_state"}); until("response")
for number in range(int(sys.argv[5])):
    sent = now()
    tell({"id": "p%d" % number, "type": "prompt", "message": "hello %d" % number})
    until("text_delta")
    print(json.dumps({"first_text": now() - sent}), flush=True)
    until("agent_settled")
    time.sleep(0.2)
"""
)


def build_pod(image: str, script: str, arguments: list[str], cpu: str = "100m") -> dict[str, Any]:
    """Build a pod spec like an agent's, but with pi started directly, and so much of a core that the scheduler keeps for it."""
    return {
        "restartPolicy": "Never", "automountServiceAccountToken": False, "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001,
                            "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "pi", "image": image, "imagePullPolicy": "IfNotPresent", "env": _ENV,
            "command": ["/usr/bin/python3", "-c", script, *arguments],
            "resources": {"requests": {"cpu": cpu, "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
            "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [{"name": n, "mountPath": p} for n, p in _MOUNTS],
        }],
        "volumes": [{"name": n, "emptyDir": {}} for n, _ in _MOUNTS],
    }  # fmt: skip


_MOUNTS = (("workspace", "/workspace"), ("state", "/run/agent"), ("tmp", "/tmp"))


def arguments(base_url: str, key: str) -> list[str]:
    """Return what both scripts are given."""
    return [base_url, key, json.dumps(_FLAGS), _PI]


async def run_job(api: client.ApiClient, namespace: str, image: str, number: int, given: list[str]) -> dict[str, float]:
    """Run one bare Job; return the marks in epoch milliseconds, from just before the API server is asked for it."""
    name = f"bare-{number}"
    job = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": BARE},
        "spec": {"backoffLimit": 0, "template": {"spec": build_pod(image, JOB_SCRIPT, given)}},
    }  # fmt: skip
    batch, created = client.BatchV1Api(api), time.time_ns() / 1e6
    await _create_job(batch, namespace, job)
    lines = await _lines(api, namespace, f"job-name={name}", 1)
    await batch.delete_namespaced_job(name, namespace, propagation_policy="Background")
    return {"created": created, **json.loads(lines[0])}


async def run_direct(api: client.ApiClient, namespace: str, image: str, count: int, given: list[str]) -> list[float]:
    """Prompt a pi that runs `count` times; return the milliseconds from prompt to first text. The first warms it up."""
    core = client.CoreV1Api(api)
    spec = build_pod(image, DIRECT_SCRIPT, [*given, str(count + 1)])
    pod: Any = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "direct", "labels": DIRECT}, "spec": spec}
    await core.create_namespaced_pod(namespace, pod)
    lines = await _lines(api, namespace, "bench=direct", count + 1)
    await core.delete_namespaced_pod("direct", namespace, grace_period_seconds=0)
    return [json.loads(line)["first_text"] for line in lines[1:]]


async def _create_job(batch: client.BatchV1Api, namespace: str, job: Any) -> None:
    await batch.create_namespaced_job(namespace, job)


async def _read_log(core: client.CoreV1Api, pod: str, namespace: str) -> str:
    """Read a log as text: the client would take a single line of JSON for an object."""
    call: Any = core.read_namespaced_pod_log
    response = await call(pod, namespace, _preload_content=False)
    return str((await response.read()).decode())


async def _lines(api: client.ApiClient, namespace: str, selector: str, count: int) -> list[str]:
    """Wait until a pod has printed so many lines of JSON, and return them."""
    core, deadline = client.CoreV1Api(api), time.monotonic() + _PATIENCE
    while True:
        pods = (await core.list_namespaced_pod(namespace, label_selector=selector)).items
        log = ""
        if pods and pods[0].status.phase in {"Running", "Succeeded", "Failed"}:
            log = await _read_log(core, pods[0].metadata.name, namespace)
        lines = [line for line in log.splitlines() if line.startswith("{")]
        if len(lines) >= count:
            return lines
        if time.monotonic() > deadline:
            raise UserError(f"A baseline's pod ({selector}) did not answer:\n{log[-800:]}")
        await asyncio.sleep(0.2)
