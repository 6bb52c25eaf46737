"""Each due time is asked once: over clock changes, and whatever is killed. The long form is `make bench-schedules`."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from dev.bench.duetimes import plan_many
from dev.bench.schedules import play, strike

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]


@pytest.mark.parametrize(("month", "day"), [(3, 6), (10, 23)])
async def test_each_due_time_around_a_clock_change_is_asked_once(store, month, day):
    begin, end = datetime(2026, month, day, tzinfo=UTC), datetime(2026, month + 1, 8, tzinfo=UTC)
    due, problems = await play(store, plan_many(40, random.Random(month)), begin, end)
    assert problems == []
    assert due > 100


async def test_each_due_time_is_asked_once_over_kills_and_changes_of_the_lead(store, dsn):
    lateness, problems = await strike(store, dsn, 40, 4, 0.15, random.Random(3))
    assert problems == []
    assert len(lateness) == 40
