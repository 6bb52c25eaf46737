from __future__ import annotations

import pytest

from agent_gateway.render.fold import LONGEST_WAY, build_fold, with_fold
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, render
from agent_simulators.telegram.checks import check_text
from tests.support.markdown import Generator

LINE = "▸ 12 steps · 1 min 40 s"


def marked(chunk):
    units = chunk.text.encode("utf-16-le")
    return [(e.type, units[2 * e.offset : 2 * e.end].decode("utf-16-le")) for e in chunk.entities]


def check(chunk):
    entities = [{"type": e.type, "offset": e.offset, "length": e.length, "url": e.url} for e in chunk.entities]
    check_text(chunk.text, entities, None)
    assert len(entities) <= MAX_ENTITIES


def test_a_way_without_words_is_a_line():
    assert marked(build_fold(LINE)) == [("italic", LINE)]
    assert build_fold(LINE, ["", " \n"]).text == LINE


def test_what_was_said_stands_in_a_quote_that_opens_without_its_markers():
    chunk = build_fold(LINE, ["Let me look at `a.py`.", "**Found** it 🦀.", "> quoted"])
    assert chunk.text == f"{LINE}\nLet me look at a.py.\n\nFound it 🦀.\n\nquoted"
    assert marked(chunk) == [
        ("italic", LINE), ("expandable_blockquote", "Let me look at a.py.\n\nFound it 🦀.\n\nquoted"),
        ("code", "a.py"), ("bold", "Found"),
    ]  # fmt: skip
    check(chunk)


def test_of_a_long_way_the_end_stays():
    chunk = build_fold(LINE, [f"Step {n}. Let me look at module {n} now." for n in range(200)])
    assert chunk.text.startswith(f"{LINE}\n…\nStep ")
    assert chunk.text.endswith("module 199 now.")
    assert len(chunk.text) <= LONGEST_WAY + len(LINE) + 3


def test_it_stands_behind_an_answer_as_far_as_there_is_room():
    (answer,) = render("The **answer**.")
    assert with_fold(answer, LINE, ["said"]).text == f"The answer.\n\n{LINE}\nsaid"
    (long,) = render("word " * 810)
    assert with_fold(long, LINE, ["said " * 200]).text.endswith(LINE)
    (full,) = render("x" * MAX_UNITS)
    assert with_fold(full, LINE, ["said"]) is None


@pytest.mark.parametrize("seed", range(200))
def test_telegram_takes_any_way(seed):
    check(build_fold(LINE, [Generator(seed * 3 + n).text() for n in range(3)]))
    (answer, *_) = render(Generator(seed).block())
    longer = with_fold(answer, LINE, [Generator(seed).text()])
    if longer is not None:
        check(longer)
