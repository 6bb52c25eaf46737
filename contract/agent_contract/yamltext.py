"""YAML of plain JSON values, without a library: scalars are written as JSON, which YAML reads."""

from __future__ import annotations

import json
from typing import Any


def dump_yaml(value: Any, indent: int = 0) -> str:
    """Return YAML of plain JSON values, indented by two spaces a level."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        lines = []
        for key, item in value.items():
            nested = isinstance(item, dict | list) and item
            text = dump_yaml(item, indent + 1) if nested else _scalar(item)
            lines.append(f"{pad}{key}:" + (f"\n{text}" if nested else f" {text}\n"))
        return "".join(lines)
    if isinstance(value, list) and value:
        lines = []
        for item in value:
            if isinstance(item, dict | list) and item:
                text = dump_yaml(item, indent + 1)
                lines.append(f"{pad}- {text[len(pad) + 2 :]}")
            else:
                lines.append(f"{pad}- {_scalar(item)}\n")
        return "".join(lines)
    return f"{pad}{_scalar(value)}\n"


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
