"""The words of a plain shell command, as a POSIX shell or bash reads them. Pure, and linear in the command.

Anything that a shell would do more with than to split and to unquote it is refused, rather than understood. So what is
quoted is never taken for a sign, and what a shell would put in the place of a word is never taken for that word.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MOST_COMMAND: Final = 4000
"""Characters of a command that is read."""
_NEVER: Final = frozenset("$`\n\r\\\0")
"""Signs that are refused wherever they stand: within double quotes too they may mean something."""
_SIGNS: Final = frozenset(";()<>{}")
"""Signs that are refused outside of quotes: they join, group, redirect, or make several words of one (bash, "Brace
Expansion")."""
_PATTERNS: Final = frozenset("*?[")
_BLANKS: Final = frozenset(" \t")


@dataclass(frozen=True, slots=True)
class Word:
    """One word.

    Attributes:
        text: Without its quotes.
        opens: A shell may put names of files in its place that begin with a dash.
    """

    text: str
    opens: bool = False


@dataclass(slots=True)
class _Reader:
    parts: list[list[Word]] = field(default_factory=lambda: [[]])
    signs: list[tuple[str, bool]] = field(default_factory=list)
    """The word that is being read: each sign, and whether it is a pattern's."""
    begun: bool = False

    def end_word(self) -> None:
        if self.begun:
            text = "".join(sign for sign, _ in self.signs)
            live = [pattern for _, pattern in self.signs]
            self.parts[-1].append(Word(text, opens=any(live) and (live[0] or text.startswith("-"))))
        self.signs, self.begun = [], False

    def add(self, text: str, *, live: bool = False) -> None:
        self.begun = True
        self.signs += [(sign, live) for sign in text]


def read_commands(command: str) -> list[list[Word]] | None:
    """Return the words of each command of those that `|` and `&&` join; None for what is not as plain as that."""
    if len(command) > MOST_COMMAND or not _NEVER.isdisjoint(command):
        return None
    reader, at = _Reader(), 0
    while at < len(command):
        sign = command[at]
        if sign in "'\"":
            end = command.find(sign, at + 1)
            if end < 0:
                return None
            reader.add(command[at + 1 : end])
            at = end
        elif sign in _BLANKS:
            reader.end_word()
        elif sign in "|&":
            run = len(command[at:]) - len(command[at:].lstrip("|&"))
            if command[at : at + run] not in {"|", "&&"}:
                return None
            reader.end_word()
            reader.parts.append([])
            at += run - 1
        elif sign in _SIGNS:
            return None
        else:
            reader.add(sign, live=sign in _PATTERNS)
        at += 1
    reader.end_word()
    return reader.parts
