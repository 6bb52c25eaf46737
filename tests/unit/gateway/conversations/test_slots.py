"""Who is next where all slots are taken."""

from __future__ import annotations

import asyncio
import contextlib
import random
from types import SimpleNamespace

import pytest

from agent_gateway.conversations.slotqueue import AGE_SECONDS, SlotQueue
from agent_gateway.conversations.slots import Slots

ANN, BEN, EVE = 41, 42, 43


def before(queue, thread, turn, person, since=0.0, now=0.0):
    return queue.count_before(thread, turn, person, since, now)


def join(queue, *waiting):
    for thread, turn, person in waiting:
        queue.join(thread, turn, person, 0.0)


def give_all(queue, now=0.0):
    """Return the threads in the order in which they get a slot, each slot kept by its person."""
    order = []
    people = {thread: one.person for thread, one in queue._waiting.items()}
    while waiting := queue.order(now):
        first = waiting[0]
        order.append(first)
        queue.leave(first)
        queue.working = {**queue.working, people[first]: queue.working.get(people[first], 0) + 1}
    return order


def test_one_persons_turns_go_by_when_they_were_written():
    queue = SlotQueue()
    assert queue.order(0) == []
    join(queue, (1, 30, ANN), (2, 20, ANN))
    assert queue.order(0) == [2, 1]
    assert [before(queue, *one) for one in ((2, 20, ANN), (1, 30, ANN), (3, 31, ANN))] == [0, 1, 2]
    queue.leave(2)
    queue.leave(2)
    assert queue.order(0) == [1]


def test_several_people_go_by_who_wrote_first():
    queue = SlotQueue()
    join(queue, (1, 30, ANN), (2, 10, BEN), (3, 20, EVE))
    assert give_all(queue) == [2, 3, 1]


def test_the_turns_of_one_person_wait_behind_the_first_of_another():
    queue = SlotQueue()
    join(queue, *((n, n, ANN) for n in range(1, 5)))
    assert before(queue, 9, 9, BEN) == 1
    join(queue, (9, 9, BEN), (10, 10, BEN))
    assert [before(queue, n, n, ANN) for n in range(1, 5)] == [0, 2, 4, 5]
    assert give_all(queue) == [1, 9, 2, 10, 3, 4]


def test_slots_that_a_person_has_count_too():
    queue = SlotQueue()
    queue.working = {ANN: 2, EVE: 1}
    join(queue, (1, 1, ANN), (2, 2, EVE))
    assert before(queue, 3, 3, BEN) == 0
    assert queue.order(0) == [2, 1]
    assert not queue.is_empty_but_for(1)


def test_whoever_is_told_a_number_gets_a_slot_in_that_order():
    rng = random.Random(5)
    queue = SlotQueue()
    waiting = [(n, rng.randrange(1000) * 100 + n, rng.choice([ANN, ANN, ANN, BEN, EVE])) for n in range(40)]
    join(queue, *waiting)
    by_number = sorted(waiting, key=lambda one: before(queue, *one))
    assert [before(queue, *one) for one in by_number] == list(range(40))
    assert give_all(queue) == [thread for thread, _, _ in by_number]


def test_a_steady_stream_of_new_people_passes_nobody_for_ever():
    queue = SlotQueue()
    queue.working = {ANN: 1}
    queue.join(1, 1, ANN, 0.0)
    for minute in range(1, 100):
        now = minute * 60.0
        queue.join(1000 + minute, 1000 + minute, 500 + minute, now)  # somebody who has no slot
        first = queue.order(now)[0]
        if first == 1:
            break
        queue.leave(first)
    assert now == AGE_SECONDS


def test_the_numbers_that_changed_are_found_and_each_is_told_once():
    queue = SlotQueue()
    join(queue, (1, 1, ANN), (2, 2, BEN), (3, 3, EVE))
    for thread, number in ((1, 1), (2, 2), (3, 3)):
        queue.note_shown(thread, number)
    assert queue.find_outdated(0) == []
    queue.leave(1)
    assert queue.find_outdated(0) == [(2, 2, 1), (3, 3, 2)]
    queue.note_shown(2, 1)
    assert queue.find_outdated(0) == [(3, 3, 2)]


