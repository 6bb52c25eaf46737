"""Answers that are still being written: what was begun is shown as if it were ended."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from agent_gateway.render.partial import complete
from agent_gateway.render.render import render, render_partial
from tests.support.answers import Writer


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("some **bold wo", "some **bold wo**"),
        ("some **bold*", "some **bold**"),
        ("some **bold**", "some **bold**"),
        ("some ***both***", "some ***both***"),
        ("some **", "some "),
        ("is **`ma", "is **`ma`**"),
        ("run `make -j", "run `make -j`"),
        ("run ``a `b", "run ``a `b``"),
        ("see [the docs](https://exa", "see the docs"),
        ("see [the do", "see the do"),
        ("**结论：", "**结论：**"),  # noqa: RUF001
        ("~~old *new", "~~old *new*~~"),
        ("x**2 and w*h", "x**2 and w*h"),
        ("f(*args, **kwargs)", "f(*args, **kwargs)"),
        ("a\n\n- ", "a\n\n"),
        ("a\n\n``", "a\n\n"),
        ("a\n```py\nx **", "a\n```py\nx **"),
        ("- a\n  ```py\n  x **", "- a\n  ```py\n  x **"),
        ("```py\nx\n``", "```py\nx\n"),
        ("| a | b", "| a | b |\n| - | - |"),
        ("| a | b |\n|--", "| a | b |\n| - | - |"),
        ("| a | b |\n|---|---|\n| **x", "| a | b |\n|---|---|\n| **x**"),
        ("<details>\n<summary>Lo", "<details>\n<summary>Lo</summary>"),
        ("a <det", "a "),
        ("", ""),
    ],
)
def test_what_was_begun_is_ended(written, shown):
    assert complete(written) == shown


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_no_marker_of_what_was_begun_is_shown(first):
    chooser = random.Random(first)
    left = Counter()
    for seed in range(first, first + 50):
        text = Writer(seed).write().text
        whole = Counter("".join(chunk.text for chunk in render(text)))
        for end in (chooser.randrange(1, len(text)) for _ in range(20)):
            shown = Counter("".join(chunk.text for chunk in render_partial(text[:end])))
            left += Counter({sign: count for sign, count in (shown - whole).items() if sign in "*`~#"})
    assert not left


@pytest.mark.timeout(100)
@pytest.mark.parametrize(
    "text",
    [
        "`" + " ``` ` `` " * 50_000,
        "**a " * 100_000,
        "[a](" * 100_000,
        "| " * 200_000,
        "\n" * 300_000,
        "a\n```\n" * 60_000,
    ],
)
def test_odd_texts_take_no_more_time_than_long_ones(text):
    complete(text)
