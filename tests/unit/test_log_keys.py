"""What logs say besides their message: a name that a record has itself would end whoever logs."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TAKEN = {*vars(logging.makeLogRecord({})), "message", "asctime"}
MODULES = [
    path
    for part in ("gateway", "operator", "kube", "simulators")
    for path in sorted((ROOT / part).rglob("*.py"))
    if "extra=" in path.read_text()
]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_field_has_the_name_of_a_records_own(module):
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    fields = {
        key.value
        for call in calls
        for word in call.keywords
        if word.arg == "extra"
        for found in ast.walk(word.value)
        if isinstance(found, ast.Dict)
        for key in found.keys
        if isinstance(key, ast.Constant)
    }
    assert not fields & TAKEN
