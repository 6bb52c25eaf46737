from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import pytest

from agent_kube.errors import Away, Throttled
from agent_kube.pace import Backoff
from agent_kube.queue import WorkQueue
from tests.support.eventually import eventually

QUICK = Backoff(first=0.01, factor=2.0, cap=0.04, jitter=0.0)


class LostLead(Exception):
    pass


class Looks:
    """Notes the keys that are looked at, holds each until it is let go, and fails as told."""

    def __init__(self):
        self.begun = []
        self.ended = []
        self.times = []
        self.open = asyncio.Event()
        self.failures = []
        self.at_once = self.most = 0

    async def __call__(self, key):
        self.begun.append(key)
        self.times.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.open.wait()
            if self.failures:
                raise self.failures.pop(0)
            self.ended.append(key)
        finally:
            self.at_once -= 1


@contextlib.asynccontextmanager
async def running(look, workers=2, **settings):
    queue = WorkQueue(look, workers=workers, **{"expected": (Away, Throttled), "backoff": QUICK, **settings})
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def looks():
    return Looks()


async def test_a_key_waits_once(looks):
    async with running(looks, workers=1) as queue:
        queue.add("first")
        await eventually(lambda: looks.begun)
        for _ in range(5):
            queue.add("a")
            queue.add("b")
        assert queue.length == 2
        looks.open.set()
        await eventually(lambda: len(looks.ended) == 3 and not queue.active)
        assert looks.ended == ["first", "a", "b"]


async def test_a_key_has_one_worker_and_what_comes_meanwhile_leads_to_one_more_look(looks):
    async with running(looks, workers=4) as queue:
        queue.add("a")
        await eventually(lambda: looks.begun)
        queue.add("a")
        queue.add_idle("a")
        queue.add("a")
        assert (queue.length, queue.active) == (0, 1)
        looks.open.set()
        await eventually(lambda: looks.ended == ["a", "a"])
        assert looks.most == 1


async def test_only_so_many_looks_at_once_and_first_come_first_served(looks):
    async with running(looks, workers=3) as queue:
        for key in range(20):
            queue.add(key)
        await eventually(lambda: queue.active == 3)
        assert looks.begun == [0, 1, 2]
        looks.open.set()
        await eventually(lambda: len(looks.ended) == 20)
        assert looks.begun == list(range(20))
        assert looks.most == 3


async def test_idle_keys_wait_until_no_other_is_due(looks):
    async with running(looks, workers=1) as queue:
        queue.add("first")
        await eventually(lambda: looks.begun)
        for key in ("i", "j", "a"):
            queue.add_idle(key)
        queue.add("a")
        queue.add("b")
        queue.add_idle("b")
        assert queue.length == 4
        looks.open.set()
        await eventually(lambda: len(looks.ended) == 5 and not queue.active)
        assert looks.ended == ["first", "a", "b", "i", "j"]


async def test_of_several_delays_the_earliest_counts(looks):
    looks.open.set()
    async with running(looks) as queue:
        queue.add_later("a", 60)
        queue.add_later("a", 0.01)
        queue.add_later("a", 30)
        assert queue.delayed == 1
        await eventually(lambda: looks.ended == ["a"])
        assert queue.delayed == 0


async def test_a_key_that_fails_comes_again_with_growing_pauses_until_it_succeeds(looks):
    looks.open.set()
    looks.failures = [Away("m") for _ in range(4)]
    async with running(looks) as queue:
        queue.add("a")
        await eventually(lambda: looks.begun)
        await eventually(lambda: queue.failing == 1)
        await eventually(lambda: looks.ended == ["a"])
        gaps = [b - a for a, b in zip(looks.times, looks.times[1:], strict=False)]
        assert all(gap >= pause for gap, pause in zip(gaps, (0.01, 0.02, 0.04, 0.04), strict=True))
        await eventually(lambda: queue.failing == 0)
        looks.failures = [Away("m")]
        queue.add("a")
        await eventually(lambda: looks.ended == ["a", "a"])
        assert looks.times[-1] - looks.times[-2] < 1
        assert queue._failures == {}


