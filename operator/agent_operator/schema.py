"""What the cluster's definitions lack of what this operator reads and writes; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agent_contract import names
from agent_contract.agentclass import AgentClassSpec, AgentClassStatus
from agent_contract.agentthread import AgentThreadSpec, AgentThreadStatus
from agent_contract.crd import structural
from agent_contract.subagent import SubAgentSpec, SubAgentStatus

_Json = Mapping[str, Any]
_KINDS: Mapping[str, Mapping[str, type[BaseModel]]] = {
    "AgentThread": {"spec": AgentThreadSpec, "status": AgentThreadStatus},
    "SubAgent": {"spec": SubAgentSpec, "status": SubAgentStatus},
    "AgentClass": {"spec": AgentClassSpec, "status": AgentClassStatus},
}


def find_missing(document: _Json) -> list[str] | None:
    """Compare the OpenAPI document of our group with our models.

    Returns:
        Fields and values that an older definition would drop or refuse, as in `AgentThread.spec.suspend`; None where
        the document does not tell of a kind yet.
    """
    served = {_kind(schema): schema for schema in document.get("components", {}).get("schemas", {}).values()}
    missing: list[str] = []
    for kind, parts in _KINDS.items():
        if kind not in served:
            return None
        properties = served[kind].get("properties", {})
        for part, model in parts.items():
            missing += _compare(structural(model), properties.get(part, {}), f"{kind}.{part}")
    return missing


def _kind(schema: _Json) -> str | None:
    ours = {"group": names.GROUP, "version": names.VERSION}
    for entry in schema.get("x-kubernetes-group-version-kind", []):
        if ours.items() <= entry.items():
            return str(entry["kind"])
    return None


def _compare(wanted: _Json, served: _Json, path: str) -> Iterator[str]:
    for name, schema in wanted.get("properties", {}).items():
        if name in served.get("properties", {}):
            yield from _compare(schema, served["properties"][name], f"{path}.{name}")
        else:
            yield f"{path}.{name}"
    if "items" in wanted:
        yield from _compare(wanted["items"], served.get("items", {}), path)
    for value in wanted.get("enum", []):
        if value not in served.get("enum", [value]):
            yield f"{path}={value}"
