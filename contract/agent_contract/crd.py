"""Custom resource definitions from the pydantic models: `python -m agent_contract.crd [--write]`.

Structural schemas: no references, no titles, every bound kept. Without `--write` it compares, and exits with 1 where the
files of `crds/` differ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from agent_contract import (
    agentclass,
    agentschedule,
    agentthread,
    approvals,
    budgets,
    conditions,
    names,
    podtemplate,
    repositories,
    scheduling,
    subagent,
    team,
    terms,
    warmpool,
)
from agent_contract.agentclass import AgentClassSpec, AgentClassStatus
from agent_contract.agentschedule import AgentScheduleSpec, AgentScheduleStatus
from agent_contract.agentthread import AgentThreadSpec, AgentThreadStatus
from agent_contract.crdrules import (
    CHANNEL_RULES,
    CLASS_COLUMNS,
    MAX_NAME,
    NAME_PATTERN,
    SCHEDULE_COLUMNS,
    SCHEDULE_SPEC_RULES,
    SPEC_RULES,
    SUBAGENT_COLUMNS,
    SUBAGENT_RULES,
    SUBAGENT_SPEC_RULES,
    THREAD_COLUMNS,
    THREAD_RULES,
)
from agent_contract.fielddocs import Docs, read_docs
from agent_contract.subagent import SubAgentSpec, SubAgentStatus
from agent_contract.yamltext import dump_yaml

FOLDER = Path(__file__).resolve().parents[2] / "crds"
_MODULES = (
    agentclass,
    approvals,
    budgets,
    agentthread,
    agentschedule,
    subagent,
    conditions,
    terms,
    podtemplate,
    scheduling,
    repositories,
    team,
    warmpool,
)
_MAX_TEXT = 4096
_MAX_ITEMS = 64
_INT32 = 2**31 - 1
_KEPT = {
    "type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "maxItems",
    "format", "default", "required",
}  # fmt: skip


def structural(model: type[BaseModel], docs: Docs = MappingProxyType({})) -> dict[str, Any]:
    """Return a model's schema as the API server takes it.

    Args:
        model: The model.
        docs: Sentences by model and field, for fields that have no description.
    """
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.pop("$defs", {})
    for name, node in (*definitions.items(), (model.__name__, schema)):
        for field, sentence in docs.get(name, {}).items():
            node["properties"][field].setdefault("description", sentence)
    return _convert(schema, definitions)


def _convert(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[-1]]
        node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
    if "anyOf" in node:
        (only,) = [option for option in node["anyOf"] if option.get("type") != "null"]
        node = {
            **only,
            **{k: v for k, v in node.items() if k not in {"anyOf", "default"} or (k == "default" and v is not None)},
        }
        return _convert(node, definitions)
    if "const" in node:
        node = {**node, "enum": [node["const"]], "type": "string"}
    result = {key: value for key, value in node.items() if key in _KEPT}
    if description := node.get("description"):
        result["description"] = " ".join(description.split())
    if "properties" in node:
        result["properties"] = {k: _convert(v, definitions) for k, v in node["properties"].items()}
    if "items" in node:
        result["items"] = _convert(node["items"], definitions)
        result.setdefault("maxItems", _MAX_ITEMS)
    if isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = _convert(node["additionalProperties"], definitions)
        result["maxProperties"] = node.get("maxProperties", node.get("maxLength", _MAX_ITEMS))
        result.pop("maxLength", None)
    return _bounded(result)


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """Give what has no bound of its own a general one: the API server prices rules by them."""
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema and schema.get("format") != "date-time":
        schema.setdefault("maxLength", _MAX_TEXT)
    if kind == "integer":
        schema.setdefault("maximum", _INT32)
        schema["format"] = "int32" if max(abs(schema["maximum"]), abs(schema.get("minimum", 0))) <= _INT32 else "int64"
    if "default" in schema:
        schema["default"] = _without_nulls(schema["default"])
        if schema["default"] is None:
            del schema["default"]
    return schema


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return value


def _crd(
    plural: str, kind: str, short: str, columns: list[tuple[str, str, str, int]], spec: dict[str, Any],
    status: dict[str, Any], description: str, rules: list[dict[str, str]], *, need_spec: bool,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    schema: dict[str, Any] = {
        "type": "object",
        "description": description,
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": metadata or {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
    if need_spec:
        schema["required"] = ["spec"]
    if rules:
        schema["x-kubernetes-validations"] = rules
    printed = [
        {"name": n, "type": t, "jsonPath": p, **({"priority": priority} if priority else {})}
        for n, t, p, priority in columns
    ]
    version = {
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": printed,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{names.GROUP}",
            "annotations": {names.SCHEMA_ANNOTATION: str(names.SCHEMA_REVISION)},
        },
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower(),
                "shortNames": [short], "categories": [names.CATEGORY],
            },
            "versions": [
                {"name": name, "served": True, "storage": name == names.VERSION, **version}
                for name in names.SERVED_VERSIONS
            ],
        },
    }  # fmt: skip


def build_agent_thread() -> dict[str, Any]:
    """Build the definition of AgentThread."""
    docs = read_docs(_MODULES)
    spec = structural(AgentThreadSpec, docs)
    spec["x-kubernetes-validations"] = SPEC_RULES
    spec["properties"]["channel"]["x-kubernetes-validations"] = CHANNEL_RULES
    return _crd(
        names.AGENT_THREADS, "AgentThread", "at", THREAD_COLUMNS, spec, _status(structural(AgentThreadStatus, docs)),
        "One conversation with a coding agent, and the run that it wants.", THREAD_RULES, need_spec=True,
        metadata={"type": "object", "properties": {"name": {"type": "string", "maxLength": MAX_NAME, "pattern": NAME_PATTERN}}},
    )  # fmt: skip


def build_sub_agent() -> dict[str, Any]:
    """Build the definition of SubAgent."""
    docs = read_docs(_MODULES)
    spec = structural(SubAgentSpec, docs)
    spec["x-kubernetes-validations"] = SUBAGENT_SPEC_RULES
    return _crd(
        names.SUB_AGENTS, "SubAgent", "suba", SUBAGENT_COLUMNS, spec, _status(structural(SubAgentStatus, docs)),
        "One task for an agent in a pod of its own.", SUBAGENT_RULES, need_spec=True,
        metadata={"type": "object", "properties": {"name": {"type": "string", "maxLength": MAX_NAME}}},
    )  # fmt: skip


def build_agent_class() -> dict[str, Any]:
    """Build the definition of AgentClass."""
    docs = read_docs(_MODULES)
    spec = structural(AgentClassSpec, docs)
    return _crd(
        names.AGENT_CLASSES, "AgentClass", "ac", CLASS_COLUMNS, spec, _status(structural(AgentClassStatus, docs)),
        "The template of agents, owned by an administrator, in the way of a StorageClass.", [], need_spec=False,
    )  # fmt: skip


def build_agent_schedule() -> dict[str, Any]:
    """Build the definition of AgentSchedule."""
    docs = read_docs(_MODULES)
    spec = structural(AgentScheduleSpec, docs)
    spec["x-kubernetes-validations"] = SCHEDULE_SPEC_RULES
    return _crd(
        names.AGENT_SCHEDULES, "AgentSchedule", "asch", SCHEDULE_COLUMNS, spec,
        _status(structural(AgentScheduleStatus, docs)), "A prompt that a conversation is asked at times of its own.",
        [], need_spec=True,
    )  # fmt: skip


def _status(schema: dict[str, Any]) -> dict[str, Any]:
    """Conditions are a map by type, so that clients can own one each; no default fills an empty status."""
    conditions = schema["properties"]["conditions"]
    conditions["x-kubernetes-list-type"] = "map"
    conditions["x-kubernetes-list-map-keys"] = ["type"]
    conditions.pop("default", None)
    return schema


def build_files() -> dict[Path, str]:
    """Return every definition's file with its contents."""
    definitions = {
        "agentthreads": build_agent_thread(),
        "subagents": build_sub_agent(),
        "agentclasses": build_agent_class(),
        "agentschedules": build_agent_schedule(),
    }
    return {FOLDER / f"{name}.yaml": dump_yaml(definition) for name, definition in definitions.items()}


def main() -> int:
    """Write or compare; 1 when something differs."""
    stale = {p: text for p, text in build_files().items() if not p.exists() or p.read_text() != text}
    if "--write" in sys.argv:
        FOLDER.mkdir(exist_ok=True)
        for path, text in stale.items():
            path.write_text(text)
        return 0
    for path in stale:
        sys.stderr.write(f"crds/{path.name} is stale: run `make generate`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
