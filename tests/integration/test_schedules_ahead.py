"""Agents that begin a moment before schedules are due, over a real Postgres and the conversations' own loops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent_contract import names
from agent_contract.agentschedule import AgentScheduleSpec
from agent_gateway.inbox.access import Access
from agent_gateway.schedules.firing import Firing
from agent_gateway.schedules.warming import Warmer
from agent_gateway.store.rows import TurnState
from agent_gateway.store.schedulerows import NewSchedule
from tests.support.claims import running_lab
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def plan(lab, chat=42, seconds=1200):
    """Make a conversation with a schedule that is due in so many seconds, more than a test takes; return the conversation."""
    thread = await lab.port.make_thread(chat, f"tg-{chat}")
    lab.ids[thread.name] = thread.id
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    spec = AgentScheduleSpec.model_validate({"threadRef": {"name": thread.name}, "at": at, "prompt": "Look."})
    new = NewSchedule(f"s{chat}", f"uid-s{chat}", 1, spec, thread.id, "", "", at, None)
    await lab.store.schedules.adopt(new, "en")
    return thread


def build(lab, seconds=3600, allowed=(42, 43), **more):
    return Warmer(lab.store, Access(list(allowed), []), lab.resources, lambda: None, seconds=seconds, **more)


async def test_an_agent_is_there_when_its_schedule_is_due_and_is_asked_once(store):
    async with running_lab(store, pool=None) as lab:
        thread = await plan(lab)
        assert await build(lab, seconds=5).mark_due() == 0, "not yet"
        assert await build(lab).mark_due() == 1
        await eventually(lambda: (found := lab.resources.cached(thread.name)) is not None and found.spec.run == 1)
        assert await build(lab).mark_due() == 0, "once"
        assert await store.pool.fetchval("SELECT count(*) FROM turns") == 0
        job = names.build_job_name(thread.name, lab.resources.cached(thread.name).uid, 1)
        lab.port.kube.add_pod(thread.name, 1, "pod-1", token="token-1", job=job)
        await lab.port.join()
        soon = datetime.now(UTC) + timedelta(seconds=1300)
        firing = Firing(store, Access([42], []), lambda: None, clock=lambda: soon)
        assert await firing.ask_due() == 1
        lab.wake.thread(thread.id)

        async def is_given():
            row = await store.pool.fetchrow("SELECT state, run FROM turns")
            return (row["state"], row["run"]) == (TurnState.DELIVERED.value, 1)

        await eventually(is_given)
        assert await store.pool.fetchval("SELECT count(*) FROM runs") == 1


@pytest.mark.parametrize("why", ["stranger", "pool", "unknown", "off"])
async def test_none_begins_where_none_is_of_use(store, why):
    async with running_lab(store, pool=None) as lab:
        await plan(lab)
        if why == "pool":
            lab.resources.pool_hash = "0123456789abcdef"
        if why == "unknown":
            lab.resources.found_class = None
        warmer = build(lab, seconds=0 if why == "off" else 3600, allowed=() if why == "stranger" else (42,))
        assert await warmer.mark_due() == 0
        assert await store.pool.fetchval("SELECT count(*) FROM threads WHERE warm_until IS NOT NULL") == 0


async def test_it_takes_no_slot_from_whoever_waits_for_one(store):
    async with running_lab(store, pool=None, max_runs=1) as lab:
        planned = await plan(lab)
        await lab.ask(43)
        await eventually(lambda: lab.resources.cached("tg-43"))
        assert await build(lab).mark_due() == 1
        await lab.conversations.queue._look(planned.id)
        assert await store.runs.open(planned.id) is None
