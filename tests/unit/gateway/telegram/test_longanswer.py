from __future__ import annotations

import pytest

from agent_gateway.telegram.longanswer import plan
from tests.support.markdown import Generator

PARAGRAPH = "Some words that an agent writes, one after the other. " * 8


def test_what_messages_can_hold_is_no_file():
    assert plan("") is None
    assert plan(PARAGRAPH) is None
    assert plan(f"{PARAGRAPH}\n\n" * 20) is None
    assert plan("```python\nprint(1)\n```") is None


def test_a_long_answer_is_told_by_its_beginning_and_its_parts():
    text = "\n\n".join(f"## Part {n}\n\n{PARAGRAPH}\n\n{PARAGRAPH}" for n in range(20))
    planned = plan(text)
    assert (planned.file_name, planned.file_text) == ("answer.md", text)
    [chunk] = planned.chunks
    assert chunk.text.startswith("Part 0\n\nSome words")
    assert "• Part 0\n• Part 1\n" in chunk.text
    assert "• and 8 more" in chunk.text
    assert chunk.text.endswith("is in answer.md below.")
    assert len(chunk.text) < 2500


def test_long_code_is_a_file_of_its_own_kind():
    code = "".join(f"    call({n})\n" for n in range(600))
    planned = plan(f"Here it is:\n\n```python\n{code}```\n\nRun it with care.")
    assert (planned.file_name, planned.file_text) == ("code.py", code)
    [chunk] = planned.chunks
    assert chunk.text == "Here it is:\n\nRun it with care.\n\nThe code (600 lines) is in code.py below."


def test_long_code_of_an_unknown_kind_and_nothing_else():
    planned = plan("```\n" + "x y z\n" * 1000 + "```")
    assert planned.file_name == "code.txt"
    assert [c.text for c in planned.chunks] == ["The code (1,000 lines) is in code.txt below."]


def test_a_beginning_never_reaches_into_code():
    text = f"Look:\n\n```sh\n{'make all' * 600}\n```\n\n" + f"{PARAGRAPH}\n\n" * 25
    [chunk] = plan(text).chunks
    assert chunk.text.startswith("Look:")
    assert "make all" not in chunk.text


@pytest.mark.parametrize("seed", range(40))
def test_any_long_answer_fits(seed):
    text = "\n\n".join(Generator(seed * 100 + n).text() for n in range(12))
    planned = plan(text)
    if planned is not None:
        assert 1 <= len(planned.chunks) <= 3
        assert planned.file_text in text
