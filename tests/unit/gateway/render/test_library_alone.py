"""Where the libraries alone are wrong. A guard may go when they have learnt it: its line here then fails."""

from __future__ import annotations

import pyromark
import pytest
import telegramify_markdown

from agent_gateway.render.guards import PARSER


@pytest.mark.parametrize(
    ("guard", "markdown", "wrong"),
    [
        ("join_emphasis", "**结论：**可以", "<p>**结论：**可以</p>\n"),  # noqa: RUF001
        ("join_emphasis", "**Note:**text", "<p>**Note:**text</p>\n"),
        ("_DUNDER", "__init__.py", "<p><strong>init</strong>.py</p>\n"),
        ("keep_operators", "w*h*2", "<p>w<em>h</em>2</p>\n"),
        ("Formulas", r"\(\alpha\) \[ \{x\} \]", "<p>(\\alpha) [ {x} ]</p>\n"),
        ("lengthen_fences", "```md\n```py\nx\n```\n```", '<pre><code class="language-md">```py\nx\n</code></pre>\n<pre><code></code></pre>\n'),
        ("_keep_definitions", "[a]: https://a.b", ""),
        ("_complete_row", "|a|\n|-|\n|1|2|", "<table><thead><tr><th>a</th></tr></thead><tbody>\n<tr><td>1</td></tr>\n</tbody></table>\n"),
    ],
)  # fmt: skip
def test_the_parser_alone(guard, markdown, wrong):
    assert PARSER.html(markdown) == wrong, f"{guard} may go"


@pytest.mark.parametrize(
    ("markdown", "wrong"),
    [
        ("vector<int> v", "vector v"),
        ("1. Run:\n   ```sh\n   x\n   ```", "1. Run:x\n"),
        ("[p](a/b.py)", "p"),
        ("- [ ] open", "☑ open\n"),
        ("a<br>b", "ab"),
    ],
)
def test_the_library_that_makes_entities_alone(markdown, wrong):
    """These are why `classic` writes the entities itself."""
    assert telegramify_markdown.convert(markdown, latex_escape=False)[0] == wrong


def test_the_library_that_makes_entities_swells_with_the_square():
    sizes = [len(telegramify_markdown.convert("+ " * times, latex_escape=False)[0]) for times in (200, 400)]
    assert sizes[1] > 3 * sizes[0]


def test_the_parser_knows_no_formula_between_round_brackets():
    options = pyromark.Options.ENABLE_MATH
    assert pyromark.html(r"\(x\)", options=options) == "<p>(x)</p>\n"
