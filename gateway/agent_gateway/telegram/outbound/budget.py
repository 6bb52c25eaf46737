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
NOTICE_CALLS: Final = 12
"""Of those, what notices and files may take."""
PREVIEW_CALLS: Final = 20
"""Of those, what previews may take."""
STRANGER_SECONDS: Final = 1.0
"""Between two calls for people whom the bot does not know, in all chats together."""
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
    NOTICE = 3
    """A notice, or a file of an agent: leaves a third of a chat's calls to what people wait for."""
    STRANGER = 4
    """What people are told whom the bot does not know."""


_OF_ALL: Final = {Kind.NOTICE: NOTICE_CALLS, Kind.PREVIEW: PREVIEW_CALLS}


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
        if not self.group and kind is not Kind.PREVIEW and kind is not Kind.NOTICE:
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
            return {Kind.PREVIEW: 1, Kind.NOTICE: limit // 3}.get(kind, 0)
        ends = min(self.turns, limit // 2)
        return {Kind.FIRST: min(ends, 3), Kind.PREVIEW: max(2, ends), Kind.NOTICE: max(limit // 3, ends)}.get(kind, 0)

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
        self._stranger_at: float | None = None
        """When somebody was told something last whom the bot does not know."""

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
        wait = max(self.left(chat_id), self.of(chat_id).wait(kind, now), self._wait_for_all(now, kind))
        if kind is Kind.STRANGER and self._stranger_at is not None:
            return max(wait, self._stranger_at + STRANGER_SECONDS * self._minute / 60 - now)
        return wait

    def _wait_for_all(self, now: float, kind: Kind = Kind.ANSWER) -> float:
        second = self._minute / 60
        while self._all and now - self._all[0] >= second:
            self._all.popleft()
        most = _OF_ALL.get(kind, ALL_CALLS)
        return self._all[len(self._all) - most] + second - now if len(self._all) >= most else 0.0

    def wait_beside(self, chat_id: int) -> float:
        """Return the seconds until a call may be made that no message's limit counts, such as a draft."""
        now = self._clock()
        return max(self.left(chat_id), self._wait_for_all(now, Kind.PREVIEW))

    def spend_beside(self) -> None:
        """Count a call that no message's limit counts."""
        self._all.append(self._clock())

    def spend(self, chat_id: int, kind: Kind = Kind.ANSWER) -> None:
        """Count a call that goes to a chat now."""
        now = self._clock()
        self._all.append(now)
        if kind is Kind.STRANGER:
            self._stranger_at = now
        self.of(chat_id).spend(now)

    @override
    def throttle(self, chat_id: int, seconds: float) -> None:
        """Leave a chat alone as Telegram asks, and plan less for it afterwards."""
        self.of(chat_id).refuse(self._clock())
        super().throttle(chat_id, seconds)
