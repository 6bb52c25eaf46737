"""A gateway's schedules over a real Postgres, with AgentSchedules in memory and a clock of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from agent_gateway.inbox.access import Access
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.fakeschedules import FakeSchedules
from agent_gateway.schedules.adopting import ScheduleAdopter
from agent_gateway.schedules.ending import Ending
from agent_gateway.schedules.firing import Firing
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.schedules.writing import ScheduleWriter
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday."""


class Lab:
    """What works with schedules, and the time that it is."""

    def __init__(self, store, resources=None, **settings):
        self.store, self.now = store, NOW
        self.changes = Changes()
        self.resources = resources or FakeSchedules(self.changes)
        self.access = Access([42, -100], [])
        self.adopter = ScheduleAdopter(
            store, self.resources, self.changes, self.access, bot_id=BOT_ID, bot_name="tg",
            settings=ScheduleSettings(**settings), clock=lambda: self.now,
        )  # fmt: skip
        self.firing = self.build_firing()
        self.ending = Ending(store, lambda: None)
        self.writer = ScheduleWriter(store, self.resources, lambda: None)

    def build_firing(self):
        return Firing(self.store, self.access, lambda: None, told=self.resources, clock=lambda: self.now)

    async def apply(self, name="morning", **spec):
        """Apply an AgentSchedule, and wait until it is taken up."""
        defaults = {"threadRef": {"name": "tg-42"}, "prompt": "Look at the *tests*.", "cron": "0 9 * * *"}
        known = self.resources.cached(name)
        if "at" in spec:
            del defaults["cron"]
        found = self.resources.put(name, **(spec if known is not None else {**defaults, **spec}))

        async def taken():
            row = (await self.store.schedules.named([name])).get(name)
            return row if row is not None and (row.uid, row.generation) == (found.uid, found.generation) else None

        return await eventually(taken)

    async def row(self, name="morning"):
        return (await self.store.schedules.named([name])).get(name)

    async def wait_until(self, moment):
        """Let the time come, and ask what is due then."""
        self.now = moment
        return await self.firing.ask_due()

    async def tell(self, name="morning"):
        """Write what is to be written; return what the status says."""
        await self.writer.write_due()
        return self.resources.statuses.get(name)

    async def turns(self):
        return await self.store.pool.fetch("SELECT * FROM turns ORDER BY id")

    async def times(self):
        """Return each due time with what became of it."""
        rows = await self.store.pool.fetch("SELECT due_at, outcome FROM schedule_turns ORDER BY due_at")
        return [(f"{row['due_at']:%d %H:%M}", row["outcome"]) for row in rows]

    async def end(self, state=TurnState.DONE, reason=None):
        """End the newest turn, and note that."""
        turn = (await self.turns())[-1]
        await self.store.turns.end(turn["id"], None, None, state, reason, Final("It is done."))
        await self.ending.note_ended()

    async def said(self):
        return [row["text"] for row in await self.store.pool.fetch("SELECT text FROM outbox ORDER BY id")]


@contextlib.asynccontextmanager
async def scheduling(store, resources=None, **settings):
    """Take up AgentSchedules for as long as this is open."""
    lab = Lab(store, resources, **settings)
    task = asyncio.create_task(lab.adopter.run())
    try:
        yield lab
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def on(day, hour=9, minute=0):
    """Return a time of March 2026, in UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def after(moment, **more):
    return moment + timedelta(**more)
