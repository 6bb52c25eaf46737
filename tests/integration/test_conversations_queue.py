"""Which threads are looked at when, on a real Postgres: what is due and nothing else."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from agent_gateway.conversations import queue as queues
from agent_gateway.conversations.queue import ThreadQueue
from agent_gateway.effects import WakeThread
from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.store.errors import Away
from agent_gateway.store.leadership import take_over
from agent_gateway.store.rows import Address, ThreadKind
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


class Looks:
    """Notes which threads are looked at; answers and faults by thread."""

    def __init__(self):
        self.seen, self.times, self.after, self.faults = [], [], {}, {}
        self.at_work = self.most_at_work = 0
        self.hold = None

    async def reconcile(self, thread):
        self.seen.append(thread.id)
        self.times.append(asyncio.get_running_loop().time())
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            if self.hold is not None:
                await self.hold.wait()
            if self.faults.get(thread.id):
                raise self.faults[thread.id].pop(0)
        finally:
            self.at_work -= 1
        return self.after.pop(thread.id, None)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(queues, "DUE_SECONDS", 0.05)
    monkeypatch.setattr(queues, "LOST_SECONDS", 0.2)


@pytest.fixture
def looks():
    return Looks()


@contextlib.asynccontextmanager
async def running(store, looks, **more):
    queue = ThreadQueue(store, dict.fromkeys(ThreadKind, looks), lambda: None, **more)
    store.events = Events()
    store.events.on(WakeThread, lambda effect: queue.add(effect.thread_id))
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def make_threads(store, count):
    threads = [await store.threads.get_or_create(Address(BOT_ID, n), f"tg-{n}", "") for n in range(1, count + 1)]
    return [thread.id for thread in threads]


async def mark(store, *ids):
    async with store.transaction() as tx:
        tx.after(*map(WakeThread, ids))


async def due(store):
    return await store.pool.fetchval("SELECT count(*) FROM threads WHERE due_at IS NOT NULL")


async def settled(store):
    async def nothing_due():
        return not await due(store)

    await eventually(nothing_due)


async def test_a_thread_that_a_transaction_marks_is_looked_at_once_and_is_due_no_more(store, looks, monkeypatch):
    monkeypatch.setattr(queues, "LOST_SECONDS", 600.0)  # its hint is not lost, however slow the look is
    one, other = await make_threads(store, 2)
    async with running(store, looks):
        await mark(store, one)
        await settled(store)
        await mark(store, other)
        await eventually(lambda: other in looks.seen)
        assert looks.seen == [one, other]


async def test_a_hint_that_is_lost_costs_seconds(store, looks):
    one, _ = await make_threads(store, 2)
    async with running(store, looks):
        store.events = Events()  # nobody hears
        await mark(store, one)
        await settled(store)
        assert set(looks.seen) == {one}


async def test_a_thread_marked_during_its_look_is_looked_at_again(store, looks):
    one, _ = await make_threads(store, 2)
    looks.hold = asyncio.Event()
    async with running(store, looks):
        await mark(store, one)
        await eventually(lambda: looks.seen)
        store.events = Events()  # the second mark's hint is lost
        await mark(store, one)
        looks.hold.set()
        await settled(store)
        assert looks.seen[:2] == [one, one]


async def test_after_a_take_over_every_open_thread_is_looked_at_once_and_no_other(store, looks, monkeypatch):
    monkeypatch.setattr(queues, "PAGE", 2)
    monkeypatch.setattr(queues, "LOST_SECONDS", 600.0)
    ids = await make_threads(store, 9)
    await store.pool.execute(
        "INSERT INTO runs (thread_id, number, state) SELECT unnest($1::bigint[]), 1, 'live'", ids[:5]
    )
    await take_over(store, "tg")
    async with running(store, looks):
        await eventually(lambda: len(looks.seen) >= 5)
        await mark(store, ids[8])
        await eventually(lambda: ids[8] in looks.seen)
        assert sorted(looks.seen) == [*ids[:5], ids[8]]


async def test_a_thread_comes_back_when_its_look_said(store, looks):
    one, _ = await make_threads(store, 2)
    looks.after[one] = 0.1
    async with running(store, looks) as queue:
        await mark(store, one)
        await eventually(lambda: looks.seen == [one, one])
        assert queue.delayed == 0


async def test_a_thread_that_cannot_be_looked_at_pauses_longer_each_time_and_holds_up_no_other(store, looks):
    one, other = await make_threads(store, 2)
    looks.faults[one] = [Away("gone")] * 50
    async with running(store, looks):
        await mark(store, one)
        await eventually(lambda: looks.seen.count(one) >= 3)
        first, second, third = looks.times[:3]
        # at once, after 0.2 s, after 0.8 s more, each by a fifth shorter at most: not with each query for what is due
        assert (second - first >= 0.15, third - second >= 0.6) == (True, True)
        await mark(store, other)
        await eventually(lambda: other in looks.seen)
        assert await due(store) == 1


async def test_a_mistake_of_ours_in_one_thread_touches_no_other(store, looks):
    one, other = await make_threads(store, 2)
    looks.faults[one] = [KeyError("ours")]
    async with running(store, looks):
        await mark(store, one, other)
        await eventually(lambda: looks.seen.count(one) == 2)
        assert other in looks.seen
        await settled(store)


async def test_lost_leadership_ends_the_queue(store, looks):
    (one,) = await make_threads(store, 1)
    looks.faults[one] = [LeadershipLost("another leads")]
    queue = ThreadQueue(store, dict.fromkeys(ThreadKind, looks), lambda: None)
    queue.add(one)
    with pytest.raises(ExceptionGroup) as caught:
        await queue.run()
    assert caught.group_contains(LeadershipLost)


async def test_so_many_are_looked_at_at_once_and_no_more(store, looks):
    ids = await make_threads(store, 12)
    looks.hold = asyncio.Event()
    async with running(store, looks, workers=3):
        await mark(store, *ids)
        await eventually(lambda: looks.at_work == 3)
        looks.hold.set()
        await settled(store)
        assert looks.most_at_work == 3


async def test_a_thread_that_is_gone_is_due_for_nobody(store, looks):
    async with running(store, looks) as queue:
        queue.add(4711)
        await eventually(lambda: queue.length == 0)
        assert looks.seen == []
