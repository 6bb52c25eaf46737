"""Pods that wait: who is given one, and that nobody is given it twice."""

from __future__ import annotations

import pytest

from agent_gateway.runners.pool import MOST_HELD, MOST_OF_POOL, HeldPod, WarmPool
from agent_gateway.store.claims import WarmPod


class Socket:
    def __init__(self):
        self.open, self.aborted = True, 0

    def abort(self):
        self.open = False
        self.aborted += 1


def hold(pool, number, *, class_name="default", pool_hash="h"):
    socket = Socket()
    pod = WarmPod(f"pod-{number}", f"uid-{number}", f"job-{number}", class_name, pool_hash)
    held = HeldPod(pod, lambda: socket.open, socket.abort)
    return held, socket, pool.add(held)


async def test_the_one_that_waited_longest_is_taken_first_and_once():
    pool = WarmPool()
    first, second = (hold(pool, n)[0] for n in (1, 2))
    assert [pool.take("default", "h") for _ in range(3)] == [first, second, None]


async def test_another_class_or_hash_is_not_taken():
    pool = WarmPool()
    hold(pool, 1)
    assert pool.take("other", "h") is None
    assert pool.take("default", "old") is None
    assert pool.count() == 1


async def test_one_whose_connection_is_gone_is_passed_over():
    pool = WarmPool()
    _, socket, _ = hold(pool, 1)
    second = hold(pool, 2)[0]
    socket.open = False
    assert pool.take("default", "h") is second


async def test_one_that_was_given_back_waits_again_and_one_that_is_gone_is_cut():
    pool = WarmPool()
    held, socket, _ = hold(pool, 1)
    pool.take("default", "h")
    pool.give_back(held)
    assert pool.take("default", "h") is held
    socket.open = False
    pool.give_back(held)
    assert (pool.count(), socket.aborted) == (0, 1)


async def test_a_pod_has_one_place_the_newest():
    pool = WarmPool()
    hold(pool, 1)
    newest = hold(pool, 1)[0]
    assert pool.count() == 1
    assert pool.take("default", "h") is newest


@pytest.mark.parametrize(("most", "spread"), [(MOST_OF_POOL, False), (MOST_HELD, True)])
async def test_there_are_no_more_than_so_many(most, spread):
    pool = WarmPool()
    added = [hold(pool, n, pool_hash=f"h{n}" if spread else "h")[2] for n in range(most + 1)]
    assert added == [True] * most + [False]
    assert pool.count() == most


async def test_nothing_is_held_by_one_that_closes():
    pool = WarmPool()
    _, socket, _ = hold(pool, 1)
    pool.close()
    assert socket.aborted == 1
    assert not hold(pool, 2)[2]


async def test_whoever_waits_for_a_welcome_hears_that_the_connection_is_gone():
    pool = WarmPool()
    held = hold(pool, 1)[0]
    held.close()
    assert await held.begun is False
    assert held.begin(None) is None
