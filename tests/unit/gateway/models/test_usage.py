"""Tokens are counted from streams of any cut."""

from __future__ import annotations

import json

import pytest

from agent_gateway.models.usage import MAX_JSON, MAX_LINE, TAIL, Usage, UsageScanner

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


def scan(data, size=10**9, input_bytes=0):
    scanner = UsageScanner(input_bytes)
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
    assert (found.usage, found.model) == (Usage(8, 11, 3), "c")


def test_usage_of_responses_is_found():
    done = {"type": "response.completed", "response": {"model": "r", "usage": {"input_tokens": 4, "output_tokens": 6}}}
    assert scan(event(done)).usage == Usage(4, 6, 0)


def test_an_answer_in_one_piece_is_counted():
    found = scan(json.dumps(OPENAI).encode(), size=5)
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
        event({"usage": {"prompt_tokens": -5, "completion_tokens": 10**12}}),
        event({"choices": ["usage"]}),
        b'\xff\xfe"usage"\n',
    ],
)
def test_what_is_no_usage_is_estimated(data):
    found = scan(data, input_bytes=400).usage
    assert found.estimated
    assert found.input == 134


def test_without_an_answer_nothing_was_used():
    assert scan(b"", input_bytes=400).usage == Usage()


def test_a_cut_answer_is_estimated_by_what_was_written():
    found = scan(delta("x" * 400) + delta("y" * 400), input_bytes=4000).usage
    assert found.input == 1334
    assert 267 <= found.output <= 280
    assert found.estimated


def test_many_small_pieces_count_as_a_token_each():
    assert scan(delta("a") * 50, input_bytes=40).usage.output >= 50


def test_a_cut_answer_of_messages_keeps_the_input_that_was_told():
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 50, "output_tokens": 1}}}
    text = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "z" * 80}}
    found = scan(event(start) + event(text), input_bytes=4000).usage
    assert (found.input, found.estimated) == (50, True)
    assert found.output >= 20


def test_what_messages_write_to_the_cache_is_input():
    start = {
        "type": "message_start",
        "message": {"usage": {"input_tokens": 40, "cache_read_input_tokens": 11, "cache_creation_input_tokens": 5}},
    }
    found = scan(event(start) + event({"type": "message_delta", "usage": {"output_tokens": 9}}))
    assert found.usage == Usage(56, 9, 11, 5)


def test_usage_of_google_is_found_and_is_told_at_the_end():
    part = {"candidates": [{"content": {"parts": [{"text": "hi"}]}}], "usageMetadata": {"promptTokenCount": 30}}
    last = {
        "candidates": [{"finishReason": "STOP"}],
        "modelVersion": "g",
        "usageMetadata": {
            "promptTokenCount": 30, "cachedContentTokenCount": 10, "candidatesTokenCount": 6, "thoughtsTokenCount": 2,
        },
    }  # fmt: skip
    assert scan(event(part)).usage.estimated
    found = scan(event(part) + event(last))
    assert (found.usage, found.model) == (Usage(30, 8, 10), "g")


def test_hits_of_deepseeks_cache_are_counted():
    usage = {"prompt_tokens": 20, "completion_tokens": 3, "prompt_cache_hit_tokens": 16}
    assert scan(event({"choices": [], "usage": usage})).usage == Usage(20, 3, 16)


@pytest.mark.parametrize(
    "end",
    [
        b"data: [DONE]\n\n",
        event({"type": "message_stop"}),
        event({"type": "response.completed", "response": {"usage": {"input_tokens": 4, "output_tokens": 6}}}),
    ],
)
def test_an_answer_says_that_it_is_whole(end):
    scanner = UsageScanner()
    scanner.feed(delta("hi"))
    assert not scanner.ended
    scanner.feed(end)
    assert scanner.ended


def test_the_usage_behind_what_the_pod_had_repeated_is_the_true_one():
    tool = {"parameters": {"properties": {"usage": {"input_tokens": 0, "output_tokens": 0}}}}
    done = {
        "type": "response.completed",
        "response": {
            "instructions": "x" * (MAX_LINE + TAIL), "tools": [tool],
            "usage": {"input_tokens": 4, "output_tokens": 6, "input_tokens_details": {"cached_tokens": 2}},
        },
    }  # fmt: skip
    found = scan(event(done), size=65536)
    assert found.usage == Usage(4, 6, 2)
    assert found.ended


def test_little_is_kept_of_endless_lines():
    scanner = UsageScanner()
    scanner.feed(b"x")
    for _ in range(40):
        scanner.feed(b"x" * (MAX_LINE // 10))
        assert len(scanner._rest) <= MAX_LINE
    scanner.feed(b"\n" + event(OPENAI))
    assert scanner.usage == Usage(100, 7, 60)


def test_the_usage_of_an_endless_answer_is_found_at_its_end():
    scanner = UsageScanner()
    scanner.feed(b'{"choices": [{"message": {"content": "')
    for _ in range(30):
        scanner.feed(b"x" * (MAX_JSON // 10))
        assert len(scanner._rest) <= MAX_JSON
    scanner.feed(b'"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}')
    scanner.end()
    assert scanner.usage == Usage(3, 5)


def test_what_the_provider_calls_an_answer_does_not_count():
    assert scan(b"\n" + event(OPENAI)).usage == Usage(100, 7, 60)
    assert scan(b" " + json.dumps(OPENAI).encode()).usage == Usage(100, 7, 60)