async def test_a_failure_may_ask_for_its_own_pause(looks):
    looks.open.set()
    looks.failures = [Throttled("m", 429, "R", 0.15)]
    async with running(looks) as queue:
        queue.add("a")
        await eventually(lambda: looks.ended == ["a"])
        assert looks.times[1] - looks.times[0] >= 0.15


async def test_pauses_of_other_errors_are_asked_of_who_knows_them(looks):
    looks.open.set()
    looks.failures = [OSError("m")]
    async with running(looks, pause_of=lambda error: 0.15 if isinstance(error, OSError) else None) as queue:
        queue.add("a")
        await eventually(lambda: looks.ended == ["a"])
        assert looks.times[1] - looks.times[0] >= 0.15


async def test_a_failing_key_stops_no_other(looks, caplog):
    looks.open.set()
    looks.failures = [ValueError("a mistake"), Away("it is away")]
    with caplog.at_level(logging.WARNING, "agent_kube.queue"):
        async with running(looks, workers=1) as queue:
            for key in "abc":
                queue.add(key)
            await eventually(lambda: sorted(looks.ended) == ["a", "b", "c"])
        mistake, away = caplog.records[:2]
    assert (mistake.levelname, bool(mistake.exc_info), mistake.problem) == ("ERROR", True, "")
    assert (away.levelname, bool(away.exc_info), away.problem) == ("WARNING", False, "it is away")


async def test_a_fatal_error_ends_the_queue_and_every_other_look(looks):
    queue = WorkQueue(looks, workers=3, fatal=(LostLead,), backoff=QUICK)
    looks.failures = [LostLead("lost")]
    task = asyncio.create_task(queue.run())
    for key in "abcd":
        queue.add(key)
    await eventually(lambda: queue.active == 3)
    held, looks.open = looks.open, asyncio.Event()
    held.set()
    with pytest.raises(LostLead, match="lost"):
        await task
    assert looks.at_once == 0
    assert queue.active == 0


async def test_what_was_interrupted_is_looked_at_when_the_queue_runs_again(looks):
    queue = WorkQueue(looks, workers=2, backoff=QUICK)
    for key in "abc":
        queue.add(key)
    for _ in range(2):
        task = asyncio.create_task(queue.run())
        await eventually(lambda: queue.active == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (queue.active, queue.length) == (0, 3)
    looks.open.set()
    task = asyncio.create_task(queue.run())
    await eventually(lambda: sorted(looks.ended) == ["a", "b", "c"])
    task.cancel()


async def test_a_look_that_hangs_is_ended_and_tried_again(looks):
    async with running(looks, workers=1, look_seconds=0.05) as queue:
        queue.add("a")
        await eventually(lambda: len(looks.begun) >= 2)
        looks.open.set()
        await eventually(lambda: looks.ended)
        assert looks.most == 1


async def test_something_cancelled_inside_a_look_is_a_failure_of_that_look(looks):
    looks.open.set()
    looks.failures = [asyncio.CancelledError()]
    async with running(looks, workers=1) as queue:
        queue.add("a")
        queue.add("b")
        await eventually(lambda: sorted(looks.ended) == ["a", "b"])


async def test_how_long_the_first_waits_is_told(looks):
    now = [100.0]
    async with running(looks, workers=1, clock=lambda: now[0]) as queue:
        assert queue.oldest_wait == 0
        queue.add("held")
        await eventually(lambda: queue.active)
        queue.add("a")
        now[0] += 5
        queue.add("b")
        assert queue.oldest_wait == 5
        looks.open.set()
        await eventually(lambda: len(looks.ended) == 3)
        queue.add_idle("c")
        assert queue.oldest_wait == 0


async def test_twenty_thousand_keys_cost_no_more_each_than_two_thousand():
    async def look(key):
        pass

    async def cost(count):
        queue = WorkQueue(look, workers=8, backoff=QUICK)
        begun = time.process_time()
        for key in range(count):
            queue.add_later(key, 60)
            queue.add_idle(key)
            queue.add(key)
            queue.add_later(key, 0)
        task = asyncio.create_task(queue.run())
        while queue.length or queue.active or queue.delayed:
            assert queue.oldest_wait >= 0
            await asyncio.sleep(0)
        task.cancel()
        return (time.process_time() - begun) / count

    small = min([await cost(2_000) for _ in range(2)])
    assert min([await cost(20_000) for _ in range(2)]) < 4 * small
