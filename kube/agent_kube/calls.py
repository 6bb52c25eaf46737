"""Who is told of each call of the API server: for metrics, which this layer knows nothing of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent_kube.errors import KubeError

Called = Callable[[str, str, str, float], None]
"""Told of a call that has ended: verb (LIST and WATCH beside the methods), resource, `done` or the error's name, seconds."""


def tell_nobody(_verb: str, _resource: str, _outcome: str, _seconds: float) -> None:
    """Tell nobody of a call."""


@contextmanager
def told(called: Called, verb: str, path: str) -> Iterator[None]:
    """Tell of a call, however it ends; one that we cut ourselves is `cut`."""
    begun, outcome = time.perf_counter(), "cut"
    try:
        yield
        outcome = "done"
    except KubeError as error:
        outcome = type(error).__name__.lower()
        raise
    finally:
        called(verb, find_resource(path), outcome, time.perf_counter() - begun)


def find_resource(path: str) -> str:
    """Return the plural name of the resource that a path of the API names; `none` of a path that names no resource.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
    """
    root, *rest = path.strip("/").split("/")
    if root not in {"api", "apis"}:
        return "none"
    named = rest[1:] if root == "api" else rest[2:]
    if named[:1] == ["namespaces"] and len(named) > 2:  # a namespace's name stands between
        named = named[2:]
    return named[0] if named else "none"
