"""Markdown as agents write it, whole and broken, and its plain text as another parser than the product's reads it."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Generator:
    """Markdown of the kinds that agents write, from a seed."""

    words = ("alpha", "naïve", "日本語", "👩‍💻", "🦀", "x<y>", "vector<int>", "$HOME/$USER", "a||b", "[^1]", "snake_case", "2*3*4",
             "<https://example.org/a>", "[link](https://example.org/a_(b))", "[file](src/x.py)", "`code`", "`a<b>|$c`",
             "**bold**", "*it*", "***both***", "~~gone~~", "||hidden||", "&lt;", "\\*", "<div>", "</div>", "<!-- c -->",
             "**open", "`open", "[open](", "![pic](http://e.org/p.png)", "~5", "$5", "\u202e", "e\u0301")  # fmt: skip

    def __init__(self, seed):
        self.random = random.Random(seed)

    def line(self):
        return " ".join(self.random.choice(self.words) for _ in range(self.random.randint(1, 25)))

    def block(self):
        kind = self.random.randrange(9)
        match kind:
            case 0:
                return f"{'#' * self.random.randint(1, 6)} {self.line()}"
            case 1:
                return "\n".join(f"{'  ' * self.random.randrange(3)}- {self.line()}" for _ in range(4))
            case 2:
                return "\n".join(f"{n}. {self.line()}" for n in range(1, 4))
            case 3:
                body = "\n".join(self.line() for _ in range(self.random.choice((1, 5, 60))))
                return f"```{self.random.choice(('python', '', 'c++'))}\n{body}\n```"
            case 4:
                return f"> {self.line()}\n> {self.line()}"
            case 5:
                return f"| a | b |\n|---|---|\n| {self.line().replace('|', '/')} | {self.random.choice(('1', ''))} |"
            case 6:
                return f"- [x] {self.line()}\n- [ ] {self.line()}"
            case 7:
                return "---"
        return "\n".join(self.line() for _ in range(self.random.randint(1, 5)))

    def text(self):
        return "\n\n".join(self.block() for _ in range(self.random.randint(1, 14)))


def read_plain(markdown: str, *, numbered: bool = True) -> str:
    """Return the words of a text without its markup; an item of an ordered list with its number, if that is wanted."""
    return _read(_PARSER.parse(markdown), numbered=numbered)


def _read(tokens: Sequence[Token], *, numbered: bool = True) -> str:
    parts: list[str] = []
    numbers: list[int | None] = []
    for token in tokens:
        match token.type:
            case "inline" | "image":
                parts.append(_read(token.children or []) + ("\n" if token.type == "inline" else ""))
            case "text" | "code_inline" | "html_inline" | "html_block":
                parts.append(token.content)
            case "fence" | "code_block":
                parts.append(f"{token.content}\n")
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "bullet_list_open" | "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)) if token.type[0] == "o" else None)
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open" if numbered and (number := numbers[-1]) is not None:
                parts.append(f"{number}. ")
                numbers[-1] = number + 1
            case _:
                pass
    return "".join(parts)


def squeeze(text: str) -> str:
    """Return the letters and digits of a text: what has to be the same however it is set out.

    Left out are white space, bullets, borders of tables and other marks; boxes of tasks, which are drawn; and targets of
    links, as where a link is broken one parser takes its target for text and the other does not.
    """
    text = html.unescape(text)
    text = re.sub(r"https?://[^\s)>]+|src/x\.py", "", text)
    text = re.sub(r"(?m)^([\s>]*)\[[x ]\]", r"\1", text)
    return "".join(re.findall(r"[^\W_]", text))
