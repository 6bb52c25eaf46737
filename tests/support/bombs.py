"""Texts that are made to take long, to swell, or to come as many messages: kinds, mixed and mutated from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

UNITS = {
    "bullets in bullets": ("+ ", "- ", "* "),
    "numbers in numbers": ("1. ", "9) "),
    "quotes": (">", "> "),
    "quotes and lists": ("- > 1. ", "> - "),
    "fences": ("```\n", "~~~\n", "````py\n"),
    "examples of Markdown": ("```md\n", "```md\n```py\n"),
    "headings": ("# x\n", "###### /x @yy\n", "x\n===\n"),
    "stars": ("*a **b ", "***", "**a** ", "_a_"),
    "strikes": ("~~a", "~~ ~"),
    "products": ("a*b", "x**2 "),
    "links": ("[a](", "[a](https://b.example/c) ", "![a](b) "),
    "misleading links": ("[good.example](https://evil.example) ", "[www.a.b](http://c.d)"),
    "brackets": ("[", "[[", "]", "[^"),
    "definitions": ("[a]: b\n", "[{n}]: https://b.example\n", "[^{n}]: x\n"),
    "code in lines": ("`a", "` `` ``` ", "`a` "),
    "tables": ("| a | b |\n|-|-|\n", "|a", "| {n} | `x|y` | /z |\n"),
    "tables of one row": ("|", "|-"),
    "entities": ("&amp;", "&#x{n};", "&NotEqualTilde;"),
    "formulas": ("$a_1$ ", "$$\\frac{{a}}{{b}}$$\n", "\\(", "\\sqrt", "$\\overline{{x}}$ "),
    "tags": ("<b>", "<sub>", "<a href='https://x.example'>", "<br>", "<!--", "</b>"),
    "folds": ("<details>\n", "<details><summary>a</summary>\n", "</details>"),
    "names": ("__a", "__init__ ", "a_b_"),
    "Chinese": ("**\u4f60\u597d\u3002**\u5417", "\uff08**\u8bdd**\uff09", "\u4f60"),
    "emoji": ("\U0001f600", "\U0001f468\u200d\U0001f469", "\u2764\ufe0f"),
    "combining signs": ("a\u0301\u0302\u0303", "\u0600"),
    "commands and names": ("/forget ", "@alice ", "/a@bb_bot ", "tg://x "),
    "nothing to be seen": ("\n", " ", "\u200b", "\u3164\n", "\t"),
    "long words": ("a", "\u00e9", "x" * 500 + "\n"),
    "tasks": ("- [ ] x\n", "- [x] /y\n", "    - [ ]"),
    "escapes": ("\\*", "\\", "\\\\("),
    "hidden signs": ("\u202e", "\u2066a", "\ufdd0", "\x00", "\x1b[31m"),
    "steps": ("{n}. a\n    - b\n", "{n}. a\n{indent}- b\n"),
}
WRAPPERS = ("> ", "- ", "1. ", "    ", "| ", "# ", "**", "`", "<b>", "> > > ")


@dataclass(frozen=True, slots=True)
class Bomb:
    """One text, and the kinds that it is made of."""

    kinds: tuple[str, ...]
    text: str


def build_bomb(seed: int, most: int = 200_000) -> Bomb:
    """Return the text of a seed, of at most `most` characters: small ones are more frequent."""
    rng = random.Random(seed)  # it is to come again
    size = int(40 * (most / 40) ** rng.random())
    alone = rng.random() < 0.5  # each kind, at any size
    kinds = [list(UNITS)[seed % len(UNITS)]] if alone else rng.sample(list(UNITS), rng.randint(2, 5))
    text = _mix(rng, kinds, size)
    for _ in range(rng.choice((0, 0, 1, 2))):
        text = rng.choice((_wrap, _scatter, _double, _indent, _swap))(rng, text)
    return Bomb(tuple(kinds), text[:most])


def _mix(rng, kinds, size):
    if len(kinds) == 1 or rng.random() < 0.5:  # one behind the other
        return "".join(_repeat(rng, kind, size // len(kinds)) for kind in kinds)
    units = [rng.choice(UNITS[kind]) for kind in kinds]
    pattern = "".join(rng.choice(units) for _ in range(rng.randint(2, 12)))
    return _fill(rng, pattern, size)


def _repeat(rng, kind, size):
    return _fill(rng, rng.choice(UNITS[kind]), size)


def _fill(rng, unit, size):
    parts, length, number = [], 0, 0
    while length < size:
        part = (
            unit.replace("{n}", str(number))
            .replace("{indent}", "  " * (number % 60))
            .replace("{{", "{")
            .replace("}}", "}")
        )
        parts.append(part)
        length, number = length + len(part), number + 1
    return "".join(parts)


def _wrap(rng, text):
    wrapper = rng.choice(WRAPPERS)
    return "\n".join(f"{wrapper}{line}" for line in text.split("\n")[:20_000])


def _scatter(rng, text):
    """Put signs in at some places."""
    signs = "`*_~[]()<>|#$\\\n>-+1. /@"
    cuts = sorted(rng.randrange(len(text) + 1) for _ in range(min(200, 1 + len(text) // 50)))
    parts, before = [], 0
    for cut in cuts:
        parts += [text[before:cut], rng.choice(signs)]
        before = cut
    return "".join([*parts, text[before:]])


def _double(rng, text):
    half = text[: len(text) // 2]
    return half + rng.choice(("\n\n", "\n", "", "```\n")) + half


def _indent(rng, text):
    deepest = rng.choice((2, 8, 40, 400))
    return "\n".join(f"{' ' * (number % deepest)}{line}" for number, line in enumerate(text.split("\n")[:20_000]))


def _swap(rng, text):
    lines = text.split("\n")
    rng.shuffle(lines)
    return "\n".join(lines)