def test_another_turn_of_a_thread_waits_anew_and_the_same_keeps_its_age():
    queue = SlotQueue()
    queue.join(1, 1, ANN, 5.0)
    queue.join(1, 1, ANN, 9.0)
    assert queue._waiting[1].since == 5.0
    queue.join(1, 2, ANN, 9.0)
    assert queue._waiting[1].since == 9.0


class PlayedStore:
    """Runs that are recorded as transactions end; each step takes a while, by chance, and some transactions fail.

    Args:
        chance: Decides that.
        holds: Where a transaction waits that would record a run.
    """

    def __init__(self, chance=None, holds=None):
        self.chance, self.holds, self.recorded = chance, holds, 0
        self.runs = SimpleNamespace(count_open=self.count_open)

    async def rest(self):
        for _ in range(self.chance.randrange(5) if self.chance else 0):
            await asyncio.sleep(0)

    async def count_open(self, _thread_id):
        await self.rest()
        found = self.recorded
        await self.rest()
        return found

    @contextlib.asynccontextmanager
    async def transaction(self):
        wanted = []

        async def want(thread_id, *_):
            if self.holds is not None:
                await self.holds(thread_id)
            wanted.append(thread_id)
            return "taken"

        yield SimpleNamespace(runs=SimpleNamespace(want=want))
        await self.rest()
        if self.chance is not None and self.chance.random() < 0.2:
            raise ConnectionError
        self.recorded += len(wanted)
        await self.rest()


def make_slots(store, most):
    return Slots(store, SimpleNamespace(), lambda _: None, most=most)


def take(slots, thread_id):
    return slots.take(thread_id, 1, None, "default", None)


async def test_a_slot_is_taken_while_another_one_is():
    """Twenty at once would each wait for the commits of all before it."""
    begun, go = set(), asyncio.Event()

    async def hold(thread_id):
        begun.add(thread_id)
        if len(begun) == 3:
            go.set()
        await go.wait()

    slots = make_slots(PlayedStore(holds=hold), 3)
    assert await asyncio.gather(*(take(slots, n) for n in range(3))) == ["taken"] * 3


@pytest.mark.parametrize("fails", [False, True])
async def test_of_two_that_would_share_the_last_slot_the_later_waits_for_what_becomes_of_it(fails):
    go = asyncio.Event()

    async def hold(thread_id):
        if thread_id == 1:
            await go.wait()
            if fails:
                raise ConnectionError

    slots = make_slots(PlayedStore(holds=hold), 1)
    first, later = asyncio.create_task(take(slots, 1)), asyncio.create_task(take(slots, 2))
    await asyncio.wait({later}, timeout=0.05)
    assert not later.done()
    go.set()
    with pytest.raises(ConnectionError) if fails else contextlib.nullcontext():
        assert await first == "taken"
    assert await later == ("taken" if fails else None)


async def test_whoever_is_cancelled_leaves_no_slot_taken():
    go = asyncio.Event()
    store = PlayedStore(holds=lambda _: go.wait())
    slots = make_slots(store, 1)
    first, later = asyncio.create_task(take(slots, 1)), asyncio.create_task(take(slots, 2))
    await asyncio.wait({first, later}, timeout=0.05)
    later.cancel()
    first.cancel()
    await asyncio.gather(first, later, return_exceptions=True)
    go.set()
    assert await take(slots, 3) == "taken"


@pytest.mark.parametrize("seed", range(30))
async def test_never_more_than_there_are_whatever_fails_and_none_is_left_over(seed):
    chance = random.Random(seed)
    store, most = PlayedStore(chance), chance.randrange(1, 6)
    slots = make_slots(store, most)

    async def ask(thread_id):
        while store.recorded < most:
            await store.rest()
            with contextlib.suppress(ConnectionError):
                if await take(slots, thread_id) is not None:
                    return
            assert store.recorded <= most
            await asyncio.sleep(0)

    await asyncio.gather(*(ask(n) for n in range(12)))
    assert store.recorded == most
