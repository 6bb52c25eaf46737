"""Whole objects compared with files; `UPDATE_GOLDEN=1` writes the files instead, for a person to read in the diff."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "data" / "golden"


def assert_golden(name: str, value: Any) -> None:
    """Compare plain JSON values with `tests/data/golden/<name>.yaml`."""
    path = FOLDER / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(yaml.safe_dump(value, sort_keys=True, allow_unicode=True, width=120))
    assert path.exists(), f"{path.name} is missing: run with UPDATE_GOLDEN=1 and read it"
    assert value == yaml.safe_load(path.read_text())
