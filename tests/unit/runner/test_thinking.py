"""Thought that is written as text, in whatever pieces it comes."""

from __future__ import annotations

import pytest

from agent_runner.thinking import Thoughts, split_thought


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<think>a b</think>\n\nHello <think>", "Hello <think>"),
        (" \n<think></think>x", "x"),
        ("<think>never ends", ""),
        ("<thin air", "<thin air"),
        ("<thi", "<thi"),
        ("", ""),
        ("plain <think>x</think>", "plain <think>x</think>"),
        ("<think>a</thi b</think>c", "c"),
    ],
)
def test_it_is_taken_out_at_the_beginning_alone(text, shown):
    assert split_thought(text) == shown
    for size in (1, 2, 3, 5):
        thoughts = Thoughts()
        pieces = [thoughts.take(text[at : at + size]) for at in range(0, len(text), size)]
        assert "".join(pieces) + thoughts.end() == shown
