from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from agent_contract.agentclass import AgentClass, AgentClassSpec
from agent_contract.agentthread import AgentThread
from agent_contract.conditions import Condition, set_condition

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def condition(kind="Ready", status="True", reason="Running", at=NOW, generation=1):
    return Condition(type=kind, status=status, reason=reason, last_transition_time=at, observed_generation=generation)


def test_a_new_condition_is_added():
    assert set_condition([], condition()) == [condition()]


def test_the_time_stays_while_the_status_stays():
    later = condition(reason="Other", at=NOW + timedelta(hours=1), generation=2)
    (kept,) = set_condition([condition()], later)
    assert (kept.reason, kept.observed_generation, kept.last_transition_time) == ("Other", 2, NOW)


def test_the_time_moves_when_the_status_flips_and_the_others_stay_in_place():
    later = condition(status="False", at=NOW + timedelta(hours=1))
    first, second = set_condition([condition(), condition("Accepted")], later)
    assert (first.type, first.last_transition_time) == ("Ready", NOW + timedelta(hours=1))
    assert second == condition("Accepted")


def test_times_are_written_as_kubernetes_writes_them():
    assert condition().to_dict()["lastTransitionTime"] == "2026-01-02T03:04:05Z"


def test_a_class_without_a_spec_is_all_defaults():
    spec = AgentClass.model_validate({"metadata": {"name": "default"}}).spec
    assert (spec.timeouts.start, spec.timeouts.turn, spec.timeouts.idle, spec.timeouts.run) == (120, 300, 600, 3600)
    assert (spec.resources.requests, spec.resources.limits) == (
        {"cpu": "50m", "memory": "256Mi"},
        {"memory": "1Gi"},
    )
    assert (spec.workspace.size, spec.egress, spec.ttl_seconds_after_finished.job) == ("8Gi", "Internet", 3600)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"timeouts": {"turn": 0}}, "timeouts.turn"),
        ({"egress": "Everywhere"}, "egress"),
        ({"resources": {"requests": {"cpu": "much"}}}, "resources.requests.cpu"),
        ({"ttlSecondsAfterFinished": {"job": 60}}, "ttlSecondsAfterFinished.job"),
        ({"tools": ["rm -rf"]}, "tools.0"),
        ({"model": {"name": "-x"}}, "model.name"),
    ],
)
def test_nonsense_in_a_class_names_its_field(spec, field):
    with pytest.raises(ValidationError) as caught:
        AgentClassSpec.model_validate(spec)
    assert [".".join(map(str, e["loc"])) for e in caught.value.errors()] == [field]


def test_what_a_newer_part_wrote_is_read():
    raw = {
        "metadata": {"name": "tg-1", "uid": "u"},
        "spec": {"channel": {"botId": 1, "chatId": 1, "mood": "x"}, "later": 1},
    }
    thread = AgentThread.model_validate(raw)
    assert (thread.name, thread.uid, thread.spec.class_ref.name, thread.spec.run) == ("tg-1", "u", "default", None)
    assert thread.status.to_dict() == {"conditions": []}
