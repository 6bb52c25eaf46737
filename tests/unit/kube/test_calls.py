"""Who is told of calls of the API server is told of each, by resource, whatever its path names besides."""

from __future__ import annotations

import asyncio

import pytest

from agent_kube.calls import find_resource, told
from agent_kube.errors import Away, Conflict


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/api/v1/namespaces/agents/pods/tg-42-r1-x", "pods"),
        ("/api/v1/namespaces/agents/pods", "pods"),
        ("/api/v1/namespaces/agents", "namespaces"),
        ("/api/v1/namespaces", "namespaces"),
        ("/api/v1/nodes/one", "nodes"),
        ("/apis/batch/v1/namespaces/agents/jobs/job-1", "jobs"),
        ("/apis/openclaw.dev/v1alpha1/namespaces/agents/agentthreads/tg-42/status", "agentthreads"),
        ("/apis/openclaw.dev/v1alpha1/agentthreads", "agentthreads"),
        ("/apis/authentication.k8s.io/v1/tokenreviews", "tokenreviews"),
        ("/apis/openclaw.dev/v1alpha1", "none"),
        ("/openapi/v3/apis/openclaw.dev/v1alpha1", "none"),
        ("/version", "none"),
        ("", "none"),
    ],
)
def test_a_path_names_a_resource(path, resource):
    assert find_resource(path) == resource


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, "done"), (Away("x", None, "Unreachable"), "away"), (Conflict("x", 409, "Conflict"), "conflict"),
     (asyncio.CancelledError(), "cut"), (KeyError("bug"), "cut")],
    ids=["done", "away", "conflict", "cancelled", "bug"],
)  # fmt: skip
def test_a_call_is_told_however_it_ends(error, outcome):
    calls = []

    def call():
        with told(lambda *what: calls.append(what), "PATCH", "/api/v1/namespaces/a/pods/b"):
            if error is not None:
                raise error

    if error is None:
        call()
    else:
        with pytest.raises(type(error)):
            call()
    ((verb, resource, ended, seconds),) = calls
    assert (verb, resource, ended) == ("PATCH", "pods", outcome)
    assert 0 <= seconds < 60
