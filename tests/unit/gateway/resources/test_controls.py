"""What people and agents write reaches a resource without what a terminal obeys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread
from agent_contract.conditions import Condition
from agent_contract.subagent import SubAgentStatus, SubAgentSummary
from agent_contract.text import REPLACEMENT
from agent_gateway.resources.subagents import build_manifest

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m"


def manifest(task):
    child = SimpleNamespace(
        name="tg-1-r1-k1", call_id="c", task=task, class_name="default", timeout=60, workspace="Copy", depth=1
    )
    return build_manifest(child, "tg-1", None)["spec"]["task"]


def test_a_task_is_written_without_controls_and_never_empty():
    assert manifest(f"{ESCAPES}count\nthe stars") == "count\nthe stars"
    assert manifest(ESCAPES) == REPLACEMENT


def test_nothing_that_is_read_or_written_of_a_status_keeps_any():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    said = f"{ESCAPES}said"
    status = SubAgentStatus(message=said, result=said, summary=SubAgentSummary(task=said, result=said))
    condition = Condition(type="Accepted", status="True", reason="Usable", message=said, last_transition_time=at)
    thread = AgentThread.model_validate(
        {"metadata": {"name": "tg-1"}, "spec": {"channel": {"botId": 1, "chatId": 1}, "title": said}}
    )
    found = json.dumps([status.to_dict(), condition.to_dict(), thread.spec.to_dict(), AgentClass().to_dict()])
    assert "owned" not in found
    assert "\\u001b" not in found
    assert found.count('"said"') == 6
