"""The queues of the inbox: order, bounds, and one policy for each kind of error."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.inbox import queues
from agent_gateway.inbox.queues import PARALLEL, PARALLEL_COMMANDS, TRIES, InboxQueues
from agent_gateway.store.errors import Away, Raced, Refused, TooSlow
from agent_gateway.store.rows import InboxRow
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.wake import Wake
from agent_kube.pace import Backoff
from tests.support.eventually import eventually


class Inbox:
    """Rows in memory: `(number, queue, payload)`."""

    def __init__(self, *rows):
        self.inbox = self
        self.rows = {number: InboxRow(number, queue, text, datetime.now(UTC)) for number, queue, text in rows}
        self.faults = []

    async def next(self, but=()):
        if self.faults:
            raise self.faults.pop()
        first = {}
        for row in self.rows.values():
            first.setdefault(row.queue_key, row)
        return [row for queue, row in first.items() if queue not in but]


class Taker:
    """Takes rows out of an Inbox, as told by `faults` of each number."""

    def __init__(self, inbox, faults=None):
        self.inbox, self.faults, self.taken, self.tries, self.aside = inbox, faults or {}, [], [], {}
        self.recording, self.most, self.gate = set(), 0, None

    async def plan(self, row):
        return row.payload

    def is_prompt(self, plan):
        return plan == "prompt"

    async def record(self, row, plan):
        self.tries.append((row.update_id, time.monotonic()))
        self.recording.add(row.update_id)
        self.most = max(self.most, len(self.recording))
        try:
            if self.gate is not None:
                await self.gate.wait()
            faults = self.faults.get(row.update_id)
            if faults:
                raise faults.pop(0)
        finally:
            self.recording.discard(row.update_id)
        self.taken.append(row.update_id)
        del self.inbox.rows[row.update_id]

    async def set_aside(self, row, kind, problem):
        self.aside[row.update_id] = (kind, problem)
        del self.inbox.rows[row.update_id]


@contextlib.asynccontextmanager
async def running(inbox, taker):
    task = asyncio.create_task(InboxQueues(inbox, Wake(Events()), lambda: None, taker).run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(queues, "_AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(queues, "_REST", Backoff(first=0.1, factor=2.0, cap=1.0, jitter=0.0))


async def test_a_queue_is_taken_in_order_and_another_does_not_wait_for_it():
    inbox = Inbox((1, "a", "prompt"), (2, "a", "prompt"), (3, "b", "prompt"))
    taker = Taker(inbox, {1: [KeyError()]})
    async with running(inbox, taker):
        await eventually(lambda: not inbox.rows)
    assert taker.taken == [3, 1, 2]


@pytest.mark.parametrize("error", [KeyError("contents"), Raced("again"), TooSlow("slow")])
async def test_a_row_whose_fault_may_be_its_own_is_set_aside_after_a_few_tries(error):
    inbox = Inbox((1, "a", "prompt"), (2, "a", "prompt"))
    taker = Taker(inbox, {1: [error] * 9})
    async with running(inbox, taker):
        await eventually(lambda: not inbox.rows)
    assert [number for number, _ in taker.tries] == [1] * TRIES + [2]
    assert taker.aside == {1: ("failed", f"it cannot be handled: {type(error).__name__}")}


@pytest.mark.parametrize(
    ("error", "kind"),
    [(MalformedUpdate("message.chat: missing"), "malformed"), (Refused("it cannot be stored"), "failed")],
)
async def test_what_no_trying_again_helps_is_set_aside_at_once(error, kind):
    inbox = Inbox((1, "a", "prompt"), (2, "a", "prompt"))
    taker = Taker(inbox, {1: [error]})
    async with running(inbox, taker):
        await eventually(lambda: not inbox.rows)
    assert taker.aside == {1: (kind, str(error))}
    assert [number for number, _ in taker.tries] == [1, 2]


async def test_while_the_database_is_away_the_whole_inbox_rests_longer_each_time():
    inbox = Inbox((1, "a", "prompt"))
    taker = Taker(inbox, {1: [Away("gone")] * 3})
    async with running(inbox, taker):
        await eventually(lambda: len(taker.tries) == 2)
        inbox.rows[2] = InboxRow(2, "b", "prompt", datetime.now(UTC))  # of another queue: it rests as well
        await eventually(lambda: not inbox.rows)
    times = [when for _, when in taker.tries]
    assert taker.aside == {}  # as often as it takes
    assert times[1] - times[0] >= 0.09
    second = min(when for _, when in taker.tries[2:])
    assert second - times[1] >= 0.19


async def test_lost_leadership_and_a_database_that_does_not_tell_what_is_new_end_the_loop():
    inbox = Inbox((1, "a", "prompt"))
    async with running(inbox, Taker(inbox, {1: [LeadershipLost("lost")]})) as task:
        await eventually(task.done)
        assert isinstance(task.exception().exceptions[0], LeadershipLost)
    inbox.faults.append(Away("gone"))
    async with running(inbox, Taker(inbox)) as task:
        await eventually(task.done)
        assert isinstance(task.exception().exceptions[0], Away)


async def test_slow_commands_leave_a_transaction_to_messages():
    inbox = Inbox(*((n, f"!{n}", "command") for n in range(20)), (50, "a", "prompt"))
    taker = Taker(inbox)
    taker.gate = asyncio.Event()
    async with running(inbox, taker):
        await eventually(lambda: 50 in taker.recording and len(taker.recording) == PARALLEL)
        assert len(taker.recording - {50}) == PARALLEL_COMMANDS
        taker.gate.set()
        await eventually(lambda: not inbox.rows)
    assert taker.most == PARALLEL


async def test_rows_that_wait_for_their_transaction_are_bounded(monkeypatch):
    monkeypatch.setattr(queues, "MOST_TAKEN", 10)
    inbox = Inbox(*((n, f"!{n}", "prompt") for n in range(10)))
    taker = Taker(inbox)
    taker.gate = asyncio.Event()
    asked = []
    whole = inbox.next

    async def counted(but=()):
        asked.append(len(but))
        return await whole(but)

    inbox.next = counted
    async with running(inbox, taker):
        await eventually(lambda: len(taker.recording) == PARALLEL)
        inbox.rows[99] = InboxRow(99, "late", "prompt", datetime.now(UTC))
        taker.gate.set()
        await eventually(lambda: not inbox.rows)
    assert max(asked) < 10
