"""An answer on its way to the pod."""

from __future__ import annotations

import gzip
import zlib

import pytest

from agent_gateway.models import stream
from agent_gateway.models.errors import Refusal
from agent_gateway.models.stream import AnswerTooLarge, Passage
from agent_gateway.models.usage import Usage, UsageScanner

TEXT = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5}}\n\n'
DONE = b"data: [DONE]\n\n"


def passed(data, size, encoding="", *, hides=False, key="sk-1", **more):
    scanner = UsageScanner()
    passage = Passage(scanner, key, encoding, hides_usage=hides, **more)
    parts = [passage.feed(data[start : start + size]) for start in range(0, len(data), size)]
    return b"".join([*parts, passage.end()]), scanner


@pytest.mark.parametrize("size", [1, 3, 50, 10**6])
def test_usage_that_the_pod_did_not_ask_for_is_counted_and_not_shown(size):
    shown, scanner = passed(TEXT + USAGE + DONE, size, hides=True)
    assert shown == TEXT + DONE
    assert scanner.usage == Usage(3, 5)
    assert passed(TEXT + USAGE + DONE, size)[0] == TEXT + USAGE + DONE


def test_usage_beside_text_stays():
    both = b'data: {"choices":[{"delta":{}}],"usage":{"prompt_tokens":3,"completion_tokens":5}}\n\n'
    assert passed(both, 7, hides=True)[0] == both


def test_an_endless_line_is_not_kept():
    line = b"data: " + b"x" * (stream.MAX_LINE * 2)
    shown, _ = passed(line + b"\n" + USAGE + DONE, 1 << 20, hides=True)
    assert shown == line + b"\n" + DONE


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_answer_is_unpacked_and_counted(encoding, pack):
    shown, scanner = passed(pack(TEXT + USAGE + b"sk-1" + DONE), 5, encoding)
    assert shown == TEXT + USAGE + b"****" + DONE
    assert scanner.usage == Usage(3, 5)


def test_what_cannot_be_unpacked_is_refused():
    with pytest.raises(Refusal):
        passed(b"", 1, "br")
    with pytest.raises(AnswerTooLarge):
        passed(b"no gzip at all", 100, "gzip")


def test_an_answer_has_a_bound():
    with pytest.raises(AnswerTooLarge):
        passed(b"x" * 1001, 100, most=1000)
    with pytest.raises(AnswerTooLarge):
        passed(gzip.compress(b"x" * 1001), 100, "gzip", most=1000)
    assert len(passed(b"x" * 1000, 100, most=1000)[0]) == 1000
