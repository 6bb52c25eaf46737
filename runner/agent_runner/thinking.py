"""Thought that a model writes as text: `<think>…</think>` at the beginning of a block is held back. Pure."""

from __future__ import annotations

from typing import Final

OPEN: Final = "<think>"
CLOSE: Final = "</think>"


class Thoughts:
    """Takes the pieces of one block of text, and gives back what is to be shown."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "begin"

    @property
    def thinking(self) -> bool:
        """Whether the block began with thought."""
        return self._state in {"inside", "after"}

    def take(self, piece: str) -> str:
        """Return what of this piece, and of what was held back before, is text."""
        if self._state == "text":
            return piece
        self._held += piece
        if self._state == "begin":
            begun = self._held.lstrip()
            if OPEN.startswith(begun[: len(OPEN)]) and len(begun) < len(OPEN):
                return ""
            self._state = "inside" if begun.startswith(OPEN) else "text"
            if self._state == "text":
                return self._give()
            self._held = begun[len(OPEN) :]
        if self._state == "inside":
            end = self._held.find(CLOSE)
            if end < 0:
                self._held = self._held[-len(CLOSE) :]  # its end may come in two pieces
                return ""
            self._state, self._held = "after", self._held[end + len(CLOSE) :]
        self._held = self._held.lstrip()
        return self._give() if self._held else ""

    def end(self) -> str:
        """Return what was held back and is no thought after all."""
        return self._give() if self._state == "begin" else ""

    def _give(self) -> str:
        given, self._held = self._held, ""
        self._state = "text"
        return given


def split_thought(text: str) -> str:
    """Return a whole block without the thought at its beginning."""
    thoughts = Thoughts()
    return thoughts.take(text) + thoughts.end()
