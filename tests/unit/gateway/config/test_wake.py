"""Hints between loops."""

from __future__ import annotations

import asyncio

from agent_gateway.wake import Wake
from tests.support.eventually import eventually


async def test_a_thread_is_due_once_however_often_it_was_told():
    wake = Wake()
    for thread in (1, 2, 1, 1):
        wake.thread(thread)
    assert await wake.next_threads() == [1, 2]


async def test_a_waiting_loop_is_woken():
    wake = Wake()
    waiting = asyncio.create_task(wake.next_threads())
    await asyncio.sleep(0)
    wake.thread(7)
    assert await waiting == [7]


async def test_timers_of_a_thread_do_not_pile_up():
    wake = Wake()
    for _ in range(100):
        wake.thread_later(1, 0.02)
    assert await wake.next_threads() == [1]
    rung = asyncio.create_task(wake.next_threads())
    done, _ = await asyncio.wait({rung}, timeout=0.1)
    assert not done
    rung.cancel()


async def test_the_soonest_timer_stands():
    wake = Wake()
    wake.thread_later(1, 60)
    wake.thread_later(1, 0.01)
    wake.thread_later(1, 60)
    assert await asyncio.wait_for(wake.next_threads(), 5) == [1]


async def test_the_outbox_and_the_inbox_are_told():
    wake, told = Wake(), []
    wake.on_outbox = lambda: told.append("outbox")
    wake.outbox()
    wake.inbox()
    await eventually(wake.inbox_due.is_set)
    assert told == ["outbox"]
