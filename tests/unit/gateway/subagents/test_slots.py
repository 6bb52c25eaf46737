"""What a class and a run allow."""

from __future__ import annotations

import pytest

from agent_contract.agentclass import SubAgents
from agent_gateway.subagents.slots import cap_timeout, check_depth, compute_create_deadline
from tests.unit.gateway.subagents.played import NOW, ago, make_child


@pytest.mark.parametrize(("most", "depth", "allowed"), [(0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True)])
def test_how_deep(most, depth, allowed):
    refused = check_depth("en", SubAgents(max_depth=most), depth)
    assert (refused is None) == allowed
    assert allowed or "ub-agent" in refused


@pytest.mark.parametrize(
    ("wanted", "since", "seconds"),
    [(90, ago(0), 90), (None, ago(0), 600), (90, ago(3560), 40), (90, ago(9999), 1), (9999, None, 3600)],
)
def test_a_time_is_capped_to_what_is_left_of_the_parents_run(wanted, since, seconds):
    assert cap_timeout(wanted, 3600, since, NOW) == seconds


@pytest.mark.parametrize(("timeout", "seconds"), [(1, 121), (600, 720), (780, 900), (86400, 900)])
def test_its_resource_has_a_deadline_that_is_bounded(timeout, seconds):
    child = make_child(timeout=timeout, created_at=NOW)
    assert (compute_create_deadline(child) - NOW).total_seconds() == seconds
