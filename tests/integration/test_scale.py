"""What a run asks the API server for, counted in its own audit log: the real operator and gateway, played nodes."""

from __future__ import annotations

import asyncio

import pytest

from dev.bench.scale.__main__ import SHORT, measure
from dev.bench.scale.bench import running_bench
from dev.bench.scale.figures import MOST_REQUESTS, MOST_STATUS_WRITES

pytestmark = [pytest.mark.apiserver, pytest.mark.postgres, pytest.mark.timeout(1200)]
AT_REST = 200
GATEWAY_REQUESTS = 3
"""The write of the run, a TokenReview, and a look at the pod."""


@pytest.fixture(scope="module")
def found():
    async def run():
        async with running_bench(SHORT.pods) as bench:
            await bench.fill(AT_REST)
            return await measure(bench, SHORT)

    return asyncio.run(run())


def test_an_undisturbed_run_costs_the_operator_few_requests(found):
    cost = found.per_run["operator"]
    assert cost.requests <= MOST_REQUESTS, cost.by_kind
    assert 1 <= cost.status_writes <= MOST_STATUS_WRITES, cost.by_kind
    assert cost.by_kind["create jobs"] == 1


def test_a_sub_agent_costs_the_operator_no_more_than_a_run(found):
    assert found.per_child.requests <= MOST_REQUESTS, found.per_child.by_kind
    assert found.per_child.status_writes <= MOST_STATUS_WRITES, found.per_child.by_kind


def test_a_message_costs_the_gateway_one_write_and_two_looks(found):
    cost = found.per_run["gateway"]
    assert cost.requests <= GATEWAY_REQUESTS, cost.by_kind
    assert cost.by_kind["patch agentthreads"] == 1
