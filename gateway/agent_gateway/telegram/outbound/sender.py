"""The outbox worker: what must be said is said, in order in each chat, the chats side by side."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from agent_gateway.store.chatrows import OutboxRow
from agent_gateway.store.errors import Away
from agent_gateway.telegram.errors import Refused, TelegramProblem, Throttled, Unauthorized
from agent_gateway.telegram.outbound.budget import Budgets, Kind
from agent_gateway.telegram.outbound.delivery import Delivery, GivenUp
from agent_gateway.telegram.outbound.pace import Clock
from agent_gateway.telegram.ports import Chat, FileStore, OutboxStore

log = logging.getLogger(__name__)

MAX_PAUSE = 60.0
_MOST_AT_ONCE = 32
NOTICE_SECONDS = 86_400.0
"""A notice is given up at this age, however often it was tried: an outage of everything is none of its own faults. Finals
and replies are tried for ever."""
_UNAUTHORIZED_PAUSE = 30.0
_LAST_CALLS_SECONDS = 5.0
_FIRST_NOTE_PAUSE = 0.1
_LONGEST_NOTE_PAUSE = 2.0


def compute_pause(attempts: int) -> float:
    """Return the seconds to wait after so many failed attempts: 1, 2, 4 … 60."""
    return min(MAX_PAUSE, 2.0 ** min(max(attempts - 1, 0), 6))


class _LeftError(Exception):
    """The sender ends: what is not said yet is left to whoever comes next."""


class Sender:
    """Sends outbox rows until told to stop.

    Args:
        api: Says it.
        store: Holds what must be said.
        check: Raises when this process may no longer act; asked before each call.
        budgets: Of the chats; shared with the previews.
        clock: Monotonic seconds.
        poll: Seconds after which the outbox is looked at without a hint.
        repeat_after: Seconds before a message with an unknown outcome is sent once more.
    """

    def __init__(  # its collaborators, by name
        self,
        api: Chat,
        store: OutboxStore,
        files: FileStore,
        *,
        check: Callable[[], None],
        budgets: Budgets | None = None,
        clock: Clock = time.monotonic,
        poll: float = 2.0,
        repeat_after: float = 1.0,
    ) -> None:
        self._api = api
        self._store = store
        self._files = files
        self._check = check
        self._budgets = budgets or Budgets(clock)
        self._poll = poll
        self._repeat_after = repeat_after
        self._hint = asyncio.Event()
        self._busy: dict[tuple[int, int | None], asyncio.Task[None]] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        """Those of `_busy` that wait for their chat's budget: no call of theirs is under way."""
        self._finishing = False
        self._stopping = False
        self.problem: str | None = None
        """Why finals cannot be sent at all, in words; None while they can."""
        self.on_sent: Callable[[], None] = lambda: None
        """Told when something was said."""

    def notify(self) -> None:
        """Say that there may be something to send."""
        self._hint.set()

    def stop(self) -> None:
        """Let `run` return as soon as nothing is due."""
        self._stopping = True
        self._hint.set()

    async def run(self) -> None:
        """Send until stopped and empty. What `check` and the store raise ends it; begun again, nothing is lost."""
        self._finishing = False
        await self._store.reset_sending()
        for chat_id, seconds in (await self._store.resting_chats()).items():
            self._budgets.hold(chat_id, seconds)
        try:
            while True:
                self._hint.clear()
                self._check()
                held = self._budgets.held()
                rows = []
                if (room := _MOST_AT_ONCE - len(self._busy)) > 0:
                    rows = await self._store.claim(held.keys(), room, tuple(self._busy))
                for row in rows:
                    self._start(row)
                if self._stopping and not rows and not self._busy:
                    return
                await self._pause(min([self._poll, *held.values()]))
                self._raise_faults()
        finally:
            await self._finish_calls()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hint.wait()
        except TimeoutError:
            return

    def _start(self, row: OutboxRow) -> None:
        task = asyncio.create_task(self._send(row), name=f"outbox-{row.id}")
        self._busy[row.address.chat_id, row.address.topic_id] = task
        task.add_done_callback(lambda _: self._hint.set())

    def _raise_faults(self) -> None:
        for topic, task in list(self._busy.items()):
            if task.done():
                del self._busy[topic]
                task.result()

    async def _finish_calls(self) -> None:
        """Let what is on its way arrive and be noted: cut off now, it would be said again. The rest is left as it is."""
        self._finishing = True
        for task in self._waiting:
            task.cancel()
        if not self._busy:
            return
        _, pending = await asyncio.wait(self._busy.values(), timeout=_LAST_CALLS_SECONDS)
        for task in pending:
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        self._busy.clear()

    async def _send(self, row: OutboxRow) -> None:
        chat_id = row.address.chat_id

        async def before() -> None:
            if self._finishing:
                raise _LeftError
            await self._wait_for_budget(chat_id)
            self._check()
            self._budgets.spend(chat_id)

        delivery = Delivery(self._api, self._store, self._files, row, before=before, repeat_after=self._repeat_after)
        try:
            await delivery.run()
        except _LeftError:
            return
        except GivenUp as given_up:
            log.warning(
                "a message cannot be delivered",
                extra={
                    "outbox": row.id,
                    "chat": row.address.chat_id,
                    "topic": row.address.topic_id,
                    "why": str(given_up),
                },
            )
            words = str(given_up)
            await self._note(lambda: self._store.dead(row.id, words))
            return
        except TelegramProblem as problem:
            await self._later(row, problem)
            return
        await self._note(lambda: self._store.sent(row.id))
        self.problem = None
        self.on_sent()

    async def _wait_for_budget(self, chat_id: int) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine runs in one
        self._waiting.add(task)
        try:
            while (left := self._budgets.wait(chat_id, Kind.ANSWER)) > 0:  # noqa: ASYNC110  # time tells nobody
                await asyncio.sleep(left)
        finally:
            self._waiting.discard(task)

    async def _note(self, note: Callable[[], Awaitable[None]]) -> None:
        """Record an outcome; a database that is away is asked again: what is not recorded would be said twice."""
        pause = _FIRST_NOTE_PAUSE
        while True:
            try:
                return await note()
            except Away as error:
                log.warning("an outcome waits to be recorded", extra={"error": type(error).__name__})
            self._check()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_NOTE_PAUSE)

    async def _later(self, row: OutboxRow, problem: TelegramProblem) -> None:
        if isinstance(problem, Refused):  # by a topic that is closed: it is said once that is open again
            log.info("a message waits for its topic", extra={"outbox": row.id, "chat": row.address.chat_id})
            await self._store.hold(row.id)
            return
        pause = compute_pause(row.attempts)
        if isinstance(problem, Throttled):
            pause = problem.retry_after
            self._budgets.throttle(row.address.chat_id, pause)
        elif isinstance(problem, Unauthorized):
            pause = _UNAUTHORIZED_PAUSE
            self.problem = str(problem)
        elif row.kind == "notice" and row.age > NOTICE_SECONDS:
            await self._store.dead(row.id, str(problem))
            return
        log.warning(
            "a message waits to be sent again",
            extra={"outbox": row.id, "chat": row.address.chat_id, "seconds": pause, "why": str(problem)},
        )
        await self._store.retry(row.id, pause, str(problem))
