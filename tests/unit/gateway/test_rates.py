"""How often and how much."""

from __future__ import annotations

import pytest

from agent_gateway.rates import Bucket, Buckets, Rate
from agent_gateway.runners.reading import BYTES, FRAMES, LONGEST_PAUSE, FrameBudget


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_bucket_gives_what_is_in_it_and_fills_with_time(clock):
    bucket = Bucket(Rate(2, 3), clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now = 0.5
    assert bucket.has()
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_what_is_owed_takes_its_time(clock):
    bucket = Bucket(Rate(2, 3), clock)
    assert bucket.owe(3) == 0
    assert bucket.owe(1) == 0.5
    assert bucket.owe(1) == 1.0
    clock.now = 1
    assert bucket.owe(0) == 0


def test_keys_have_buckets_of_their_own_and_the_oldest_is_forgotten(clock):
    buckets = Buckets(Rate(1, 1), clock, most=2)
    assert buckets.of("a").take()
    assert not buckets.of("a").take()
    assert buckets.of("b").take()
    assert not buckets.of("a").has()
    buckets.of("c")
    assert not buckets.of("a").has()
    assert buckets.of("b").take()


def test_an_honest_answer_is_never_slowed(clock):
    """A frame of text each 50 ms, of a model that writes 500 characters a second, and a picture of 4 MB now and then."""
    budget = FrameBudget(clock)
    for number in range(20_000):
        clock.now = number * 0.05
        size = 4 << 20 if number % 200 == 0 else 225
        assert budget.spend(size, 0.05 if size > 1000 else 0.0002) == 0


@pytest.mark.parametrize(("size", "seconds"), [(100, 0.0), (8 << 20, 0.0), (100, 0.5)], ids=["frames", "bytes", "cpu"])
def test_frames_that_cost_too_much_wait(clock, size, seconds):
    budget = FrameBudget(clock)
    total = 0
    while clock.now < 60:
        clock.now += budget.spend(size, seconds)
        total += 1
        assert total <= FRAMES.burst + 60 * FRAMES.per_second + LONGEST_PAUSE * FRAMES.per_second
    assert total * size <= BYTES.burst + (60 + LONGEST_PAUSE) * BYTES.per_second + size
    assert total * seconds <= 1 + (60 + LONGEST_PAUSE) * 0.2 + seconds
