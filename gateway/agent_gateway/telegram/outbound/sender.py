"""The outbox worker: what must be said is said, in order in each queue, the queues side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from agent_gateway.effects import MessageLost, WakeFolds, WakeReactions
from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.metrics import LOST, UNKNOWN
from agent_gateway.pauses import wait_at_most
from agent_gateway.store.chatrows import OutboxRow, Queue, Urgency
from agent_gateway.store.errors import Away
from agent_gateway.telegram.errors import Ambiguous, NotSent, TelegramProblem, Throttled, Unauthorized
from agent_gateway.telegram.outbound.after import Act, Again, Dead, Hold, Probe, Tries, after
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.delivery import Delivery
from agent_gateway.telegram.outbound.diskroom import DiskRoom
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.pace import Clock
from agent_gateway.telegram.outbound.renderer import Renderer, RenderHere
from agent_gateway.telegram.outbound.richform import RichPolicy
from agent_gateway.telegram.outbound.turnstile import Turnstile
from agent_gateway.telegram.ports import Chat, FileStore, OutboxStore
from agent_kube.tracing.steps import tell_step

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = {Urgency.ANSWER: 32, Urgency.NOTICE: 12, Urgency.STRANGER: 2}
"""Rows that are being sent, of each urgency; those that wait for their chat's budget do not count."""
MOST_IN_CHAT: Final = {Urgency.ANSWER: 16, Urgency.NOTICE: 2, Urgency.STRANGER: 1}
"""Of each urgency in one chat, those that wait included."""
MOST_WAITING: Final = 500
"""Rows at work in all, those that wait included."""
NOTICE_SECONDS = 86_400.0
"""A notice is given up at this age, however often it was tried: an outage of everything is none of its own faults. Finals
and replies are tried for ever."""
_LAST_CALLS_SECONDS = 5.0
_LONGEST_REST = 0.2
_FIRST_NOTE_PAUSE = 0.1
_LONGEST_NOTE_PAUSE = 2.0


class _LeftError(Exception):
    """The sender ends: what is not said yet is left to whoever comes next."""


