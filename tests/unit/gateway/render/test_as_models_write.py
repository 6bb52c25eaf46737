"""Markdown as models write it: what a chat shows of each kind."""

from __future__ import annotations

import pytest

from agent_gateway.render.render import render, render_partial
from agent_gateway.render.tables import TABLE_COLUMNS, measure

STEPS = "1. Install it\n- run `make`\n- wait\n1. Start it\n- run `go`\n1. Done"
WIDE = f"| File | Problem |\n|---|---|\n| `a.py` | {'long ' * 20}|\n| 模块 | [见](https://a.b) |"


def show(markdown):
    return "\n".join(chunk.text for chunk in render(markdown))


def spans(markdown):
    (chunk,) = render(markdown)
    units = chunk.text.encode("utf-16-le")
    return [(e.type, units[2 * e.offset : 2 * e.end].decode("utf-16-le")) for e in chunk.entities]


@pytest.mark.parametrize(
    ("markdown", "marked"),
    [
        ("**结论：**可以修复。这个**“问题”**很简单", [("bold", "结论："), ("bold", "“问题”")]),  # noqa: RUF001
        ("**「重要」**です。", [("bold", "「重要」")]),
        ("**중요(필수)**는", [("bold", "중요(필수)")]),
        ("1. **步骤一：**运行 `make`。", [("bold", "步骤一："), ("code", "make")]),  # noqa: RUF001
        ("使用**`make`**命令", [("bold", "make"), ("code", "make")]),
        ("请看[**文档**](https://a.b)。", [("bold", "文档"), ("text_link", "文档")]),
        ("~~（旧）~~新", [("strikethrough", "（旧）")]),  # noqa: RUF001
        ("`**（a）**`是**（b）**的", [("code", "**（a）**"), ("bold", "（b）")]),  # noqa: RUF001
        ("**Note:**text, l'**«mot»**s", [("bold", "Note:"), ("bold", "«mot»")]),
        ("**Title: **text", [("bold", "Title: ")]),
        ("f(**a, **b) and **c**", [("bold", "c")]),
        ("Edit __init__.py and __main__.py, **__all__**", [("bold", "__all__")]),
        ("__two words__", [("bold", "two words")]),
        ("area = w*h*2 and x**2 + y**2", []),
        ("f(*args, **kwargs) and **bold**", [("bold", "bold")]),
        ("**N**th *x*", [("bold", "N"), ("italic", "x")]),
        ("costs $5 to $10, `$HOME`, a || b", [("code", "$HOME")]),
        ("<b>a</b> <i>b</i> <u>c</u> <del>d</del>", [("bold", "a"), ("italic", "b"), ("underline", "c"), ("strikethrough", "d")]),
        ("press <kbd>Ctrl</kbd>", [("code", "Ctrl")]),
        ("> " + "a b " * 80 + "\n> > " + "inner " * 60 + "\n> tail", [("expandable_blockquote", "a b " * 79 + "a b\n" + "inner " * 59 + "inner\ntail")]),
    ],
)  # fmt: skip
def test_what_is_marked(markdown, marked):
    assert spans(markdown) == marked


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"\( \frac{1}{n} \sum_{i=1}^{n} (y_i - \hat{y}_i)^2 \)", "1/n ∑ᵢ₌₁ⁿ (yᵢ - y\u0302ᵢ)²"),
        (r"\[ E = mc^2 \]", "E = mc²"),
        (r"$$\{x\} + a*b*c$$ and $\dfrac{a}{b}$", "{x} + a*b*c and a/b"),
        (r"so $\alpha_1 \le 2$ holds, $x$ too", "so α₁ ≤ 2 holds, x too"),
        (r"\( \unknown{a}_b \)", r"\unknown{a}_b"),
        (r"`re.match(r'\(\alpha\)')`", r"re.match(r'\(\alpha\)')"),
        ("```\nre.match(r'\\(\\alpha\\)') $x$ a*b*c\n```", "re.match(r'\\(\\alpha\\)') $x$ a*b*c"),
        ("$HOME/$USER and $5 and $A_$B", "$HOME/$USER and $5 and $A_$B"),
        ("- [ ] open\n- [x] done", "☐ open\n✅ done"),
        ("1. Run this:\n   ```bash\n   echo hi\n   ```\n2. Next", "1. Run this:\necho hi\n2. Next"),
        ("2. **Run**\n\n   ```sh\n   x\n   ```\n   It prints.", "2. Run\nx\n\u2002\u2002It prints."),
        ("- a\n  b\n  - c\n\n    d", "• a\n\u2002\u2002b\n  • c\n  \u2002\u2002d"),
        ("```md\n# T\n```py\nx=1\n```\nmore\n```\nafter", "# T\n```py\nx=1\n```\nmore\nafter"),
        ("- x\n  ```markdown\n  ~~~sh\n  y\n  ~~~\n  ```\n- z", "• x\n~~~sh\ny\n~~~\n• z"),
        ("vector<int> v; H<sub>2</sub>O x<sup>10</sup><br>next", "vector<int> v; H₂O x¹⁰\nnext"),
        ("a<br>\nb <i>c", "a\nb <i>c"),
        ("a <div> b <!-- c -->", "a <div> b <!-- c -->"),
        ("> [!WARNING]\n> careful", "⚠️ Warning\ncareful"),
        ("[the parser](src/parser.py#L12), [Bob](mailto:bob@x.y)", "the parser (src/parser.py#L12), Bob (bob@x.y)"),
        ("[here](#top) [a.py](a.py) ![plot](out/p.png) [](https://a.b)", "here a.py 🖼 plot (out/p.png) https://a.b"),
        ("- [a]: https://a.b\n\nnote[^1]\n\n[^1]: https://a.b", "• [a]: https://a.b\n\nnote[^1]\n\n[^1]: https://a.b"),
        ("| 名 | **值：**x |\n|--|--:|\n| 长 | b |", "名 | 值：x\n---+------\n长 |     b"),  # noqa: RUF001
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", "a | b\n--+------\n1 | 2 | 3"),
        ("| a | b |\n|---|---|\n| `x|y` | ``z||`` |\n| `c\\|d` | e |", "a   | b\n----+----\nx|y | z||\nc|d | e"),
        ("| a | b |\n|--|--|\n| it`s | x` |", "a    | b\n-----+---\nit`s | x`"),
        (STEPS, "1. Install it\n  • run make\n  • wait\n2. Start it\n  • run go\n3. Done"),
        ("1. a\n```sh\nx\n```\n1. b", "1. a\nx\n2. b"),
        ("1. a\n2. b\n```sh\nx\n```\n1. c\n2. d", "1. a\n2. b\nx\n1. c\n2. d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("<details><summary>Log</summary>\n\nline one<br>line two\n\n</details>\n\nafter", "▾ Log\nline one\nline two\n\nafter"),
        ("<details>\n<summary>\n<b>A</b> `b`\n</summary>\n\n```py\n<details>\n```\n</details>", "▾ A b\n<details>"),
        ("<details>\n<summary>Half", "▾ \n<summary>Half"),
        ("the `<details>` tag, and <details> too", "the <details> tag, and <details> too"),
    ],
)  # fmt: skip
def test_what_is_shown(markdown, text):
    shown = show(markdown)
    assert shown.strip("\n") == text or shown.replace("ŷ", "y\u0302") == text


