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


def test_a_long_answer_is_told_by_its_parts_and_its_end():
    text = "\n\n".join(f"## Part {n}\n\n{PARAGRAPH}\n\n{PARAGRAPH}" for n in range(20))
    planned = plan(text)
    assert (planned.file_name, planned.file_text) == ("answer.md", text)
    [chunk] = planned.chunks
    assert chunk.text.startswith("Its parts:\n• Part 0\n• Part 1\n")
    assert "• and 6 more\n\n…\n\n" in chunk.text
    assert f"Part 19\n\n{PARAGRAPH.strip()}\n\n{PARAGRAPH.strip()}\n\n▸ The whole" in chunk.text
    assert chunk.text.endswith("The whole answer (119 lines, 17,588 characters) is in answer.md below.")
    assert len(chunk.text) < 2500


def test_the_result_of_a_long_working_turn_stands_in_the_chat_and_not_how_it_began():
    way = "\n\n".join(f"Let me look at module {n} now. {PARAGRAPH}" for n in range(60))
    result = "All 214 tests pass.\n\n**Cause**: a race.\n\n**You have to do:**\n\n1. run `make migrate` on production\n2. restart"
    [chunk] = plan(f"{way}\n\n{result}").chunks
    assert chunk.text.startswith("Let me look at module 0 now. Some words")
    assert "module 20" not in chunk.text
    assert (
        "All 214 tests pass.\n\nCause: a race.\n\nYou have to do:\n\n1. run make migrate on production\n2. restart\n\n▸ The whole"
        in chunk.text
    )
    assert ("code", "make migrate") in [(e.type, chunk.text[e.offset : e.end]) for e in chunk.entities]


def test_it_is_told_in_the_language_of_the_person():
    [chunk] = plan(f"{PARAGRAPH}\n\n" * 60, "de").chunks
    assert chunk.text.endswith("Zeichen) steht unten in answer.md.")


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        ("- first item\n" + "- an item of a list\n" * 300, "…\n\n• an item of a list\n• an item"),
        ("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 900, "…\n\na | b\n--+--\n1 | 2\n1 | 2"),
        ("```py\n" + "    call()\n" * 300 + "```", "…\n\n    call()\n    call()"),
        ("> " + "a line of a quote\n> " * 300 + "end", "…\n\na line of a quote\na line"),
        ("One sentence of many. " * 300, "…\n\nOne sentence of many. One sentence"),
        ("一句话。" * 3000, "…\n\n一句话。一句话。"),
        ("x" * 9000, "…\n\nxxx"),
    ],
)
def test_of_a_long_last_block_the_end_stays_what_it_is(last, shown):
    chunks = plan(f"{PARAGRAPH}\n\n" * 30 + last).chunks
    text = "\n\n".join(chunk.text for chunk in chunks)
    assert shown in text
    assert len(text) < 3500
    assert not {"**", "```", "|---"} & set(text.split())


def test_long_code_is_a_file_of_its_own_kind():
    code = "".join(f"    call({n})\n" for n in range(600))
    planned = plan(f"Here it is:\n\n```python\n{code}```\n\nRun it with care.")
    assert (planned.file_name, planned.file_text) == ("code.py", code)
    [chunk] = planned.chunks
    assert chunk.text == "Here it is:\n\nRun it with care.\n\n▸ The code (600 lines) is in code.py below."


def test_long_code_of_an_unknown_kind_and_nothing_else():
    planned = plan("```\n" + "x y z\n" * 1000 + "```")
    assert planned.file_name == "code.txt"
    assert [c.text for c in planned.chunks] == ["▸ The code (1,000 lines) is in code.txt below."]


def test_a_beginning_is_one_line_and_no_code():
    text = f"Look:\n\n```sh\n{'make all' * 600}\n```\n\n" + f"{PARAGRAPH}\n\n" * 25
    [chunk] = plan(text).chunks
    assert chunk.text.startswith("Look:\n\n…\n\nSome words")
    assert "make all" not in chunk.text


@pytest.mark.parametrize("seed", range(40))
def test_any_long_answer_fits(seed):
    text = "\n\n".join(Generator(seed * 100 + n).text() for n in range(12))
    planned = plan(text)
    if planned is not None:
        assert 1 <= len(planned.chunks) <= 3
        assert planned.file_text in text


@pytest.mark.timeout(100)
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
    assert planned.chunks[0].text.startswith("Here it is:\n\n▸ The code (600 lines)")


@pytest.mark.parametrize(
    "partial", ["\n\n".join([PARAGRAPH] * 60), f"{PARAGRAPH}\n\n```python\n" + "    call()\n" * 900]
)
def test_why_a_long_answer_broke_off_is_told_in_the_chat_and_not_only_in_the_file(partial):
    [chunk] = plan(interrupted_text(partial, TIMED_OUT)).chunks
    assert TIMED_OUT in chunk.text
    assert "pre" not in {e.type for e in chunk.entities}


@pytest.mark.parametrize("more", [f"{PARAGRAPH}\n\n" * 4, "```sh\nmake\n```\n\n" * 120])
def test_what_stands_around_long_code_is_never_lost(more):
    code = "    call()\n" * 2000
    text = f"```python\n{code}```\n\n{more}The end."
    planned = plan(text)
    assert (planned.file_name, planned.file_text) == ("answer.md", text)
