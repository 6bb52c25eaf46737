from __future__ import annotations

import pytest

from agent_gateway.render.longanswer import plan
from agent_gateway.wording.texts import TIMED_OUT, interrupted_text
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


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text", ["```a\n" * 100_000, "~~~a\n" * 100_000, "# a" + " " * 100_000 + "b\n# c\n" + "d " * 10_000]
)
def test_odd_answers_take_no_more_time_than_long_ones(text):
    planned = plan(text)  # each takes longer than that where it takes the square of its length
    assert planned.file_text in text
    assert 1 <= len(planned.chunks) <= 3


def test_code_whose_end_was_not_written_is_code():
    planned = plan("Here it is:\n\n```python\n" + "    call()\n" * 600)
    assert (planned.file_name, planned.file_text) == ("code.py", "    call()\n" * 600)
    assert planned.chunks[0].text.startswith("Here it is:\n\nThe code (600 lines)")


@pytest.mark.parametrize(
    "partial", ["\n\n".join([PARAGRAPH] * 60), f"{PARAGRAPH}\n\n```python\n" + "    call()\n" * 900]
)
def test_why_a_long_answer_broke_off_is_told_in_the_chat_and_not_only_in_the_file(partial):
    [chunk] = plan(interrupted_text(partial, TIMED_OUT)).chunks
    assert TIMED_OUT in chunk.text
    assert "pre" not in {e.type for e in chunk.entities}


def test_an_end_that_is_long_or_code_or_a_list_or_no_sentence_is_left_to_the_file():
    for end in ("word " * 200 + "end.", "```\ncode\n```", "- an item.", "half a sent"):
        [chunk] = plan("\n\n".join([*([PARAGRAPH] * 40), end])).chunks
        assert chunk.text.partition("…")[2].startswith("\n\nThe whole answer")


@pytest.mark.parametrize("more", [f"{PARAGRAPH}\n\n" * 4, "```sh\nmake\n```\n\n" * 120])
def test_what_stands_around_long_code_is_never_lost(more):
    code = "    call()\n" * 2000
    text = f"```python\n{code}```\n\n{more}The end."
    planned = plan(text)
    assert (planned.file_name, planned.file_text) == ("answer.md", text)
