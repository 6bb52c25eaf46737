"""pi's output in pieces of any size."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from agent_runner.pilines import KEPT, PiLine, Splitter, is_repeating, read_shortened

LIMIT = 10_000
LONG = b'{"type":"agent_end","messages":["' + b"x" * 50_000 + b'"],"willRetry":true}'
OVER = b'{"type":"message_end","message":{"role":"assistant","content":"' + b"y" * 50_000 + b'"}}'
WHOLE = b'{"type":"message_end","message":{"role":"user","content":"' + b"z" * 5000 + b'"}}'


@pytest.mark.parametrize("size", [1, 17, 1000, 4096, 200_000])
def test_lines_are_the_same_whatever_the_pieces(size):
    data = b"\n".join([WHOLE, LONG, b"", OVER, WHOLE, b""])
    splitter = Splitter(LIMIT)
    lines = [line for at in range(0, len(data), size) for line in splitter.take(data[at : at + size])]
    assert [line.begin for line in lines if line.end is None and len(line.begin) < LIMIT] == [WHOLE, b"", WHOLE]
    assert [read_shortened(line) for line in lines if is_repeating(line)] == [{"type": "agent_end", "willRetry": True}]
    assert len(lines) == 5


def test_what_is_not_needed_takes_no_memory():
    splitter, piece = Splitter(), b"x" * 100_000
    list(splitter.take(LONG[:2000]))
    tracemalloc.start()
    for _ in range(200):
        list(splitter.take(piece))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
    [line] = splitter.take(b'"],"willRetry":false}\n')
    assert line.end is not None
    assert len(line.end) == KEPT
    assert read_shortened(line) == {"type": "agent_end", "willRetry": False}


@pytest.mark.parametrize(
    ("message", "known"),
    [
        ({"type": "turn_end", "message": {}}, None),
        ({"type": "tool_execution_update", "toolCallId": "c"}, {"type": "tool_execution_update"}),
        (
            {"type": "message_end", "message": {"role": "toolResult", "content": []}},
            {"type": "message_end", "message": {"role": "toolResult"}},
        ),
        ({"type": "tool_execution_end", "result": "toolCallId"}, None),
        ({"type": "response", "command": "x"}, None),
        (["no", "event"], None),
    ],
)
def test_of_a_shortened_line_is_known_what_is_needed(message, known):
    assert read_shortened(PiLine(json.dumps(message, separators=(",", ":")).encode(), b"")) == known
