"""One gateway at a time polls, dispatches, sends and holds runners.

A session advisory lock says who; its session times out in the server, so that a hung leader's lock is free again. The
epoch says it once more in each write, so that a former leader's late write is refused by the database itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from agent_gateway.errors import LeadershipLost
from agent_gateway.restored import settle_restore
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import LeaderLock, take_over
from agent_gateway.store.states import READ_ONLY

PING_SECONDS = 2.0
SILENCE_SECONDS = 5.0
"""Without an answer for so long, every effect stops: well before the server frees the lock."""
POLL_SECONDS = 0.1
"""How often a standby asks for the lock. A blocking wait would be given it though nobody is there any more."""
_RETRY_SECONDS = 1.0
_LEAST_ANSWER_SECONDS = 0.1
_log = logging.getLogger(__name__)


class Leader:
    """The lock, and whether we may still act on it.

    Args:
        store: Writes in our epoch while we lead; its connections are ended once we do not.
        dsn: Where the lock is.
        bot_name: The bot's short name; another one in the database is refused.
        clock: Seconds that never go back.
    """

    def __init__(
        self, store: Store, dsn: Callable[[], str], bot_name: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._dsn = dsn
        self._bot_name = bot_name
        self._clock = clock
        self._lock: LeaderLock | None = None
        self._answered: float | None = None
        """When the last call was sent that the lock's session answered."""
        self._trouble: str | None = None
        self._why_lost: str | None = None
        self.lost = asyncio.Event()
        """Set as soon as we may not act any more; nothing of this process may, ever again."""

    def check(self) -> None:
        """Refuse to go on unless we lead and the database answered lately.

        Raises:
            LeadershipLost: we do not, or it did not.
        """
        if self._why_lost is not None:
            raise LeadershipLost(self._why_lost)
        if self._store.fence is None or self._answered is None:
            raise LeadershipLost("this gateway does not lead")
        if self._clock() - self._answered > SILENCE_SECONDS:
            raise self.lose("the database has not answered for five seconds")

    @property
    def problem(self) -> str | None:
        """Say why this gateway could not serve now, be it leader or standby; None where it could."""
        if self._why_lost is not None:
            return f"This gateway ends: {self._why_lost}."
        if self._trouble is not None:
            return self._trouble
        if self._lock is not None and self._answered is not None:
            silent = self._clock() - self._answered
            if silent > SILENCE_SECONDS:
                return f"The database has not answered for {silent:.0f} s."
        return None

    async def acquire(self) -> None:
        """Wait until we lead, then begin an epoch; a database that is away is waited for.

        Raises:
            OtherBot: the database belongs to another bot.
            OtherName: it knows this bot under another name.
        """
        while True:
            try:
                await self._wait_for_lock()
                fence = await take_over(self._store, self._bot_name)
                await settle_restore(self._store)
                await self._ping(SILENCE_SECONDS)  # the take-over may have outlasted the session
            except Away as error:
                if self._trouble != str(error):
                    _log.warning("database_away", extra={"problem": str(error)})
                self._trouble = str(error)
                await self.release()
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._trouble = None
                _log.info("leading", extra={"step": "leading", "epoch": fence.epoch, "t": time.time_ns() // 1_000_000})
                return

    async def _wait_for_lock(self) -> None:
        self._lock = lock = await LeaderLock.open(self._dsn(), self._store.bot_id, answer_seconds=SILENCE_SECONDS)
        self._answered, self._trouble = self._clock(), None
        if await lock.try_take():
            return
        await lock.wait_in_line()
        _log.info("another gateway leads; waiting", extra={"step": "standby"})
        while True:
            sent = self._clock()
            if await lock.try_take():
                self._answered = sent
                return
            self._answered = sent
            await asyncio.sleep(POLL_SECONDS)

    async def listen(self, channel: str, hear: Callable[[], None]) -> None:
        """Have `hear` called when a standby says something on a channel: a hint that may be lost."""
        if self._lock is not None:
            with contextlib.suppress(Away):  # whoever holds the lead learns of a session that ended by its next ping
                await self._lock.listen(channel, hear)

    async def hold(self) -> None:
        """Ping until the lock is lost.

        Raises:
            LeadershipLost: the session is gone, or silent; its lock may be another's.
        """
        while True:
            self.check()
            await asyncio.sleep(PING_SECONDS)
            self.check()
            left = SILENCE_SECONDS - (self._clock() - (self._answered or 0.0))
            try:
                await self._ping(max(left, _LEAST_ANSWER_SECONDS))
            except Away as error:
                if isinstance(error.__cause__, TimeoutError):
                    raise self.lose("the database has not answered for five seconds") from error
                raise self.lose("the lock's session with the database ended") from error

    async def _ping(self, seconds: float) -> None:
        if self._lock is None:
            raise LeadershipLost("this gateway does not lead")
        sent = self._clock()
        writable = await self._lock.ping(seconds)
        self._answered, self._trouble = sent, None if writable else f"{READ_ONLY}."

    def lose(self, words: str) -> LeadershipLost:
        """Stop every effect now: no connection with the database outlives this; return what is to be raised."""
        if self._why_lost is None:
            self._why_lost = words
            self._store.abandon()
            if self._lock is not None:
                self._lock.terminate()
            self.lost.set()
        return LeadershipLost(self._why_lost)

    async def has_successor(self) -> bool:
        """Say whether a standby waits for the lock; not where the database does not answer."""
        if self._lock is None or self._why_lost is not None:
            return False
        try:
            return await self._lock.has_successor()
        except Away:
            return False

    async def release(self) -> None:
        """Give the lock back at once, so that the next gateway need not wait."""
        self._store.fence = None
        if self._lock is not None:
            lock, self._lock = self._lock, None
            await lock.close()
