"""No key passes, however an answer that holds it is cut."""

from __future__ import annotations

import json

import pytest

from agent_gateway.models.redact import Redactor, redact

KEY = "sk-abc/def+123"


def passed(data, size, key=KEY):
    redactor = Redactor(key)
    parts = [redactor.feed(data[start : start + size]) for start in range(0, len(data), size)]
    return b"".join([*parts, redactor.end()])


@pytest.mark.parametrize("size", [*range(1, len(KEY) + 2), 10**6])
def test_a_key_in_pieces_is_taken_out(size):
    data = b"before " + KEY.encode() + b" between " + KEY.encode()[:5] + b" " + KEY.encode() * 2
    found = passed(data, size)
    assert KEY.encode() not in found
    assert found == data.replace(KEY.encode(), b"*" * len(KEY))


def test_a_key_as_json_writes_it_is_taken_out():
    for key in ("a/b/c/d/e", 'quo"te\\key'):
        for text in (json.dumps({"k": key}), json.dumps({"k": key}).replace("/", "\\/")):
            assert json.loads(passed(text.encode(), 3, key))["k"].strip("*") in {"", "\\"}


def test_what_cannot_begin_the_key_waits_for_nothing():
    redactor = Redactor(KEY)
    assert redactor.feed(b"data: hello\n\n") == b"data: hello\n\n"
    assert redactor.feed(b"s") == b""
    assert redactor.feed(b"o") == b"so"


def test_without_a_key_all_passes():
    assert passed(b"hello", 2, "") == b"hello"
    assert redact("a key", "key") == "a ***"
