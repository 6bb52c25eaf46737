"""Turns as they are written: what is new of each answer, over pieces, reconnects and runs; pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kubectl_openclaw.show import clean, clean_line, read_time

ENDED: Final = frozenset({"done", "failed", "cancelled"})
_ENDS: Final = {"failed": "failed", "cancelled": "cancelled"}


class Follower:
    """Knows what was shown; gives the question for what is new, and takes the answer.

    Args:
        turn: The turn to begin with.
        headers: Each turn has a line before it and behind it.
    """

    def __init__(self, turn: int, *, headers: bool = True) -> None:
        self._turn = turn
        self._headers = headers
        self._text = ""
        self._begun = False
        self._seen = ""
        self._more = False
        self.ended: Mapping[str, Any] | None = None
        """The turn that ended last, all of it shown."""
        self.state = ""
        """Of the turn that is shown."""

    @property
    def has_more(self) -> bool:
        """Say whether there is more already than was shown."""
        return self._more

    def build_query(self, wait: int) -> Mapping[str, str]:
        """Return what is asked; it waits only where all is shown that is there."""
        query = {"first": str(self._turn), "turn": str(self._turn), "have": str(len(self._text))}
        query["crc"] = str(zlib.crc32(self._text.encode(errors="replace")))
        if not self._more and self._seen:
            query |= {"wait": str(wait), "seen": self._seen}
        return query

    def take(self, answer: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is to be written, in order, without a line feed behind it."""
        self._seen, self._more = str(answer.get("seen") or ""), False
        for turn in answer.get("turns") or []:
            if turn["id"] < self._turn:
                continue
            if turn["id"] > self._turn:
                self._turn, self._text, self._begun = turn["id"], "", False
            yield from self._take(turn)
            if self._more or turn["state"] not in ENDED:
                break

    def _take(self, turn: Mapping[str, Any]) -> Iterator[str]:
        if self.ended is not None and self.ended["id"] == turn["id"]:
            return
        self.state = turn["state"]
        if not self._begun and self._headers:
            yield f"{_build_head(turn)}\n"
        self._begun = True
        at, piece = turn["at"], turn["text"]
        if at != len(self._text):  # it begins otherwise than what was shown
            if self._text and piece:
                yield "\n\n"
            self._text = ""
        self._text += piece
        if piece:
            yield clean(piece)
        self._more = len(self._text) < turn["length"]
        if turn["state"] in ENDED and not self._more:
            self.ended = turn
            yield f"\n{_build_tail(turn)}\n\n" if self._headers else "\n"


def _build_head(turn: Mapping[str, Any]) -> str:
    at = read_time(turn.get("askedAt"))
    parts = [f"turn {turn['id']}"]
    parts += [f"run {turn['run']}"] if turn.get("run") is not None else []
    parts += [f"asked by {clean_line(turn['person'], 100)} from a terminal"] if turn.get("person") else []
    parts += [f"{at.astimezone():%Y-%m-%d %H:%M:%S}"] if at is not None else []
    return f"── {', '.join(parts)}"


def _build_tail(turn: Mapping[str, Any]) -> str:
    begun, ended = read_time(turn.get("startedAt")), read_time(turn.get("endedAt"))
    words = _ENDS.get(turn["state"], "done")
    if turn.get("reason"):
        words += f" ({clean_line(turn['reason'], 60)})"
    if begun is not None and ended is not None:
        words += f" in {max(0, round((ended - begun).total_seconds()))} s"
    tools = turn.get("tools")
    return f"── {words}" + (f", {tools} tool calls" if tools else "")