class Sender:
    """Sends outbox rows until told to stop.

    Args:
        api: Says it.
        store: Holds what must be said.
        check: Raises when this process may no longer act; asked before each call.
        budgets: Of the chats; shared with the previews.
        newest: Which message is the last of its topic; shared with the previews.
        events: Told what was said, and what never will be.
        rich: When answers are rich messages.
        disk: Where files are on their way.
        renderer: Renders what is said.
        clock: Monotonic seconds.
        poll: Seconds after which the outbox is looked at without a hint.
    """

    def __init__(  # its collaborators, by name
        self,
        api: Chat,
        store: OutboxStore,
        files: FileStore,
        *,
        check: Callable[[], None],
        budgets: Budgets | None = None,
        newest: Newest | None = None,
        events: Events | None = None,
        rich: RichPolicy = RichPolicy.NEVER,
        disk: DiskRoom | None = None,
        renderer: Renderer | None = None,
        clock: Clock = time.monotonic,
        poll: float = 2.0,
    ) -> None:
        self._api = api
        self._store = store
        self._files = files
        self._check = check
        self._budgets = budgets or Budgets(clock)
        self._turnstile = Turnstile(self._budgets)
        self._disk = disk or DiskRoom()
        self._newest = newest or Newest()
        self._events = events or Events()
        self._rich = rich
        self._renderer = renderer or RenderHere()
        self._poll = poll
        self._hint = asyncio.Event()
        self._busy: dict[Queue, asyncio.Task[None]] = {}
        self._waiting: dict[Queue, asyncio.Task[None]] = {}
        """Those of `_busy` that wait for their chat's budget: no call of theirs is under way."""
        self._finishing = False
        self._stopping = False
        self.problem: str | None = None
        """Why finals cannot be sent at all, in words; None while they can."""

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
                rows, rest = [], 0.0
                if any(room := self._count_room()):
                    began = time.monotonic()
                    rows = await self._store.claim(held.keys(), room, tuple(self._busy), tuple(MOST_IN_CHAT.values()))
                    rest = min(_LONGEST_REST, 2 * (time.monotonic() - began))
                for row in rows:
                    self._start(row)
                if self._stopping and not rows and not self._busy:
                    return
                await asyncio.sleep(
                    rest
                )  # thousands of queues take a while to look through: a third of the time at most
                await self._pause(min([self._poll, *held.values()]))
                self._raise_faults()
        finally:
            await self._finish_calls()

    def _count_room(self) -> list[int]:
        """Return how many rows of each urgency may be begun."""
        under_way = Counter(queue.urgency for queue in self._busy if queue not in self._waiting)
        left = MOST_WAITING - len(self._busy)
        return [max(0, min(most - under_way[urgency], left)) for urgency, most in MOST_AT_ONCE.items()]

    async def _pause(self, seconds: float) -> None:
        await wait_at_most(self._hint, seconds)

    def _start(self, row: OutboxRow) -> None:
        task = asyncio.create_task(self._send(row), name=f"outbox-{row.id}")
        self._busy[row.queue] = task
        task.add_done_callback(lambda _: self._hint.set())

    def _raise_faults(self) -> None:
        for queue, task in list(self._busy.items()):
            if task.done():
                del self._busy[queue]
                task.result()

    async def _finish_calls(self) -> None:
        """Let what is on its way arrive and be noted: cut off now, it would be said again. The rest is left as it is."""
        self._finishing = True
        for task in self._waiting.values():
            task.cancel()
        if not self._busy:
            return
        _, pending = await asyncio.wait(self._busy.values(), timeout=_LAST_CALLS_SECONDS)
        for task in pending:
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        self._busy.clear()

    async def _send(self, row: OutboxRow) -> None:
        async def before() -> None:
            if self._finishing:
                raise _LeftError
            await self._wait_for_budget(row.queue)
            self._check()

        began = time.time_ns()
        delivery = Delivery(
            self._api, self._store, self._files, row, newest=self._newest, before=before, disk=self._disk,
            rich=self._rich, renderer=self._renderer,
        )  # fmt: skip
        try:
            if row.ambiguous:
                await self._probe()
            await delivery.run()
        except (_LeftError, asyncio.CancelledError) as left:
            with contextlib.suppress(Away, LeadershipLost):  # it counts as begun then: that alone does no harm
                await self._store.leave(row.id)
            if isinstance(left, asyncio.CancelledError):
                raise
            return
        except TelegramProblem as problem:
            await self._settle(row, problem, delivery.act)
            return
        self._newest.settle(row.address)
        if row.kind == "final" and row.turn_id is not None:
            tell_step(log, "answer_sent", {"began": began}, turn=row.turn_id)
        await self._note(lambda: self._store.sent(row.id))
        self.problem = None
        self._events.publish([WakeReactions(), WakeFolds()])

    async def _probe(self) -> None:
        """Make a call that shows nothing: before it is answered, what may stand already is not sent again."""
        try:
            await self._api.probe()
        except Ambiguous as problem:
            raise NotSent(str(problem)) from None  # the message itself was not tried

    async def _wait_for_budget(self, queue: Queue) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine runs in one
        self._waiting[queue] = task
        try:
            await self._turnstile.wait(queue.chat_id, queue.urgency)
        finally:
            del self._waiting[queue]

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

    async def _settle(self, row: OutboxRow, problem: TelegramProblem, act: Act) -> None:
        """Do what follows a problem that the row did not get beyond."""
        step = after(problem, act, Tries(row.attempts, row.ambiguous))
        if isinstance(problem, Unauthorized):
            self.problem = str(problem)
        match step:
            case Hold():
                log.info("a message waits for its topic", extra={"outbox": row.id, "chat": row.address.chat_id})
                await self._store.hold(row.id)
            case Again() | Probe():
                if isinstance(problem, Throttled):
                    self._budgets.throttle(row.address.chat_id, problem.retry_after)
                elif row.kind == "notice" and row.age > NOTICE_SECONDS:
                    await self._give_up(row, str(problem))
                    return
                await self._later(row, problem, step)
            case _:
                await self._give_up(row, step.words if isinstance(step, Dead) else str(problem))

    async def _later(self, row: OutboxRow, problem: TelegramProblem, step: Again | Probe) -> None:
        log.warning(
            "a message waits to be sent again",
            extra={"outbox": row.id, "chat": row.address.chat_id, "seconds": step.pause, "why": str(problem)},
        )
        if isinstance(step, Probe):
            UNKNOWN.inc()
            await self._store.unknown(row.id, step.pause, str(problem))
        else:
            await self._store.retry(row.id, step.pause, str(problem))

    async def _give_up(self, row: OutboxRow, words: str) -> None:
        ids = {"outbox": row.id, "chat": row.address.chat_id, "topic": row.address.topic_id}
        log.warning("a message cannot be delivered", extra={**ids, "why": words})
        await self._note(lambda: self._store.dead(row.id, words))
        LOST.labels(row.kind).inc()  # once it is recorded: else whoever comes next gives it up, and counts it, too
        self._events.publish([MessageLost(row.address, words), WakeFolds()])
