"""Rich messages: the same blocks as Telegram has them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from agent_gateway.render.rich import build_rich_fold, needs_rich, prefers_classic, render_rich
from agent_gateway.render.richblocks import count_words
from agent_gateway.render.richsplit import (
    MAX_BLOCKS,
    MAX_CHARACTERS,
    MAX_LEVELS,
    count_blocks,
    count_levels,
    split_blocks,
)
from agent_simulators.telegram.richblocks import Limits, read_blocks
from tests.support.markdown import Generator, read_plain, squeeze
from tests.support.rich import check_rich

FORMULA = {"type": "mathematical_expression", "expression": r"\frac{a}{b}"}


def blocks(markdown):
    (chunk,) = render_rich(markdown)
    check_rich(chunk)
    return chunk.rich["blocks"]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A **b**", [{"type": "heading", "text": ["A ", {"type": "bold", "text": "b"}], "size": 1}]),
        (r"so \( \frac{a}{b} \)", [{"type": "paragraph", "text": ["so ", FORMULA]}]),
        ("a\n$$\n\\frac{a}{b}\n$$\nb", [{"type": "paragraph", "text": "a"}, FORMULA, {"type": "paragraph", "text": "b"}]),
        ("```py x\n1\n```", [{"type": "pre", "text": "1", "language": "py"}]),
        ("---", [{"type": "divider"}]),
        ("H<sub>2</sub>O", [{"type": "paragraph", "text": ["H", {"type": "subscript", "text": "2"}, "O"]}]),
        ("- [ ] a\n- [x] b", [{"type": "list", "items": [
            {"blocks": [{"type": "paragraph", "text": "a"}], "has_checkbox": True, "is_checked": False},
            {"blocks": [{"type": "paragraph", "text": "b"}], "has_checkbox": True, "is_checked": True},
        ]}]),
        ("3. a", [{"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "a"}], "value": 3, "type": "1"}]}]),
        ("|a|b|\n|-|-:|\n|`c`||", [{"type": "table", "is_bordered": True, "cells": [
            [{"align": "left", "valign": "top", "text": "a", "is_header": True},
             {"align": "right", "valign": "top", "text": "b", "is_header": True}],
            [{"align": "left", "valign": "top", "text": {"type": "code", "text": "c"}}, {"align": "right", "valign": "top"}],
        ]}]),
        ("> a\n> > b", [{"type": "blockquote", "blocks": [
            {"type": "paragraph", "text": "a"}, {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "b"}]},
        ]}]),
        ("> " + "a" * 300, [{"type": "expandable_blockquote", "blocks": [{"type": "paragraph", "text": "a" * 300}]}]),
        ("<details><summary>S</summary>\n\nx\n</details>", [
            {"type": "details", "summary": "S", "blocks": [{"type": "paragraph", "text": "x"}]},
        ]),
        ("see https://a.b/c. [p](x.py) [q](https://a.b)", [{"type": "paragraph", "text": [
            "see ", {"type": "url", "text": "https://a.b/c", "url": "https://a.b/c"}, ". p (x.py) ",
            {"type": "url", "text": "q", "url": "https://a.b"},
        ]}]),
    ],
)  # fmt: skip
def test_what_is_sent(markdown, expected):
    assert blocks(markdown) == expected


@pytest.mark.parametrize("seed", range(300))
def test_telegram_takes_any_answer_and_no_word_is_lost(seed):
    text = Generator(seed).text()
    chunks = render_rich(text)
    shown = "".join(map(check_rich, chunks))
    ours, theirs = squeeze("".join(c.text for c in chunks)), squeeze(read_plain(text, numbered=False))
    assert not Counter(theirs) - Counter(ours)
    assert not Counter(ours) - Counter(squeeze(shown))


@pytest.mark.parametrize("seed", range(100))
def test_blocks_are_cut_within_the_limits_and_no_word_is_lost(seed):
    chooser = random.Random(seed)
    source = "\n\n".join(Generator(seed * 7 + n).text() for n in range(4))
    whole = [block for chunk in render_rich(source) for block in chunk.rich["blocks"]]
    characters, most = chooser.choice([(400, 60), (900, 12), (3000, 500)])
    messages = split_blocks(whole, characters, most)
    for message in messages:
        read_blocks(message, Limits())
        assert count_words(message) <= characters
        assert sum(map(count_blocks, message)) <= most
    assert count_words(messages) >= count_words(whole)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 20_000, "# " + "word " * 20_000, "```py\n" + "call()\n" * 10_000 + "```", "- a\n" * 3_000,
        "|a|b|\n|-|-|\n" + "|c|d|\n" * 3_000, "|a|b|\n|-|-|\n" + f"|{'c ' * 30_000}|d|\n", "> " + "**a** b\n> " * 9_000,
        "<details><summary>S</summary>\n\n" + "- x\n\n" * 2_000 + "</details>", "[a](https://b.c) " * 9_000,
        "|a" * 30 + "|\n" + "|-" * 30 + "|\n" + "|b" * 30 + "|",
    ],
)  # fmt: skip
def test_what_is_too_large_for_a_message_is_cut(text):
    chunks = render_rich(text)
    assert chunks
    for chunk in chunks:
        check_rich(chunk)
        assert count_words(chunk.rich["blocks"]) <= MAX_CHARACTERS
        assert sum(map(count_blocks, chunk.rich["blocks"])) <= MAX_BLOCKS
    written = text.replace("details>", "").replace("summary>", "").removeprefix("```py").replace("https://b.c", "")
    assert not Counter(squeeze(written)) - Counter("".join(squeeze(c.text) for c in chunks))


def test_what_is_nested_deeper_than_telegram_takes_is_left_to_the_classic_form():
    deep = "\n".join("  " * n + "- a" for n in range(MAX_LEVELS))
    assert count_levels(blocks("\n".join("  " * n + "- a" for n in range(MAX_LEVELS - 1)))) == MAX_LEVELS
    assert render_rich(deep) == []
    assert render_rich("") == []


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("just **words** | and `x|y` costs $5", False),
        ("|a|b|\n|-|-|\n|1|2|", False),
        (f"|a|b|\n|-|-|\n|{'x' * 30}|{'y' * 30}|", True),
        ("- [ ] a", True),
        ("- a\n  - [x] b", True),
        ("the angle $\\alpha$ and \\(x^2\\)", False),
        ("\\[ E = mc^2 \\]", True),
        ("**so \\( \\unknown{x} \\)**", True),
        ("<details>\n<summary>S</summary>\nx\n</details>", True),
        ("```\n- [ ] a\n<details>\n```", False),
        ("+ " * 9_000 + "[ ]", False),
    ],
)
def test_only_what_the_classic_form_can_not_show_needs_it(text, needed):
    assert needs_rich(text) is needed


@pytest.mark.parametrize(
    "narration",
    [
        [],
        ["Let me look at `a.py`.", "**Found** it."],
        ["> quoted", "> " + "long " * 80],
        ["a\n\n" * 900],
        ["- " * 60 + "x"],
        ["word " * 900],
    ],
)
def test_the_way_to_an_answer_fits_below_each_message(narration):
    fold = build_rich_fold("▸ 12 steps · 1 min 40 s", narration)
    for chunk in render_rich("word " * 20_000 + "\n\n" + "- a\n" * 3_000):
        check_rich(replace(chunk, rich={**chunk.rich, "blocks": [*chunk.rich["blocks"], *fold]}))
    assert fold[0]["text"] == {"type": "italic", "text": "▸ 12 steps · 1 min 40 s"}
    assert len(fold) == 1 + bool(narration)


def test_chinese_prefers_the_classic_form():
    assert prefers_classic("可以修复。运行 `make`")
    assert not prefers_classic("It runs in Tokyo (東京), which is far from here and takes long")
    assert not prefers_classic("")
