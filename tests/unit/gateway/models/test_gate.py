"""How many calls go out, and whose turn it is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack

import pytest

from agent_gateway.models.errors import Refusal
from agent_gateway.models.gate import CallLimits, Paces, Share
from tests.support.eventually import PATIENCE, eventually


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def refused(paces, run="a", size=1):
    with pytest.raises(Refusal) as error, paces.hold(run, size):
        pass
    return error.value.status, error.value.type


def test_a_run_has_so_many_calls_at_once():
    paces = Paces(CallLimits(at_once=2), Clock())
    with ExitStack() as held:
        held.enter_context(paces.hold("a", 1))
        held.enter_context(paces.hold("a", 1))
        assert refused(paces) == (429, "llm_calls_at_once")
        with paces.hold("b", 1):
            pass
    with paces.hold("a", 1):
        pass


def test_a_run_has_so_many_calls_a_minute():
    clock = Clock()
    paces = Paces(CallLimits(a_minute=3), clock)
    for _ in range(3):
        with paces.hold("a", 1):
            pass
    assert refused(paces) == (429, "llm_calls_a_minute")
    clock.now = 21
    with paces.hold("a", 1):
        pass
    assert refused(paces) == (429, "llm_calls_a_minute")


def test_a_runs_requests_have_a_size_together():
    paces = Paces(CallLimits(bytes_at_once=10), Clock())
    with paces.hold("a", 8):
        assert refused(paces, size=3) == (429, "llm_bytes_at_once")
        with paces.hold("a", 2):
            pass
    with paces.hold("a", 100):
        pass


def test_runs_that_are_idle_are_forgotten():
    clock = Clock()
    paces = Paces(CallLimits(), clock)
    for run in range(5000):
        with paces.hold(run, 1):
            pass
    assert len(paces._paces) <= 1025


async def test_runs_take_turns_however_much_one_asks_for():
    share, order = Share(1, "limit"), []

    async def ask(run):
        async with share.hold(run):
            order.append(run)

    async with AsyncExitStack() as held:
        await held.enter_async_context(share.hold("first"))
        tasks = []
        for run in ("greedy", "greedy", "greedy", "other", "third"):
            tasks.append(asyncio.create_task(ask(run)))
            await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == ["greedy", "other", "third", "greedy", "greedy"]


async def test_who_hangs_up_while_waiting_leaves_nothing_behind():
    share = Share(2, "limit")
    async with share.hold("a", 2):
        waiting = [asyncio.create_task(share.hold(run, 2).__aenter__()) for run in ("b", "c")]
        await eventually(lambda: len(share._waiting) == 2)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert not share._waiting
    async with asyncio.timeout(PATIENCE), share.hold("d", 2):
        pass


async def test_who_waits_too_long_is_told():
    share = Share(1, "llm_calls_of_all", wait=0.01)
    async with share.hold("a"):
        with pytest.raises(Refusal) as error:
            async with share.hold("b"):
                pass
    assert (error.value.status, error.value.type) == (503, "llm_calls_of_all")
    async with share.hold("b"):
        pass
