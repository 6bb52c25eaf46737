"""Who has a place, who yields it, and who is turned away."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.hooks.places import MOST_AT_ONCE, MOST_OF_ALL, YIELDS_AFTER, Places, end_reading


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def fill(places, clock, *hooks):
    """Take a place for each, a moment after each other; returns them and the list of those that were ended."""
    ended, taken = [], []
    for number, hook in enumerate(hooks):
        taken.append(places.enter(hook, lambda n=number: ended.append(n)))
        clock.now += 0.001
    return taken, ended


def test_one_hook_has_so_many_and_its_slowest_yields_once_it_had_its_time():
    clock = Clock()
    places = Places(clock)
    taken, ended = fill(places, clock, *["a"] * (MOST_AT_ONCE + 1))
    assert (taken[-1], ended) == (None, [])
    assert places.enter("b", list) is not None
    clock.now = YIELDS_AFTER + 0.0015  # the first two have had theirs
    assert [places.enter("a", list) is not None for _ in range(3)] == [True, True, False]
    assert ended == [0, 1]


def test_what_was_read_yields_to_nobody():
    clock = Clock()
    places = Places(clock)
    taken, ended = fill(places, clock, *["a"] * MOST_AT_ONCE)
    for place in taken:
        place.end = None
    clock.now = 100.0
    assert places.enter("a", list) is None
    places.leave(taken[3])
    assert places.enter("a", list) is not None
    assert ended == []


def test_all_hooks_together_have_so_many():
    clock = Clock()
    places = Places(clock)
    _, ended = fill(places, clock, *[f"h{n % 4}" for n in range(MOST_OF_ALL)])
    assert places.enter("new", list) is None
    clock.now = 100.0
    assert places.enter("new", list) is not None
    assert ended == [0]
    assert len(places._taken) == MOST_OF_ALL


async def read(begin):
    async with asyncio.timeout(None) as reading:
        begin(reading)
        await asyncio.Event().wait()


async def test_a_reading_that_is_over_by_itself_at_that_very_moment_is_no_fault():
    loop, ended = asyncio.get_running_loop(), []

    def end(reading):
        end_reading(reading)
        ended.append(reading.expired())

    def begin(reading):
        reading.reschedule(loop.time())
        loop.call_soon(end, reading)  # behind its time, and before whoever reads hears of that

    with pytest.raises(TimeoutError):
        await read(begin)
    assert ended == [True]
    with pytest.raises(TimeoutError):
        await read(end_reading)
