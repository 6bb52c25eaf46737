"""What a class and a turn allow, and how long a turn's clock stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract.agentclass import SubAgents
from agent_gateway.store.rows import SubAgentState
from agent_gateway.subagents.slots import cap_timeout, check_depth, compute_paused_until
from tests.unit.gateway.subagents.played import NOW, ago, make_child

WANTED, CREATED, FINISHED = SubAgentState.WANTED, SubAgentState.CREATED, SubAgentState.FINISHED


@pytest.mark.parametrize(("most", "depth", "allowed"), [(0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True)])
def test_how_deep(most, depth, allowed):
    refused = check_depth(SubAgents(max_depth=most), depth)
    assert (refused is None) == allowed
    assert allowed or "subAgents.maxDepth" in refused


@pytest.mark.parametrize(
    ("wanted", "since", "seconds"),
    [(90, ago(0), 90), (None, ago(0), 600), (90, ago(3560), 40), (90, ago(9999), 1), (9999, None, 3600)],
)
def test_a_time_is_capped_to_what_is_left_of_the_parents_run(wanted, since, seconds):
    assert cap_timeout(wanted, 3600, since, NOW) == seconds


@pytest.mark.parametrize(
    ("children", "until"),
    [
        pytest.param([], None, id="none"),
        pytest.param([make_child(WANTED)], None, id="not created: it cannot work"),
        pytest.param([make_child(FINISHED, uid=None)], None, id="refused: it never could"),
        pytest.param([make_child()], NOW, id="may work"),
        pytest.param([make_child(FINISHED)], ago(1), id="ended"),
        pytest.param([make_child(FINISHED), make_child(WANTED)], ago(1), id="one ended, one not created"),
        pytest.param([make_child(FINISHED), make_child()], NOW, id="one ended, one works"),
        pytest.param([make_child(created_at=ago(9000))], ago(4800), id="not for ever"),
    ],
)
def test_how_long_a_turns_clock_stands_still(children, until):
    assert compute_paused_until(children, NOW) == until


def test_a_clock_that_stands_still_goes_on_at_last():
    stuck = make_child(created_at=ago(0))
    later = [compute_paused_until([stuck], NOW + timedelta(hours=h)) for h in range(5)]
    assert later[-1] == later[-2] < NOW + timedelta(hours=2)
