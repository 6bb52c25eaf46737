"""Patterns in which `*` stands for any characters."""

from __future__ import annotations


def fits(pattern: str, text: str) -> bool:
    """Say whether a text fits a pattern in which `*` stands for any characters, line ends too.

    Each piece between two stars is looked for once, from where the one before it ended.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first):
        return False
    *middle, last = rest
    at = len(first)
    for piece in middle:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - at >= len(last) and text.endswith(last)
