"""Text that is made to take long, or to swell: it takes no more time than any long text, and goes out as it is."""

from __future__ import annotations

import pytest

from agent_gateway.render.render import SWELLING, render, render_partial

HOSTILE = {
    "bullets in bullets": "+ " * 9_000,
    "numbers in numbers": "1. " * 33_000,
    "quotes": ">" * 100_000 + " a",
    "quotes to a thousand": "".join("> " * (n % 1000) + "x\n" for n in range(1000)),
    "lists to a thousand": "\n".join("  " * n + "- a" for n in range(1000)),
    "fences": "```\n" * 25_000,
    "fences in examples": "```md\n" * 80_000,
    "headings": "# x\n" * 25_000,
    "stars": "*a **b " * 50_000,
    "products": "a*b" * 170_000,
    "brackets": "[a](" * 125_000,
    "code": "`a` " * 125_000,
    "dollars": "$a " * 160_000,
    "round brackets": "\\(" * 250_000,
    "tags": "<sub>" * 100_000,
    "folds": "<details>\n" * 50_000,
    "folds with a summary": "<details><summary>a</summary>\n" * 10_000,
    "names": "__a" * 160_000,
    "definitions": "[a]: b\n" * 70_000,
    "tables": "| a | b |\n|-|-|\n" * 10_000,
    "bold without spaces": "**\uff08a\uff09**b" * 60_000,
}


@pytest.mark.timeout(100)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_no_longer_and_grows_no_more_than_any(text):
    shown = sum(len(chunk.text) for chunk in render_partial(text))
    assert shown <= SWELLING * len(text) + 4096


@pytest.mark.parametrize("text", ["+ " * 9_000, "> " * 9_000 + "x", "1. " * 500 + "x", "<details>\n" * 40 + "x"])
def test_what_is_nested_beyond_reason_goes_out_as_it_is(text):
    shown = "".join(chunk.text for chunk in render(text))
    assert "".join(shown.split()) == "".join(text.split())


def test_a_formula_that_doubles_with_each_root_stays_its_source():
    formula = "\\sqrt" * 80 + "{x}"
    (chunk,) = render(f"$${formula}$$")
    assert chunk.text == formula
