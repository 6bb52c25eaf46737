"""How many calls a chat may have, and which of them go first. Pure but for the clock that it is given.

Telegram lets a bot say about twenty things a minute in a group, sends and edits together, and about one a second in a
private chat; who goes on calling after a 429 is banned for longer each time. So each chat has one budget that previews
and answers share. Answers may take all of it; previews leave enough for the ends of the turns that run.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from typing_extensions import override

from agent_gateway.telegram.outbound.pace import Clock, Cooldowns

GROUP_CALLS: Final = 18
"""A minute in a group; Telegram's own limit is 20."""
PRIVATE_CALLS: Final = 20
"""At once in a private chat, where Telegram bears bursts, and in the long run one a second."""
ALL_CALLS: Final = 25
"""A second in all chats together."""
_LEAST: Final = 4
"""Calls a minute that a group keeps after however many refusals."""
_MARGIN: Final = 1.02
"""A minute of ours is that much longer than Telegram's: calls take different times on their way."""
_LOW_MINUTES: Final = 10.0
"""How long a budget stays halved after a refusal; then a tenth comes back each minute."""


class Kind(IntEnum):
    """What a call is for; the lower, the sooner."""

    ANSWER = 0
    """A final, an error, an answer to a command, a report: waits, but is never left out."""
    FIRST = 1
    """The first that is seen of a turn."""
    PREVIEW = 2
    """A newer state of what is seen already: left out where a yet newer one comes."""


@dataclass(slots=True)
class ChatBudget:
    """The calls of one chat.

    Attributes:
        group: Counted by the minute; else by the second.
        minute: Seconds in a minute; tests have shorter ones.
        turns: How many turns run here: each will have an end to be told.
    """

    group: bool
    minute: float = 60.0
    turns: int = 0
    made: deque[float] = field(default_factory=deque)
    refused_at: float | None = None
    refusals: int = 0

    def wait(self, kind: Kind, now: float) -> float:
        """Return the seconds until a call of this kind may be made, 0 for now."""
        self._forget(now)
        limit = self._limit(now)
        room = limit - self._kept(kind, limit)
        if len(self.made) < room:
            return 0.0
        if not self.group and kind is not Kind.PREVIEW:
            return max(0.0, self.made[-1] + self.minute / 60 - now)  # the burst is over: one a second
        last = self.made[len(self.made) - room]  # there is room again once this one is forgotten
        return max(0.0, last + self._window - now)

    def spend(self, now: float) -> None:
        """Count a call that is made now."""
        self._forget(now)
        self.made.append(now)

    def refuse(self, now: float) -> None:
        """Note that Telegram found a call one too many: half of what was planned was."""
        self._recover(now)
        self.refusals = min(self.refusals + 1, 3)
        self.refused_at = now

    @property
    def idle(self) -> bool:
        """Say whether nothing of it needs to be remembered."""
        return not self.made and not self.turns and not self.refusals

    @property
    def interval(self) -> float:
        """Return the least seconds between two edits of one turn's preview."""
        if not self.group:
            return self.minute / 30
        return max(self.minute / 20, self.minute * self.turns / 14)

    @property
    def _window(self) -> float:
        return self.minute * _MARGIN if self.group else self.minute / 60 * PRIVATE_CALLS

    def _limit(self, now: float) -> int:
        if not self.group:
            return PRIVATE_CALLS
        self._recover(now)
        planned = GROUP_CALLS / 2**self.refusals
        if self.refusals and self.refused_at is not None:
            over = (now - self.refused_at) / self.minute - _LOW_MINUTES
            planned += GROUP_CALLS / 10 * max(0.0, over)
        return int(min(GROUP_CALLS, max(_LEAST, planned)))

    def _kept(self, kind: Kind, limit: int) -> int:
        """Return how much of the budget a call of this kind leaves for more urgent ones."""
        if not self.group:
            return 1 if kind is Kind.PREVIEW else 0
        ends = min(self.turns, limit // 2)
        return {Kind.ANSWER: 0, Kind.FIRST: min(ends, 3), Kind.PREVIEW: max(2, ends)}[kind]

    def _recover(self, now: float) -> None:
        if self.refused_at is not None and now - self.refused_at > 2 * _LOW_MINUTES * self.minute:
            self.refused_at, self.refusals = None, 0

    def _forget(self, now: float) -> None:
        while self.made and now - self.made[0] >= self._window:
            self.made.popleft()


class Budgets(Cooldowns):
    """The budgets of all chats, and the chats that Telegram asked to leave alone.

    Args:
        clock: Monotonic seconds.
        minute: Seconds in a minute.
    """

    def __init__(self, clock: Clock = time.monotonic, minute: float = 60.0) -> None:
        super().__init__(clock)
        self._minute = minute
        self._chats: dict[int, ChatBudget] = {}
        self._all: deque[float] = deque()

    def of(self, chat_id: int) -> ChatBudget:
        """Return the budget of a chat."""
        if chat_id not in self._chats:
            if len(self._chats) > 1000:
                self._chats = {chat: budget for chat, budget in self._chats.items() if not budget.idle}
            self._chats[chat_id] = ChatBudget(chat_id < 0, self._minute)
        return self._chats[chat_id]

    def wait(self, chat_id: int, kind: Kind) -> float:
        """Return the seconds until a call of this kind may go to a chat, 0 for now."""
        now = self._clock()
        second = self._minute / 60
        while self._all and now - self._all[0] >= second:
            self._all.popleft()
        everybody = self._all[0] + second - now if len(self._all) >= ALL_CALLS else 0.0
        return max(self.left(chat_id), self.of(chat_id).wait(kind, now), everybody)

    def spend(self, chat_id: int) -> None:
        """Count a call that goes to a chat now."""
        now = self._clock()
        self._all.append(now)
        self.of(chat_id).spend(now)

    @override
    def throttle(self, chat_id: int, seconds: float) -> None:
        """Leave a chat alone as Telegram asks, and plan less for it afterwards."""
        self.of(chat_id).refuse(self._clock())
        super().throttle(chat_id, seconds)
