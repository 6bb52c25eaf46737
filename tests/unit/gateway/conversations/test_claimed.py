"""A run that was given a pod of a warm pool: live before it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentclass import AgentClassSpec
from agent_contract.agentthread import Reason
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.decide import decide
from agent_gateway.conversations.runs import describe_cold, failed_to_start, find_claim, find_cold_cause, is_written
from agent_gateway.resources.reading import read_class
from agent_gateway.store.rows import RunState
from tests.support.modelled import USUAL_MODELS
from tests.support.snapshots import (
    ABSENT,
    DELIVERED,
    LINK,
    OVER,
    STARTED,
    THREAD,
    UID,
    ago,
    make_run,
    resource,
    snapshot,
)

CLAIMED = replace(
    make_run(RunState.LIVE), claimed=True, job_name="default-w1-aaaaaaaa", pod_uid="pod-uid", thread_uid=None
)
CLAIM = {"run": 3, "jobName": "default-w1-aaaaaaaa", "podUid": "pod-uid"}
OTHER = {**CLAIM, "podUid": "another"}


def test_it_is_written_though_it_is_live():
    assert CLAIMED.number == 3
    assert decide(snapshot(run=CLAIMED, running=DELIVERED, link=LINK, resource=ABSENT)) == [do.RewriteRun(3)]
    behind = resource(spec={"run": 2})
    assert decide(snapshot(run=CLAIMED, running=DELIVERED, link=LINK, resource=behind)) == [do.RewriteRun(3)]


def test_it_is_not_taken_back_as_nobody_waits():
    assert decide(snapshot(run=CLAIMED, link=LINK, resource=ABSENT)) == [do.RewriteRun(3)]


def test_it_is_ended_where_another_has_its_number():
    run = replace(CLAIMED, thread_uid=UID)
    for spec in ({"run": 3}, {"run": 3, "claim": OTHER}):
        found = resource(spec=spec)
        assert decide(snapshot(run=run, running=DELIVERED, resource=found)) == [do.EndRun(3, Reason.SUPERSEDED)]
    mine = resource(spec={"run": 3, "claim": CLAIM})
    assert do.EndRun(3, Reason.SUPERSEDED) not in decide(snapshot(run=run, running=DELIVERED, link=LINK, resource=mine))


def test_it_is_ended_at_once_where_the_operator_refuses_it():
    run = replace(CLAIMED, thread_uid=UID)
    refused = {"number": 3, "reason": "ClaimRefused", "message": "none", "finishedAt": ago(1)}
    found = resource(spec={"run": 3, "claim": CLAIM}, run=refused)
    assert decide(snapshot(run=run, running=STARTED, link=LINK, resource=found)) == [
        do.EndRun(3, Reason.CLAIM_REFUSED, "none")
    ]


def test_its_refusal_is_no_start_that_failed_and_its_turn_goes_on():
    over = replace(OVER, claimed=True, reason=Reason.CLAIM_REFUSED)
    assert not failed_to_start(over, Reason.CLAIM_REFUSED)
    assert decide(snapshot(last=over, running=DELIVERED)) == [do.GiveBack(DELIVERED.id)]
    [cut] = decide(snapshot(last=over, running=STARTED))
    assert cut.resumes


@pytest.mark.parametrize(
    ("last", "cause"),
    [
        ({"claimed": True, "reason": Reason.CLAIM_REFUSED}, "last_refused"),
        ({"claimed": True, "reason": Reason.SUPERSEDED, "ready_at": None}, "last_refused"),
        ({"claimed": True, "reason": Reason.IDLE_TIMEOUT, "ready_at": OVER.wanted_at}, None),
        ({"claimed": False, "reason": Reason.SUPERSEDED, "ready_at": None}, None),
    ],
)
def test_which_run_takes_no_pod_that_waits(last, cause):
    assert find_cold_cause(replace(OVER, **last), None, read_class({}).spec) == cause


def test_the_first_run_may_take_one():
    assert find_cold_cause(None, resource().value, read_class({}).spec) is None


@pytest.mark.parametrize(
    ("left", "cause"), [(None, None), (["a", "b"], None), (["b"], "tool_servers"), ([], "tool_servers")]
)
def test_a_pod_that_waits_knows_tool_servers_that_were_taken_from_the_conversation(left, cause):
    spec = read_class({"spec": {"mcpServers": [{"connection": "a"}, {"connection": "b"}]}}).spec
    servers = None if left is None else [{"connection": name} for name in left]
    assert find_cold_cause(None, resource(spec={"mcpServers": servers}).value, spec) == cause
    assert find_cold_cause(None, resource(spec={"mcpServers": servers}).value, read_class({}).spec) is None


POOL = {"spec": {"warmPool": {"replicas": 2}}}


def told(**pool):
    return POOL | {"status": {"warmPool": pool}}


@pytest.mark.parametrize(
    ("cause", "pool_hash", "raw", "word"),
    [
        (None, None, {}, None),  # its class asks for no pool
        (None, None, POOL, "ClassChanged"),  # the operator did not look at the class yet
        (None, None, told(reason="OwnVolume"), "OwnVolume"),
        (None, "a" * 16, told(hash="a" * 16, ready=2), "PoolEmpty"),
        (None, "a" * 16, told(hash="a" * 16, reason="NoRoom"), "NoRoom"),
        (None, "a" * 16, told(hash="a" * 16, reason="OutOfHours"), "OutOfHours"),
        ("tool_servers", "a" * 16, told(hash="a" * 16, reason="NoRoom"), "ToolServers"),
        ("last_refused", "a" * 16, told(hash="a" * 16), "ClaimRefused"),
    ],
)
def test_why_a_run_has_no_pod_that_waited_is_told_in_a_word(cause, pool_hash, raw, word):
    assert describe_cold(cause, pool_hash, read_class(raw)) == word


def test_what_is_told_of_a_pool_before_its_class_changed_counts_no_more():
    condition = {"type": "WarmPool", "status": "False", "reason": "OwnVolume", "observedGeneration": 1,
                 "lastTransitionTime": "2026-01-01T00:00:00Z", "message": ""}  # fmt: skip
    status = {"warmPool": {"hash": "a" * 16, "reason": "OwnVolume"}, "conditions": [condition]}
    before = read_class({**POOL, "metadata": {"generation": 1}, "status": status})
    after = read_class({**POOL, "metadata": {"generation": 2}, "status": status})
    assert (before.pool_hash, before.pool_reason) == ("a" * 16, "OwnVolume")
    assert (after.pool_hash, describe_cold(None, after.pool_hash, after)) == (None, "ClassChanged")


def test_of_a_class_that_is_not_known_nothing_is_told():
    assert describe_cold(None, None, None) is None


@pytest.mark.parametrize(
    ("thread", "found", "chosen"),
    [
        ({}, None, None),
        ({"model": ""}, {"model": {"name": "other"}}, None),
        ({"model": "glm"}, None, None),  # as its class says
        ({"model": "other"}, None, ("zai", "other", None)),
        ({"thinking": "high"}, None, ("zai", "glm", "high")),
        ({}, {"model": {"provider": "mine", "name": "x"}}, ("mine", "x", None)),
        ({"thinking": "low"}, {"model": {"provider": "mine", "name": "x"}}, ("mine", "x", "low")),
    ],
)
def test_the_model_that_it_is_told(thread, found, chosen):
    value = resource(spec=found).value if found is not None else None
    told = USUAL_MODELS.choose(replace(THREAD, **thread), value, AgentClassSpec())
    assert (told and (told.provider, told.model, told.thinking)) == chosen


def test_a_model_of_the_class_that_the_conversation_describes_otherwise_is_told():
    found = resource(spec={"model": {"maxTokens": 4096, "contextWindow": 32000, "images": True}}).value
    told = USUAL_MODELS.choose(THREAD, found, AgentClassSpec())
    assert (told.model, told.max_tokens, told.context_window, told.images) == ("glm", 4096, 32000, True)


def test_what_the_resource_is_to_say():
    assert find_claim(make_run(RunState.LIVE)) is None
    assert find_claim(CLAIMED).pod_uid == "pod-uid"
    assert is_written(resource(spec={"run": 3, "claim": CLAIM}).value, CLAIMED)
    assert not is_written(resource(spec={"run": 3}).value, CLAIMED)
