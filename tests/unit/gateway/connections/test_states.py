"""What stands on a class of the connections that its rules name."""

from __future__ import annotations

from types import SimpleNamespace

from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.probes import State
from agent_gateway.connections.settings import MOST_CONNECTIONS
from agent_gateway.connections.states import build_told


def test_a_status_holds_as_many_as_it_may_and_those_first_that_cannot_be_used():
    rules = [RepositoryRule(connection=f"c{number:02}", pattern="**") for number in range(96)]
    states = {rule.connection: State("True", "Usable", "") for rule in rules[:90]}
    told = build_told(SimpleNamespace(spec=SimpleNamespace(repositories=rules)), states)
    names = [one.name for one in told.connections]
    assert len(names) == MOST_CONNECTIONS
    assert names == sorted(names)
    assert {"c90", "c95"} <= set(names)
