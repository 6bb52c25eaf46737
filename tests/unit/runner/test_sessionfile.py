"""Lines of a session file behind one of them."""

from __future__ import annotations

import json

import pytest

from agent_runner.pilines import MAX_LINE
from agent_runner.sessionfile import LEFT_OUT, read_since


def line(number, **more):
    parent = f"e{number - 1}" if number > 1 else None
    return json.dumps({"type": "message", "id": f"e{number}", "parentId": parent, **more}, separators=(",", ":"))


@pytest.fixture
def path(tmp_path):
    lines = ['{"type":"session","id":"s"}', line(1), line(2, x="x" * 5000), line(3, x="x" * MAX_LINE), "{odd", line(4)]
    path = tmp_path / "session.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("last", "ids"),
    [
        (None, ["e1", "e2", "e3", "e4"]),
        ("e1", ["e2", "e3", "e4"]),
        ("e2", ["e3", "e4"]),
        ("e3", ["e4"]),
        ("e4", []),
        ("unknown", ["e1", "e2", "e3", "e4"]),
    ],
)
def test_what_follows_a_line_is_read(path, last, ids):
    assert [entry["id"] for entry in read_since(path, last)] == ids


def test_a_line_that_is_too_long_keeps_its_place(path):
    entries = {entry["id"]: entry for entry in read_since(path, "e1")}
    assert entries["e2"]["x"] == "x" * 5000
    assert entries["e3"] == {"type": "custom", "customType": LEFT_OUT, "id": "e3", "parentId": "e2"}
