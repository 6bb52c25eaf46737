"""A pod that waited for whoever was next in line counts as wanted until the operator knows that it is theirs."""

from __future__ import annotations

import contextlib

import pytest

from agent_contract import wire
from agent_contract.agentthread import Reason
from agent_kube.errors import Away
from tests.integration.test_claims import answer, leave
from tests.support.claims import running_lab
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
OVER = {"finishedAt": "2030-01-01T00:00:00Z"}


@contextlib.asynccontextmanager
async def next_in_line(store, *faults):
    """Let one who was in line have a pod that waited; the API server does not take what is written of that at first."""
    async with running_lab(store, max_runs=1) as lab:
        first, *_ = await lab.warm()
        second, *_ = await lab.warm()
        before, turn = await lab.ask(42)
        await first.get(wire.Turn)
        thread, waits = await lab.ask(43)
        await eventually(lambda: lab.deps.views.waited.get(waits.id))
        assert lab.conversations.slots.find_next(10) == ["default"]
        await answer(first, turn.id)
        await leave(first)
        lab.resources.faults.extend(faults)
        lab.resources.report(before.name, number=1, reason="IdleTimeout", **OVER)
        assert (await second.get(wire.Turn)).id == waits.id
        yield lab, thread, second


def told(lab):
    """Return what classes are told of the line now."""
    return lab.conversations.slots.find_next(10)


async def test_it_counts_while_the_api_server_is_not_told(store):
    """The operator would delete the pod, which answers already, some seconds after nobody is in line."""
    async with next_in_line(store, *[Away("away", None, "Away")] * 3) as (lab, thread, _):
        assert told(lab) == ["default"]
        await eventually(lambda: not lab.resources.faults, timeout=20)
        assert told(lab) == ["default"]
        await eventually(lambda: lab.resources.cached(thread.name), timeout=20)
        assert told(lab) == ["default"]
        lab.resources.report(thread.name, number=1)
        await eventually(lambda: told(lab) == [])


async def test_it_counts_until_the_operator_took_it_over(store):
    async with next_in_line(store) as (lab, thread, _):
        await eventually(lambda: lab.resources.cached(thread.name))
        assert told(lab) == ["default"]
        lab.resources.report(thread.name, number=1)
        await eventually(lambda: told(lab) == [])


async def test_it_counts_no_more_when_the_operator_refuses_it(store):
    async with next_in_line(store) as (lab, thread, second):
        await eventually(lambda: lab.resources.cached(thread.name))
        lab.resources.report(thread.name, number=1, reason=Reason.CLAIM_REFUSED, message="none", **OVER)
        assert "over" in (await second.get(wire.Refused)).reason
        await eventually(lambda: told(lab) == [])


async def test_it_counts_no_more_when_its_run_is_over_before(store):
    async with next_in_line(store, *[Away("away", None, "Away")] * 1000) as (lab, thread, _):
        run = await store.runs.open(thread.id)
        await store.runs.end(thread.id, run.number, Reason.SUPERSEDED, None)
        lab.resources.faults.clear()
        lab.wake.thread(thread.id)
        await eventually(lambda: told(lab) == [])
