"""What other releases, pods and people wrote makes no resource that cannot be read."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from agent_contract import wire
from agent_contract.agentthread import AgentThread, Phase, RunStatus
from agent_contract.conditions import Condition
from agent_contract.lenient import MAX_RUN
from agent_contract.subagent import SubAgent, SubAgentPhase

AT = "2026-01-02T03:04:05Z"


def thread(status=None, **spec):
    raw = {"metadata": {"name": "tg-1"}, "spec": {"channel": {"botId": 1, "chatId": 1}, **spec}}
    return AgentThread.model_validate(raw | ({"status": status} if status else {}))


def subagent(**status):
    return SubAgent.model_validate({"metadata": {"name": "a"}, "spec": {"task": "go\x00"}, "status": status})


def test_the_number_after_the_greatest_fits_postgres():
    read = thread({"run": {"number": 2**31 - 1}}, run=2**31 - 1, stop=2**63)
    numbers = {read.spec.run, read.spec.stop, read.status.run.number}
    assert numbers == {MAX_RUN}
    assert 1 + MAX_RUN <= 2**31 - 1


@pytest.mark.parametrize("spec", [{"run": 0}, {"stop": -1}, {"run": "many"}])
def test_a_number_that_means_nothing_is_refused(spec):
    with pytest.raises(ValidationError):
        thread(**spec)


def test_a_phase_of_tomorrow_is_none_and_the_rest_is_read():
    read = thread({"phase": "Hibernating", "run": {"number": 3, "reason": "TooCold", "message": "brr"}})
    assert (read.status.phase, read.status.run) == (None, RunStatus(number=3, reason="TooCold", message="brr"))


@pytest.mark.parametrize("phase", Phase)
def test_a_known_phase_is_itself(phase):
    assert thread({"phase": phase.value}).status.phase is phase


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ({"phase": "Hibernating"}, None),
        ({"phase": "Expired", "finishedAt": AT}, SubAgentPhase.FAILED),
        ({"phase": "Expired", "finished_at": AT}, SubAgentPhase.FAILED),
        ({"phase": "Succeeded", "finishedAt": AT}, SubAgentPhase.SUCCEEDED),
        ({"phase": None}, None),
        ({}, None),
    ],
)
def test_a_subagents_phase_of_tomorrow_is_over_where_it_is_finished(status, phase):
    assert subagent(**status).status.phase == phase


def test_a_condition_of_tomorrow_is_read():
    raw = {"type": "Warm", "status": "Perhaps", "reason": "New", "message": "a\x00", "lastTransitionTime": AT}
    read = thread({"conditions": [raw] * 9}).status.conditions
    assert len(read) == 8
    assert (read[0].status, read[0].message) == ("Unknown", "a�")


def test_what_a_pod_said_at_its_end_is_cleaned_in_a_run():
    said = {"number": 1, "jobName": "j\x00", "podName": "p\x00", "podUid": "u\x00", "reason": "r\x00"}
    run = thread({"run": said | {"message": "\x00" + "m" * 5000}}, title="t\x00" + "t" * 999)
    assert (run.status.run.job_name, run.status.run.pod_name, run.status.run.pod_uid) == ("j�", "p�", "u�")
    assert (run.status.run.reason, run.status.run.message) == ("r�", "�" + "m" * 2046 + "…")
    assert run.spec.title == "t�" + "t" * 253 + "…"


def test_what_a_pod_said_at_its_end_is_cleaned_in_a_subagent():
    read = subagent(message="m\x00", result="r\ud83d" + "r" * 5000, summary={"task": "t\x00" * 40, "result": "r\x00"})
    assert (read.spec.task, read.status.message, read.status.summary.result) == ("go�", "m�", "r�")
    assert read.status.result == "r�" + "r" * 2045 + "…"
    assert read.status.summary.task == "t�" * 19 + "t…"


def test_what_the_operator_writes_is_cleaned_and_reads_back_the_same():
    """It copies statuses with what a pod said: else each look would find a difference and write again."""
    old = thread({"phase": "Idle", "run": {"number": 1}}).status
    run = old.run.model_copy(update={"message": "pi: \x00 died", "reason": "Error"})
    written = old.model_copy(update={"run": run}).to_dict()
    assert written["run"]["message"] == "pi: � died"
    assert thread(written).status.to_dict() == written
    condition = Condition(type="Ready", status="True", reason="r", message="\x00", last_transition_time=AT)
    assert condition.to_dict()["message"] == "�"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({"type": "leave", "seq": 1, "reason": "moved"}, "shutdown"),
        ({"type": "event", "seq": 1, "turn": 1, "event": {"kind": "failed", "reason": "budget"}}, "agent"),
    ],
)
def test_a_newer_runners_reason_does_not_hold_up_its_end(raw, reason):
    frame = wire.decode_runner(json.dumps(raw))
    assert (frame.event if isinstance(frame, wire.EventFrame) else frame).reason == reason


@pytest.mark.parametrize("raw", [{"type": "leave", "seq": 2**64}, {"type": "hello", "run": 2**31}])
def test_a_number_that_postgres_cannot_hold_is_refused_with_its_frame(raw):
    with pytest.raises(wire.FrameError):
        wire.decode_runner(json.dumps(raw | {"reason": "idle"}))
