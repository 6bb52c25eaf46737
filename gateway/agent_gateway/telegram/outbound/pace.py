"""When a chat may be called again, shared by previews and finals."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]


class Cooldowns:
    """Chats that Telegram asked to leave alone for a while; the others go on.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[int, float] = {}

    def hold(self, chat_id: int, seconds: float) -> None:
        """Leave a chat alone for `seconds` from now on; a longer pause that already runs stays."""
        self._until[chat_id] = max(self._until.get(chat_id, 0.0), self._clock() + seconds)

    def throttle(self, chat_id: int, seconds: float) -> None:
        """Leave a chat alone because Telegram asks for it."""
        self.hold(chat_id, seconds)

    def left(self, chat_id: int) -> float:
        """Return the seconds until the chat may be called, 0 for now."""
        return max(0.0, self._until.get(chat_id, 0.0) - self._clock())

    def held(self) -> dict[int, float]:
        """Return the chats to leave alone, each with the seconds left; what is over is forgotten."""
        now = self._clock()
        self._until = {chat: until for chat, until in self._until.items() if until > now}
        return {chat: until - now for chat, until in self._until.items()}
