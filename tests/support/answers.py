"""Answers as models write them, in nine languages, together with what has to be seen of them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

PHRASES = json.loads((Path(__file__).parents[1] / "data" / "phrases.json").read_text("utf-8"))
LANGUAGES = ("en", "de", "es", "fr", "pt", "ru", "zh", "ja")
SMALL_SHARE = ("ko", 40)
"""One answer in so many is Korean."""
FORMULAS = (
    (r"\frac{a}{b}", "a/b"), (r"x_1 \ge 180", "x₁≥180"), ("E = mc^2", "E=mc²"), (r"\alpha + \beta", "α+β"),  # noqa: RUF001
    (r"\unknown{q}", r"\unknown{q}"), (r"\{x\} \to y", "{x}→y"),
)  # fmt: skip
NAMES = (
    "__init__.py",
    "__main__",
    "w*h*2",
    "x**2",
    "$5",
    "$HOME/$USER",
    "vector<int>",
    "a||b",
    "snake_case_name",
    "[^1]",
)
CODES = ("make", "**kwargs", "a|b", "$x$", "<div>", "__all__", "a*b*c", "# no heading")
LINES = (
    "def f(*args, **kwargs):",
    "    return x**2  # __init__",
    "$HOME && \\(a\\)",
    "",
    "<br> **no** | x |",
    "- [ ] todo",
    "> q",
    "~~~~",
)


@dataclass(slots=True)
class Answer:
    """Markdown, and what is seen of it: words in their order, blocks of code, addresses."""

    text: str = ""
    seen: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ordinary: list[str] = field(default_factory=list)
    """The blocks that CommonMark reads as they are meant."""


class Writer:
    """Writes one answer, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.language = SMALL_SHARE[0] if seed % SMALL_SHARE[1] == 7 else LANGUAGES[seed % len(LANGUAGES)]
        self.phrases = PHRASES[self.language]
        self.answer = Answer()
        self.special = False

    def write(self):
        kinds = (
            self.paragraph, self.paragraph, self.heading, self.bullets, self.numbers, self.ones, self.tasks, self.quote, self.fence,
            self.example, self.table, self.details, self.alert, self.display,
        )  # fmt: skip
        blocks = []
        for _ in range(self.random.randint(1, 9)):
            self.special = False
            block = self.random.choice(kinds)()
            blocks.append(block)
            if not self.special:
                self.answer.ordinary.append(block)
        self.answer.text = "\n\n".join(blocks)
        return self.answer

    # ------------------------------------------------------------------------------------------------- inside lines

    def see(self, text):
        self.answer.seen.append(text)
        return text

    def word(self):
        return self.see(self.random.choice(self.phrases["words"]))

    def label(self):
        return self.see(self.random.choice(self.phrases["labels"]))

    def sentence(self, length=6):
        parts = []
        if self.random.random() < 0.3:
            parts.append(f"**{self.label()}{self.see(self.phrases['colon'])}**")
        for _ in range(self.random.randint(1, length)):
            parts += [self.word(), self.mark()] if self.random.random() < 0.5 else [self.word()]
        parts.append(self.word())
        return self.phrases["space"].join(parts) + self.see(self.phrases["stop"].strip())

    def mark(self):
        first, last = self.phrases["quotes"]
        kind = self.random.randrange(14)
        match kind:
            case 0 | 1:
                return f"**{self.word()}**"
            case 2:
                return f"**{self.see(first.strip())}{first[1:]}{self.word()}{last[:-1]}{self.see(last.strip())}**"
            case 3:
                return f"{self.see(first.strip())}**{self.word()}**{self.see(last.strip())}"
            case 4:
                return f"*{self.word()}*"
            case 5:
                return f"~~{self.word()}~~"
            case 6:
                return f"**`{self.see(self.random.choice(CODES[:1]))}`**"
            case 7:
                url = f"https://example.org/{self.random.randrange(1000)}_(x)"
                self.answer.links.append(url)
                return f"**[{self.label()}]({url})**" if self.random.random() < 0.5 else f"[{self.label()}]({url})"
            case 8:
                return f"`{self.see(self.random.choice(CODES))}`"
            case 9:
                return f"({self.word()})"
        self.special = True
        match kind:
            case 10:
                source, shown = self.random.choice(FORMULAS)
                self.see(shown)
                opener, closer = self.random.choice((("\\(", "\\)"), ("\\( ", " \\)"), ("$", "$")))
                return f" {opener}{source}{closer} "
            case 11:
                return f" {self.see(self.random.choice(NAMES))} "
            case 12:
                name = f"src/{self.random.randrange(100)}.py#L1"
                return f"[{self.label()}]({name}){self.seen_as(f'({name})')}"
        return self.random.choice((
            lambda: f"H<sub>{self.seen_as('₂')}2</sub>", lambda: f"<kbd>{self.see('Ctrl')}</kbd>", lambda: f"<b>{self.word()}</b>",
            lambda: f"{self.word()}<br>{self.word()}",
        ))()  # fmt: skip

    def seen_as(self, text):
        self.see(text)
        return ""

    # ------------------------------------------------------------------------------------------------------- blocks

    def paragraph(self):
        return "\n".join(self.sentence() for _ in range(self.random.randint(1, 3)))

    def heading(self):
        return f"{'#' * self.random.randint(1, 4)} {self.sentence(2)}"

    def bullets(self, depth=0):
        indent = "  " * depth
        lines = []
        for _ in range(self.random.randint(1, 3)):
            lines.append(f"{indent}- {self.sentence(3)}")
            below = self.random.randrange(6)
            if below == 0 and depth < 3:
                lines.append(self.bullets(depth + 1))
            elif below == 1:
                lines.append(self.fence(f"{indent}  "))
            elif below == 2:
                lines += ["", f"{indent}  {self.sentence(2)}", ""]
        return "\n".join(lines)

    def numbers(self):
        start, lines = self.random.choice((1, 1, 3)), []
        for number in range(start, start + self.random.randint(1, 3)):
            self.see(f"{number}.")
            lines.append(f"{number}. {self.sentence(3)}")
            if self.random.random() < 0.3:
                lines.append(self.fence("   "))
        return "\n".join([*lines, "", "---"])

    def ones(self):
        self.special = True
        lines = []
        for number in range(1, 4):
            self.see(f"{number}.")
            lines += [f"1. {self.sentence(2)}", *(f"- {self.sentence(2)}" for _ in range(self.random.randrange(3)))]
        return "\n".join([*lines, "", "---"])

    def tasks(self):
        self.special = True
        lines = []
        for _ in range(self.random.randint(1, 3)):
            done = self.random.random() < 0.5
            self.see("✅" if done else "☐")
            lines.append(f"- [{'x' if done else ' '}] {self.sentence(2)}")
        return "\n".join(lines)

    def quote(self):
        lines = [f"> {self.sentence(4)}" for _ in range(self.random.randint(1, 6))]
        if self.random.random() < 0.3:
            lines.append(f"> > {self.sentence(3)}")
        return "\n".join(lines)

    def fence(self, indent=""):
        lines = [self.random.choice(LINES) for _ in range(self.random.choice((1, 3, 30)))]
        code = "\n".join(["x = 1", *lines, "y"])
        self.answer.codes.append(code)
        self.see(code)
        label = self.random.choice(("python", "", "sh", 'py title="a.py"', "c++"))
        body = "\n".join(f"{indent}{line}" if line else "" for line in code.split("\n"))
        return f"{indent}```{label}\n{body}\n{indent}```"

    def example(self):
        self.special = True
        code = "# Title\n```python\nprint(1)\n```\nend"
        self.answer.codes.append(code)
        return f"```markdown\n{self.see(code)}\n```"

    def table(self):
        self.special = True
        columns = self.random.randint(1, 4)
        names = [self.random.choice(self.phrases["labels"]) for _ in range(columns)]
        rows = [[self.random.choice(self.phrases["words"]) for _ in names] for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.5:
            rows[0][-1] = " ".join(rows[0][-1] for _ in range(12))
        for cell in rows[0]:
            self.see(cell)
        marked = [[f"**{cell}**" if self.random.random() < 0.3 else cell for cell in row] for row in rows]
        table = [names, ["---"] * columns, *marked]
        return "\n".join(f"| {' | '.join(row)} |" for row in table)

    def details(self):
        self.special = True
        inside = [f"<details>\n<summary>{self.label()}</summary>\n", self.paragraph(), self.bullets(), "\n</details>"]
        return "\n".join([inside[0], f"{inside[1]}\n", *inside[2:]])

    def alert(self):
        self.special = True
        self.see("⚠️ Warning")
        return f"> [!WARNING]\n> {self.sentence(4)}"

    def display(self):
        self.special = True
        source, shown = self.random.choice(FORMULAS)
        self.see(shown)
        return self.random.choice((f"\\[ {source} \\]", f"$$\n{source}\n$$", f"$${source}$$"))
