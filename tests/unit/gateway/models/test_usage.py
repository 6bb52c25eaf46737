"""Tokens are counted from streams of any cut."""

from __future__ import annotations

import json

import pytest

from agent_gateway.models.usage import MAX_JSON, MAX_LINE, Usage, UsageScanner

OPENAI = {
    "model": "glm-5.3",
    "choices": [],
    "usage": {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}},
}
MOONSHOT = {
    "model": "kimi",
    "choices": [{"index": 0, "delta": {}, "usage": {"prompt_tokens": 9, "completion_tokens": 2}}],
}


def event(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def delta(words):
    return event({"model": "glm-5.3", "choices": [{"delta": {"content": words}}], "usage": None})


def scan(data, content_type="text/event-stream; charset=utf-8", size=10**9):
    scanner = UsageScanner(content_type)
    for start in range(0, len(data), size):
        scanner.feed(data[start : start + size])
    scanner.end()
    return scanner


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10**9])
def test_usage_is_found_however_the_stream_is_cut(size):
    found = scan(delta("hi") + delta("there") + event(OPENAI) + b"data: [DONE]\n\n", size=size)
    assert found.usage == Usage(100, 7, 60)
    assert found.model == "glm-5.3"


def test_usage_inside_the_choice_is_found():
    assert scan(event(MOONSHOT)).usage == Usage(9, 2, 0)


def test_usage_of_messages_is_put_together():
    start = {
        "type": "message_start",
        "message": {"model": "c", "usage": {"input_tokens": 5, "cache_read_input_tokens": 3}},
    }
    end = {"type": "message_delta", "usage": {"output_tokens": 11}}
    found = scan(event(start) + event(end))
    assert (found.usage, found.model) == (Usage(5, 11, 3), "c")


def test_usage_of_responses_is_found():
    done = {"type": "response.completed", "response": {"model": "r", "usage": {"input_tokens": 4, "output_tokens": 6}}}
    assert scan(event(done)).usage == Usage(4, 6, 0)


def test_an_answer_in_one_piece_is_counted():
    found = scan(json.dumps(OPENAI).encode(), "application/json", size=5)
    assert found.usage == Usage(100, 7, 60)


def test_a_stream_without_an_end_of_line_is_counted():
    assert scan(event(OPENAI).strip()).usage == Usage(100, 7, 60)


@pytest.mark.parametrize(
    "data",
    [
        b'data: {broken "usage"\n\n',
        b'data: ["usage"]\n\n',
        event({"usage": "none"}),
        event({"usage": {"prompt_tokens": "many", "prompt_tokens_details": 3}}),
        event({"choices": ["usage"]}),
        b'\xff\xfe"usage"\n',
    ],
)
def test_what_is_no_usage_counts_nothing(data):
    assert scan(data).usage == Usage()


def test_nothing_is_kept_of_endless_lines():
    scanner = UsageScanner("text/event-stream")
    for _ in range(40):
        scanner.feed(b"x" * (MAX_LINE // 10))
        assert len(scanner._rest) <= MAX_LINE
    scanner.feed(b"\n" + event(OPENAI))
    assert scanner.usage == Usage(100, 7, 60)


def test_nothing_is_kept_of_an_endless_answer():
    scanner = UsageScanner("application/json")
    for _ in range(50):
        scanner.feed(b"x" * (MAX_JSON // 10))
    scanner.end()
    assert len(scanner._rest) == 0


def test_other_contents_are_passed_by():
    assert scan(event(OPENAI), "text/plain").usage == Usage()