def test_a_block_of_code_keeps_its_lines_and_the_first_word_of_its_label():
    found = spans('1. Run:\n   ```python title="a.py"\n   x\n   ```\n2. ```{.python .numberLines}\n   y\n   ```')
    assert found == [("pre", "x"), ("pre", "y")]
    for label in ('python title="a.py"', "{.python .numberLines}", "python, ignore"):
        (chunk,) = render(f"```{label}\nx\n```")
        assert [e.language for e in chunk.entities] == ["python"]


def test_a_wide_table_becomes_records_and_a_narrow_one_is_straight():
    text = show(WIDE)
    assert text.startswith("File: a.py\nProblem: long")
    assert text.endswith("\n\nFile: 模块\nProblem: 见")
    assert ("text_link", "见") in spans(WIDE)
    assert ("bold", "模块") in spans(WIDE)
    grid = show("| 名字 | n |\n|---|---|\n| a | 1 |\n| 很长的名字 | 22 |").split("\n")
    assert {measure(line[: line.index("|")]) for line in grid if "|" in line} == {11}
    assert max(map(measure, grid)) <= TABLE_COLUMNS
    long_cell = f"| a | b |\n|-|-|\n| - x # y 1. | {'z' * 40} |"
    assert show(long_cell) == f"a: - x # y 1.\nb: {'z' * 40}"


def test_what_unfolds_stands_in_a_quote_that_unfolds():
    text = "<details><summary>Log</summary>\n\nline\n\n> quote\n\n</details>"
    assert spans(text) == [("bold", "▾ Log"), ("expandable_blockquote", "line\n\nquote")]
    assert spans("> <details>\n> <summary>S</summary>\n> x\n> </details>\n> y") == [
        ("blockquote", "▾ S\nx\n\ny"), ("bold", "▾ S")
    ]  # fmt: skip


@pytest.mark.parametrize("text", [WIDE, STEPS, r"so \( \frac{a}{b} \) and **结论：**可以", "<details><summary>S</summary>\n\nx\n</details>", "```md\n```py\nx\n```\n```\ny"])  # noqa: RUF001  # fmt: skip
def test_half_of_an_answer_shows_its_words(text):
    for end in range(1, len(text) + 1):
        shown = "".join(chunk.text for chunk in render_partial(text[:end]))
        assert not any("\ufdd0" <= character <= "\ufddf" for character in shown)
        words = [word for word in text[:end].split() if word.isalnum() and word.isascii()]
        assert all(word in shown for word in words[:-1] if word not in {"md", "py"})


def test_line_ends_of_windows_are_line_ends():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\n```md\n```py\nx\n```\n```\n\n1. a\n- b\n1. c\n\n<details>\n<summary>S</summary>\nx\n</details>"
    assert render(text.replace("\n", "\r\n")) == render(text)
