"""What is added to a running turn: handed to pi once it works, and known as read when pi tells so. Pure."""

from __future__ import annotations

from typing import Any


class Steering:
    """The words for one turn at a time. pi takes them between two steps; it may end before it does."""

    def __init__(self) -> None:
        self.begun = False
        """pi works on the turn: words that came before would begin a turn of their own."""
        self._seen: set[int] = set()
        self._turn: int | None = None
        self._waiting: list[tuple[int, str]] = []
        self._unread: list[tuple[int, str]] = []

    def begin(self, turn: int) -> None:
        """Keep what came for this turn while its files were fetched; forget what was meant for another."""
        self.begun = False
        self._waiting = self._waiting if self._turn == turn else []
        self._turn, self._unread = turn, []

    def add(self, turn: int, number: int, text: str) -> None:
        """Take words for a turn; those that are known already are passed over."""
        if number in self._seen:
            return
        self._seen.add(number)
        if self._turn != turn:
            self.begin(turn)
        self._waiting.append((number, text))

    def take(self) -> list[str]:
        """Return what is to be handed to pi now."""
        if not self.begun:
            return []
        taken, self._waiting = self._waiting, []
        self._unread += taken
        return [text for _, text in taken]

    def find_read(self, event: dict[str, Any]) -> int | None:
        """Return the number of the words that an event of pi shows to be read."""
        if event.get("type") != "message_end" or not self._unread:
            return None
        message = event.get("message") or {}
        if message.get("role") != "user":
            return None
        said = _text_of(message.get("content")).strip()
        for index, (number, text) in enumerate(self._unread):
            if text.strip() == said:
                del self._unread[index]
                return number
        return None

    def end(self) -> bool:
        """Forget the turn; say whether pi may still hold words that it did not read."""
        held = bool(self._unread)
        self.begun, self._turn, self._waiting, self._unread = False, None, [], []
        return held


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or [] if isinstance(part, dict))
