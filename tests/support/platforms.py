"""What other people's clusters have, put on one of ours for a while: an admission, a quota, DNS of another name."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dev.release import Namespace
from tests.support import admission_program
from tests.support.admission_program import FIRST_ID

LABEL = "openclaw.dev/try"
LAST_ID = FIRST_ID + 9999
QUOTA = {"limits.cpu": "16", "limits.memory": "32Gi", "requests.cpu": "8", "requests.memory": "16Gi"}
_NO_RIGHTS = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def make_namespace(at: Namespace, name: str, **labels: str) -> None:
    """Make a namespace with labels."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    at.kubectl("apply", "-f", "-", stdin=json.dumps(body))


def set_quota(at: Namespace) -> None:
    """Ask limits of every pod, as a quota of CPU and memory does."""
    body = {
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"}, "spec": {"hard": QUOTA},
    }  # fmt: skip
    at.kubectl("apply", "-f", "-", stdin=json.dumps(body))


@contextlib.contextmanager
def admission(at: Namespace, tried: str, image: str) -> Iterator[None]:
    """Let pods of namespaces with `LABEL` of this value be changed and checked; nothing is left behind.

    Args:
        at: A namespace for the webhook's own pod.
        tried: The label's value.
        image: Any with Python.
    """
    key, certificate = _make_certificate(f"admission.{at.namespace}.svc")
    selector = {"matchLabels": {LABEL: tried}}
    documents = [
        *_build_server(image, key, certificate),
        _build_webhook(f"{tried}-ids", at.namespace, certificate, "/ids", selector, {}),
        # agents that reach nothing but the gateway: one class of them, so that others have no proxy
        _build_webhook(
            f"{tried}-sidecar", at.namespace, certificate, "/sidecar", selector, {"openclaw.dev/egress": "GatewayOnly"}
        ),
        *_build_ranges(tried, selector),
    ]
    cluster_wide = [f"{d['kind']}/{d['metadata']['name']}" for d in documents if d["metadata"]["name"] != "admission"]
    _apply(at, [d for d in documents if d["metadata"]["name"] == "admission"])
    at.kubectl("rollout", "status", "deployment/admission", "--timeout=240s")
    try:
        _apply(at, [d for d in documents if d["metadata"]["name"] != "admission"])
        yield
    finally:
        at.kubectl("delete", "--ignore-not-found", *cluster_wide)


def _apply(at: Namespace, documents: Sequence[dict[str, Any]]) -> None:
    at.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))


def _make_certificate(host: str) -> tuple[str, str]:
    """Return key and certificate, which signs itself, in base64."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder) / "key", Path(folder) / "certificate"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate,
             "-subj", "/CN=admission", "-addext", f"subjectAltName=DNS:{host}"],
            check=True, capture_output=True,
        )  # fmt: skip
        return (base64.b64encode(key.read_bytes()).decode(), base64.b64encode(certificate.read_bytes()).decode())


def _build_server(image: str, key: str, certificate: str) -> list[dict[str, Any]]:
    labels, meta = {"app": "admission"}, {"name": "admission"}
    program = Path(admission_program.__file__).read_text()
    container = {
        "name": "admission", "image": image, "command": ["python3", "/program/webhook.py", "/tls"],
        "ports": [{"containerPort": 8443}], "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
        "securityContext": _NO_RIGHTS,
        "volumeMounts": [{"name": "tls", "mountPath": "/tls"}, {"name": "program", "mountPath": "/program"}],
    }  # fmt: skip
    pod = {
        "containers": [container], "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
        "volumes": [{"name": "tls", "secret": {"secretName": "admission"}},
                    {"name": "program", "configMap": {"name": "admission"}}],
    }  # fmt: skip
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"tls.key": key, "tls.crt": certificate}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"webhook.py": program}},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta,
         "spec": {"selector": labels, "ports": [{"port": 443, "targetPort": 8443}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
         "spec": {"selector": {"matchLabels": labels},
                  "template": {"metadata": {"labels": labels}, "spec": pod}}},
    ]  # fmt: skip


def _build_webhook(
    name: str, namespace: str, certificate: str, path: str, selector: dict[str, Any], labels: dict[str, str]
) -> dict[str, Any]:
    service = {"name": "admission", "namespace": namespace, "path": path}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": name},
        "webhooks": [{
            "name": f"{name}.example.com", "clientConfig": {"service": service, "caBundle": certificate}, "rules": [rule],
            "admissionReviewVersions": ["v1"], "sideEffects": "None", "namespaceSelector": selector,
            "objectSelector": {"matchLabels": labels}, "reinvocationPolicy": "IfNeeded",
        }],
    }  # fmt: skip


def _build_ranges(tried: str, selector: dict[str, Any]) -> list[dict[str, Any]]:
    """Build the policy that refuses ids outside of the namespace's range, and pods that have none."""
    pod, own, within = "object.spec.securityContext", "c.securityContext", f">= {FIRST_ID} && %s <= {LAST_ID}"
    ids = [
        f"has({pod}) && has({pod}.fsGroup) && {pod}.fsGroup {within % f'{pod}.fsGroup'}",
        f"!has({pod}.runAsUser) || ({pod}.runAsUser {within % f'{pod}.runAsUser'})",
        f"object.spec.containers.all(c, has({own}) && has({own}.runAsUser) && {own}.runAsUser {within % f'{own}.runAsUser'})",
    ]
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    name = f"{tried}-ranges"
    base = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    return [
        {**base, "kind": "ValidatingAdmissionPolicy", "spec": {
            "failurePolicy": "Fail", "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": one, "message": "ids: must be in the namespace's range"} for one in ids],
        }},
        {**base, "kind": "ValidatingAdmissionPolicyBinding", "spec": {
            "policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selector},
        }},
    ]  # fmt: skip
