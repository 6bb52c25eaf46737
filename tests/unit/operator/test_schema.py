"""Definitions that are older than the operator are told by what they lack."""

from __future__ import annotations

import pytest
import yaml

from agent_contract import crd, names
from agent_operator.schema import find_missing


def served():
    """The API server's OpenAPI document of our group, as it follows from the definitions."""
    schemas = {}
    for text in crd.build_files().values():
        spec = yaml.safe_load(text)["spec"]
        kind = {"group": names.GROUP, "version": names.VERSION, "kind": spec["names"]["kind"]}
        schema = spec["versions"][0]["schema"]["openAPIV3Schema"]
        schemas[kind["kind"]] = {**schema, "x-kubernetes-group-version-kind": [kind]}
    schemas["io.k8s.Status"] = {"type": "object"}
    return {"components": {"schemas": schemas}}


def test_our_own_definitions_lack_nothing():
    assert find_missing(served()) == []


def test_newer_definitions_lack_nothing():
    document = served()
    spec = document["components"]["schemas"]["AgentThread"]["properties"]["spec"]
    spec["properties"]["tomorrow"] = {"type": "string"}
    spec["properties"]["model"]["properties"]["thinking"]["enum"].append("endless")
    assert find_missing(document) == []


@pytest.mark.parametrize(
    ("kind", "path", "missing"),
    [
        ("AgentThread", ["spec", "suspend"], "AgentThread.spec.suspend"),
        ("AgentThread", ["spec", "model", "thinking"], "AgentThread.spec.model.thinking"),
        ("AgentThread", ["status", "run", "exitCode"], "AgentThread.status.run.exitCode"),
        ("AgentClass", ["spec", "timeouts", "grace"], "AgentClass.spec.timeouts.grace"),
    ],
)
def test_a_field_that_is_missing_is_named(kind, path, missing):
    document = served()
    node = document["components"]["schemas"][kind]
    *parents, last = path
    for name in parents:
        node = node["properties"][name]
    del node["properties"][last]
    assert find_missing(document) == [missing]


def test_a_field_in_a_list_is_named():
    document = served()
    status = document["components"]["schemas"]["AgentThread"]["properties"]["status"]
    del status["properties"]["conditions"]["items"]["properties"]["observedGeneration"]
    assert find_missing(document) == ["AgentThread.status.conditions.observedGeneration"]


def test_a_value_that_is_missing_is_named():
    document = served()
    phase = document["components"]["schemas"]["AgentThread"]["properties"]["status"]["properties"]["phase"]
    phase["enum"].remove("Stopping")
    assert find_missing(document) == ["AgentThread.status.phase=Stopping"]


def test_a_document_that_does_not_tell_of_a_kind_yet_tells_nothing():
    document = served()
    del document["components"]["schemas"]["AgentClass"]
    assert find_missing(document) is None
    assert find_missing({}) is None
