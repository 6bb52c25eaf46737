from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from agent_operator import workqueue
from agent_operator.errors import KubeError
from agent_operator.workqueue import WorkQueue
from tests.support.eventually import eventually


class Work:
    """Notes what it is asked for, holds each key until it is let go, and fails as told."""

    def __init__(self):
        self.begun = []
        self.ended = []
        self.open = asyncio.Event()
        self.failures = []
        self.at_once = self.most = 0

    async def __call__(self, key):
        self.begun.append(key)
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
async def running(work, workers=2):
    queue = WorkQueue(work, workers=workers, expected=(KubeError,))
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def work():
    return Work()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(workqueue, "BACKOFF", (0.01, 0.02))


async def test_a_key_waits_once(work):
    async with running(work) as queue:
        for key in ("a", "b", "a", "a"):
            queue.add(key)
        assert queue.length == 2
        work.open.set()
        await eventually(lambda: len(work.ended) == 2)
        assert sorted(work.ended) == ["a", "b"]


async def test_a_key_added_while_it_is_worked_on_is_looked_at_once_more_and_never_by_two(work):
    async with running(work) as queue:
        queue.add("a")
        await eventually(lambda: work.begun)
        for _ in range(3):
            queue.add("a")
        work.open.set()
        await eventually(lambda: len(work.ended) == 2)
        assert (work.begun, work.most) == (["a", "a"], 1)


async def test_other_keys_do_not_wait(work):
    async with running(work, workers=3) as queue:
        for key in "abcd":
            queue.add(key)
        await eventually(lambda: len(work.begun) == 3)
        assert queue.length == 1
        work.open.set()
        await eventually(lambda: len(work.ended) == 4)


async def test_a_key_that_failed_is_tried_again_and_told_by_its_sentence(work, quick, caplog):
    work.open.set()
    work.failures = [KubeError("The API server is away."), KubeError("The API server is away.")]
    async with running(work) as queue:
        queue.add("a")
        await eventually(lambda: work.ended)
    assert work.begun == ["a"] * 3
    assert [(r.levelno, r.problem, r.exc_info) for r in caplog.records] == [
        (logging.WARNING, "The API server is away.", None)
    ] * 2
    assert [r.pause for r in caplog.records] == [0.01, 0.02]


async def test_a_mistake_of_ours_ends_nothing_and_leaves_its_trace(work, quick, caplog):
    work.open.set()
    work.failures = [ZeroDivisionError("x")]
    async with running(work) as queue:
        queue.add("a")
        await eventually(lambda: work.ended == ["a"])
        queue.add("b")
        await eventually(lambda: work.ended == ["a", "b"])
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info[0] is ZeroDivisionError


async def test_of_several_notes_for_later_the_earliest_counts(work):
    work.open.set()
    async with running(work) as queue:
        queue.add_later("a", 3600)
        queue.add_later("a", 0.01)
        queue.add_later("a", 60)
        await eventually(lambda: work.ended == ["a"])
        assert queue._timers == {}
