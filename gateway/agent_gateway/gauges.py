"""What the leader measures every few seconds: how much waits where, and how near limits are."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from prometheus_client import Gauge

from agent_gateway.config import GatewayConfig
from agent_gateway.context import Context
from agent_gateway.metrics import OUTBOX_AGE, OUTBOX_PENDING, RUNNERS_CONNECTED, RUNS_OPEN
from agent_gateway.store.errors import Away

EVERY_SECONDS: Final = 10.0
MOST_BUDGETS: Final = 50
"""Budgets that are told, of everybody and of classes; those nearest to their limits."""
INBOX_PENDING: Final = Gauge("openclaw_inbox_pending", "Updates that nobody has dealt with yet.")
INBOX_AGE: Final = Gauge("openclaw_inbox_age_seconds", "Age of the oldest update that nobody has dealt with yet.")
TURNS_OPEN: Final = Gauge(
    "openclaw_turns_open",
    "Turns of conversations that have not ended, by state: queued, delivered, started.",
    ["state"],
)
TURNS_AGE: Final = Gauge(
    "openclaw_turns_open_age_seconds", "Seconds for which the oldest turn in a state has been in it.", ["state"]
)
RUNS_STARTING: Final = Gauge("openclaw_runs_starting", "Runs that are wanted and whose pod has not called yet.")
RUNS_STARTING_AGE: Final = Gauge("openclaw_runs_starting_age_seconds", "Seconds since the oldest of these was wanted.")
SLOTS: Final = Gauge("openclaw_slots", "Runs of conversations that there may be at once (MAX_THREADS).")
SLOTS_WAITING: Final = Gauge("openclaw_slots_waiting", "Conversations that wait for a slot.")
CHATS_RESTING: Final = Gauge(
    "openclaw_chats_resting",
    "Chats to which nothing is sent for now, as Telegram asked to wait or did not take something.",
)
QUEUE_LENGTH: Final = Gauge(
    "openclaw_queue_length", "Conversations that are to be looked at, or are being looked at, now."
)
BUDGET_LEVEL: Final = Gauge(
    "openclaw_budget_level",
    "The part of a budget of today that is spent: of everybody together (scope day), and of a class.",
    ["scope", "agent_class"],
)


class Gauges:
    """Keeps them while this gateway leads; of a standby they stand at nothing.

    Args:
        context: What is measured.
        config: Names how many runs there may be, and where a day ends.
    """

    def __init__(self, context: Context, config: GatewayConfig) -> None:
        self._context = context
        self._zone = config.tz
        SLOTS.set(config.max_threads)

    async def run(self) -> None:
        """Measure for ever; while the database is away what was measured last stands, and is told as away elsewhere."""
        while True:
            with contextlib.suppress(Away):
                await self.measure()
            await asyncio.sleep(EVERY_SECONDS)

    async def measure(self) -> None:
        """Measure once.

        Raises:
            Away: the database does not answer.
        """
        context, backlogs = self._context, self._context.store.backlogs
        RUNNERS_CONNECTED.set(context.registry.count())
        QUEUE_LENGTH.set(context.conversations.queue.length)
        SLOTS_WAITING.set(context.conversations.slots.count_waiting())
        outbox, inbox, runs = await backlogs.outbox(), await backlogs.inbox(), await backlogs.runs()
        OUTBOX_PENDING.set(outbox.waiting)
        OUTBOX_AGE.set(outbox.age)
        INBOX_PENDING.set(inbox.waiting)
        INBOX_AGE.set(inbox.age)
        RUNS_STARTING.set(runs.waiting)
        RUNS_STARTING_AGE.set(runs.age)
        for state, turns in (await backlogs.turns()).items():
            TURNS_OPEN.labels(state).set(turns.waiting)
            TURNS_AGE.labels(state).set(turns.age)
        RUNS_OPEN.set(await context.store.runs.count_open())
        CHATS_RESTING.set(len(await context.store.outbox.resting_chats()))
        levels = await backlogs.budgets(self._zone, MOST_BUDGETS)
        BUDGET_LEVEL.clear()  # of yesterday's, and of classes that have none any more
        for one in levels:
            BUDGET_LEVEL.labels(one.scope, one.class_name).set(one.level)
