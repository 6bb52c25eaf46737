"""Which conversation a button needs the cluster's word of."""

from __future__ import annotations

from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_gateway.wording.schedules import SchedulePress, parse_schedule_press
from agent_gateway.wording.settings import read_thread


async def find_thread(store: Store, data: str) -> Thread | None:
    """Return the conversation of a pressed button that asks what its class says; None where it asks nothing of it."""
    thread_id = read_thread(data)
    if thread_id is None:
        what, schedule_id = parse_schedule_press(data) or (None, 0)
        row = await store.schedules.by_id(schedule_id) if what is SchedulePress.NOW else None
        thread_id = row.thread_id if row is not None and row.spec.quiet else None
    return await store.threads.by_id(thread_id) if thread_id is not None else None
