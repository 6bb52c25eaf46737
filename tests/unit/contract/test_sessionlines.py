"""Which lines of a session are stored."""

from __future__ import annotations

import json
import time

import pytest

from agent_contract.sessionlines import MAX_DEPTH, MAX_LINE, MAX_STRUCTURE, LineError, measure_structure, read_entry


@pytest.mark.parametrize(
    "line",
    [
        '{"id":"a1"}',
        '{"id":"a1","x":"' + "A" * 6_000_000 + '"}',
        json.dumps({"id": "a1", "x": '\\"[{,' * 200_000}),
        json.dumps({"id": "a1", "x": "\x00\ud83d"}),
        '{"id":"a1","x":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}",
        '{"id":"a1","x":[' + ",".join(["[[]]"] * 20_000) + "]}",
    ],
    ids=["small", "picture", "code", "escapes", "deep", "wide"],
)
def test_a_line_of_pi_is_read(line):
    assert read_entry(line)["id"] == "a1"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("secret", "is not JSON"),
        ('["a"]', "has no id"),
        ("{}", "has no id"),
        ('{"id":7}', "has no id"),
        ('{"id":""}', "has an id"),
        ('{"id":"\\u0000"}', "has an id"),
        ('{"id":"\\ud83d"}', "has an id"),
        ('{"id":"' + "i" * 129 + '"}', "has an id"),
        ('{"id":"a","x":"\x00"}', "is not JSON"),
        ('{"id":"a","x":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", "deep"),
        ('{"id":"a","x":' + "[" * 60_000, "deep"),
        ('{"id":"a","x":[' + ",".join(["[]"] * 100_000) + "]}", "outside its strings"),
        ('{"id":"a","x":[' + ",".join(['""'] * 200_000) + "]}", "outside its strings"),
        ("x" * (MAX_LINE + 1), "characters"),
    ],
)
def test_any_other_line_is_refused_in_words(line, words):
    with pytest.raises(LineError) as caught:
        read_entry(line)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("part", ["\\", '"', '\\"', "[", "[],", "{", '"",', "\\\\\\", '":', "ä", "\ud83d"])
def test_no_line_takes_long(part):
    line = part * (MAX_LINE // len(part))
    begun = time.thread_time()
    with pytest.raises(LineError):
        read_entry(line)
    assert time.thread_time() - begun < 0.25


@pytest.mark.parametrize(
    ("line", "size"),
    [('{"a":"b"}', 3), ('{"a\\"b":[]}', 5), ('{"a\\\\":"\\\\\\"{"}', 3), ("", 0), ('"' * 300_000, 300_000)],
)
def test_the_structure_of_a_line_is_what_is_in_no_string(line, size):
    assert measure_structure(line) == size
    assert size <= MAX_STRUCTURE or size > 2 * MAX_STRUCTURE
