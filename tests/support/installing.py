"""The chart on a real API server without a node: what helm or kubectl make of it is taken, or refused, and never run."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from dev.cluster.build import build
from tests.support.apiserver import ApiServer
from tests.support.chart import Objects

_ORDER = ("Namespace", "PriorityClass", "ServiceAccount", "Secret", "ConfigMap")
"""Kinds that others need to be there."""


class Paths:
    """Where each kind is, as the API server tells it."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._lists: dict[str, Mapping[str, tuple[str, bool]]] = {}

    def of(self, document: Mapping[str, Any], namespace: str) -> str:
        """Return the path of a document's collection."""
        version = document["apiVersion"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if base not in self._lists:
            found = self._server.call("GET", base)["resources"]
            self._lists[base] = {r["kind"]: (r["name"], r["namespaced"]) for r in found if "/" not in r["name"]}
        plural, namespaced = self._lists[base][document["kind"]]
        where = document["metadata"].get("namespace", namespace)
        return f"{base}/namespaces/{where}/{plural}" if namespaced else f"{base}/{plural}"


def create_all(server: ApiServer, objects: Objects, namespace: str) -> None:
    """Make everything, with no field that its kind does not have.

    Raises:
        urllib.error.HTTPError: something was refused.
    """
    paths = Paths(server)
    for document in sorted(objects.values(), key=_place):
        server.call("POST", f"{paths.of(document, namespace)}?fieldValidation=Strict", document)


def _place(document: Mapping[str, Any]) -> int:
    return _ORDER.index(document["kind"]) if document["kind"] in _ORDER else len(_ORDER)


def kubectl(server: ApiServer, *words: str, stdin: str | None = None) -> str:
    """Run kubectl as an administrator."""
    return _run([build() / "kubectl", "--kubeconfig", server.kubeconfig, *words], stdin)


def apply(server: ApiServer, objects: Objects, *words: str) -> None:
    """Apply what is rendered, as Argo CD and people do; pods of `helm test` are none of it."""
    given = [one for (kind, _), one in objects.items() if kind != "Pod"]
    kubectl(server, "apply", "-f", "-", *words, stdin=yaml.safe_dump_all(given))


def helm(server: ApiServer, namespace: str, *words: str | object, stdin: str | None = None) -> str:
    """Run helm as an administrator."""
    return _run([build() / "helm", "--kubeconfig", server.kubeconfig, "-n", namespace, *words], stdin)


def _run(command: Sequence[object], stdin: str | None) -> str:
    done = subprocess.run(
        [str(word) for word in command], check=False, capture_output=True, text=True, input=stdin, timeout=250
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
