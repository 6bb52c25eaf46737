"""Which conversations are marked for agents that begin ahead, and how often those are tried for whom none may."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from agent_gateway.schedules.warming import REFUSED, Warmer
from agent_gateway.store.schedulerows import Coming

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DUE = NOW + timedelta(seconds=300)


class Played:
    """Schedules that are due soon, guests, and classes without a pool."""

    def __init__(self, *people):
        self.coming = [Coming(n, n, f"tg-{n}", n, n, DUE) for n in people]
        self.allowed, self.units, self.warmed, self.now = set(), 0, [], NOW
        schedules = SimpleNamespace(coming=self.find_coming)
        store = SimpleNamespace(schedules=schedules, transaction=self.transaction)
        classes = SimpleNamespace(
            find_class_name=lambda _: "default", find_class=self.find_class, find_pool=lambda _: None
        )
        self.warmer = Warmer(store, self, classes, lambda: None, seconds=300, clock=lambda: self.now)

    async def find_coming(self, now, until, most):
        return [one for one in self.coming if one.thread_id not in self.warmed]

    async def find_class(self, name):
        return object()

    async def read(self, session, person_id, chat_id):
        return SimpleNamespace(allowed=person_id in self.allowed)

    @asynccontextmanager
    async def transaction(self):
        self.units += 1

        async def warm(thread_id, until):
            self.warmed.append(thread_id)

        yield SimpleNamespace(threads=SimpleNamespace(warm=warm), after=lambda *_: None)

    async def look(self, seconds):
        """Look each second for so long."""
        for _ in range(seconds):
            await self.warmer.mark_due()
            self.now += timedelta(seconds=1)


async def test_a_schedule_of_somebody_who_lost_access_is_tried_in_pauses_that_grow():
    played = Played(42)
    await played.look(240)
    # at 0, 2, 8, 26, 80, and each minute from then on
    assert 5 <= played.units <= 10


async def test_it_holds_nobody_else_up():
    played = Played(42, 43)
    await played.look(1)
    played.allowed.add(43)
    played.coming.append(Coming(44, 43, "tg-43", 43, 43, DUE))
    await played.look(1)
    assert played.warmed == [43]


async def test_whoever_is_let_in_again_finds_an_agent_at_the_due_time():
    played = Played(42)
    await played.look(30)
    played.allowed.add(42)
    await played.look(int(REFUSED.cap * (1 + REFUSED.jitter)) + 1)
    assert played.warmed == [42]


@pytest.mark.parametrize("again", [True, False])
async def test_what_is_no_longer_due_soon_is_forgotten(again):
    played = Played(42)
    await played.look(20)
    held, played.coming = played.coming, []
    await played.look(1)
    assert not played.warmer._rests
    units, played.coming = played.units, held if again else []
    await played.look(1)
    assert played.units - units == again
