"""Generate what the chart derives from its sources: `values.schema.json` from `values.yaml`, `crds/` from the contract.

A value's schema is its default's type, strict: a map admits no other names, unless its default is empty. The comment
above a value is its description; a line `@schema {…}` in it adds keywords. Run with `--write`, or without to learn
whether anything differs (exit code 1).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "charts" / "openclaw-dispatcher"
CRDS = ROOT / "crds"
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def build_schema(values: str, agent_class: dict[str, Any]) -> dict[str, Any]:
    """Build the schema of a values file; `agent_class` is the schema of an AgentClass's spec."""
    lines = values.splitlines()
    root = _describe(yaml.compose(values), lines)
    root["properties"]["agents"]["properties"]["class"] |= agent_class
    # Helm puts these two into every chart's values
    root["properties"]["global"] = {"type": "object"}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **root}


def _describe(node: yaml.Node | None, lines: list[str]) -> dict[str, Any]:
    if isinstance(node, yaml.MappingNode):
        if not node.value:
            return {"type": "object"}
        properties = {}
        for key, value in node.value:
            properties[key.value] = _describe(value, lines) | _comment_above(lines, key.start_mark.line)
        return {"type": "object", "additionalProperties": False, "properties": properties}
    if isinstance(node, yaml.SequenceNode):
        return {"type": "array"}
    if isinstance(node, yaml.ScalarNode):
        return {"type": _TYPES[node.tag.rsplit(":", 1)[-1]]}
    raise TypeError("values.yaml is empty")


def _comment_above(lines: list[str], line: int) -> dict[str, Any]:
    words: list[str] = []
    extra: dict[str, Any] = {}
    while line > 0 and lines[line - 1].strip().startswith("#"):
        line -= 1
        text = lines[line].strip().lstrip("#").strip()
        if text.startswith("@schema "):
            extra |= json.loads(text.removeprefix("@schema "))
        else:
            words.insert(0, text)
    return extra | ({"description": " ".join(words)} if words else {})


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Close every object of a CRD's schema, and drop what only the API server understands."""
    result = {k: v for k, v in schema.items() if not k.startswith("x-kubernetes-") and k not in {"default", "nullable"}}
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    if "properties" in schema:
        result["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
        result["additionalProperties"] = False
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = _strict(schema[key])
    return result


def build_files() -> dict[Path, str]:
    """Return every generated file of the chart with its contents."""
    files = {CHART / "crds" / path.name: path.read_text() for path in sorted(CRDS.glob("*.yaml"))}
    crd = yaml.safe_load((CRDS / "agentclasses.yaml").read_text())
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    schema = build_schema((CHART / "values.yaml").read_text(), _strict(spec))
    files[CHART / "values.schema.json"] = json.dumps(schema, indent=2) + "\n"
    return files


def main() -> int:
    """Write or compare the generated files; 1 when something differs."""
    stale = {path: text for path, text in build_files().items() if not path.exists() or path.read_text() != text}
    if "--write" in sys.argv:
        for path, text in stale.items():
            path.write_text(text)
            print("wrote", path.relative_to(ROOT))
        return 0
    for path in stale:
        print(f"{path.relative_to(ROOT)} is stale: run `make generate`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
