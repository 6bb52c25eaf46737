"""SubAgents that changed, or that somebody made by hand, on a real Postgres."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from agent_gateway.resources.adoptsubagents import SubAgentAdopter
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.fakes import FakeSubAgents
from tests.support.eventually import eventually
from tests.support.woken import Woken

pytestmark = pytest.mark.postgres


def build_subagent(name, **status):
    return {"metadata": {"name": name}, "spec": {"task": f"Do {name}"}, "status": status}


@contextlib.asynccontextmanager
async def adopting_children(store, resources, changes):
    wake = Woken()
    task = asyncio.create_task(SubAgentAdopter(store, resources, changes, wake).run())
    try:
        yield wake
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_sub_agents_of_a_first_list_are_woken_only_where_they_are_open(store):
    changes = Changes()
    resources = FakeSubAgents(changes)
    for name in ("open", "over"):
        resources.put(build_subagent(name))
    async with adopting_children(store, resources, changes):
        rows = [await eventually(lambda n=n: store.subagents.by_name(n)) for n in ("open", "over")]
    assert [row.task for row in rows] == ["Do open", "Do over"]
    await store.pool.execute("UPDATE subagents SET state = 'finished' WHERE thread_id = $1", rows[1].thread_id)
    changes = Changes()
    for name in ("open", "over"):
        changes.note(name, None, first=True)
    async with adopting_children(store, resources, changes) as wake:
        await eventually(lambda: wake.ids)
        assert wake.ids == [rows[0].thread_id]
        changes.note("over", None)
        await eventually(lambda: rows[1].thread_id in wake.ids)


async def test_one_that_is_over_already_is_not_taken_up(store):
    changes = Changes()
    resources = FakeSubAgents(changes)
    resources.put(build_subagent("over", phase="Succeeded"))
    resources.put(build_subagent("next"))
    async with adopting_children(store, resources, changes):
        await eventually(lambda: store.subagents.by_name("next"))
    assert await store.subagents.by_name("over") is None
