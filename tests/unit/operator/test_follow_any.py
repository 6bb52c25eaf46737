"""Whatever a pod and its Job may look like, a run has a way on, and what was decided once stays decided."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from agent_contract.agentthread import AgentThread, Reason
from agent_contract.subagent import SubAgent
from agent_operator.follow import Stage, follow_job
from agent_operator.jobs import read_job
from agent_operator.observe import Observed
from agent_operator.podevents import newest_first, read_event
from agent_operator.pods import read_pod
from agent_operator.reconcile import decide
from agent_operator.siblings import Slots
from agent_operator.subagents import decide_subagent
from tests.support.following import CONVERSATION, ONE_TASK
from tests.support.operator import job_name, make_config, make_lookup, make_subagent, make_thread
from tests.support.rawpods import (
    PROXY_IMAGE,
    SANDBOXED,
    SCHEDULED,
    at,
    ended,
    false,
    moment,
    raw_event,
    raw_job,
    raw_pod,
    running,
    true,
    waiting,
)

STATES = (
    None, waiting("ContainerCreating"), waiting("PodInitializing"), waiting("ErrImagePull", "x"), running(), running(900),
    waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 1}}), waiting("SomethingNew"), {"state": {}}, {},
    ended(0), ended(1), ended(65, message="No key."), ended(124), ended(137, "OOMKilled"), ended(255, "Unknown", "", None),
    ended(143, started=None, finished=None),
)  # fmt: skip
CONDITIONS = (
    SCHEDULED, SANDBOXED, false("PodScheduled", "Unschedulable", "0/1 nodes are available: 1 x."),
    false("PodScheduled", "SchedulingGated"), true("DisruptionTarget", "EvictionByEvictionAPI"),
    true("DisruptionTarget", "SomethingNew"), true("SomethingNew"),
)  # fmt: skip
REASONS = (None, None, "Evicted", "NodeLost", "Preempting", "OutOfcpu", "SomethingNew")
ENDS = ("Complete", "Failed", "FailureTarget", "SuccessCriteriaMet", "Suspended", "SomethingNew")
EVENTS = ("FailedMount", "Pulling", "Pulled", "FailedCreate", "FailedCreatePodSandBox", "SomethingNew")


def any_pod(dice):
    if dice.random() < 0.15:
        return None
    metadata = {"deletionTimestamp": at(dice.randrange(300))} if dice.random() < 0.3 else {}
    status = {"reason": reason} if (reason := dice.choice(REASONS)) else {}
    return raw_pod(
        dice.choice(STATES),
        phase=dice.choice(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
        before=[("proxy", PROXY_IMAGE, dice.choice(STATES))] if dice.random() < 0.4 else (),
        init=[("init", PROXY_IMAGE, dice.choice(STATES), dice.choice([None, "Always"]))] if dice.random() < 0.4 else (),
        conditions=dice.sample(CONDITIONS, dice.randrange(4)),
        uid=dice.choice(["pod-1", "pod-2"]),
        metadata=metadata,
        **status,
    )


def any_job(dice):
    if dice.random() < 0.15:
        return None
    conditions = [true(dice.choice(ENDS), dice.choice(["DeadlineExceeded", "BackoffLimitExceeded"]))]
    metadata = {"deletionTimestamp": at(20)} if dice.random() < 0.2 else {}
    return raw_job(
        suspend=dice.random() < 0.2, conditions=conditions if dice.random() < 0.4 else (), metadata=metadata,
    )  # fmt: skip


def any_events(dice):
    made = [
        raw_event(
            dice.choice(EVENTS), "x" * dice.randrange(2000), dice.randrange(30), uid=dice.choice(["pod-1", "job-1"])
        )
        for _ in range(dice.randrange(4))
    ]
    return newest_first([read_event(one) for one in made])


def any_observed(dice):
    job, pod = any_job(dice), any_pod(dice)
    return Observed(read_job(job) if job else None, read_pod(pod) if pod else None, any_events(dice))


@pytest.mark.parametrize("seed", range(40))
def test_each_state_has_a_cause_that_can_be_told_and_a_way_on(seed):
    dice = random.Random(seed)
    for _ in range(100):
        observed = any_observed(dice)
        job, pod = observed.job, observed.pod
        desired = replace(
            dice.choice([CONVERSATION, ONE_TASK]), started_at=dice.choice([None, moment(4)]), pod_uid="pod-1"
        )
        progress = follow_job(job, pod, observed.events, desired, moment(dice.randrange(500)))
        assert progress.cause is None or progress.cause.reason in set(Reason)
        assert progress.cause is None or len(progress.cause.message) <= 1024
        assert (progress.finished_at is None) == (progress.phase is not Stage.ENDED)
        assert progress.cause is not None or progress.phase not in {Stage.ENDED, Stage.ENDING}
        assert progress.phase is not Stage.ENDING or progress.requeue_after is not None
        assert not (progress.delete and (job is None or job.deleting))
        if progress.phase is Stage.RUNNING:
            assert pod.agent.running
            assert pod.deleted_at is None
            assert not job.terminal


@pytest.mark.parametrize("seed", range(20))
def test_a_run_that_is_over_stays_so_whatever_is_seen_afterwards(seed):
    dice = random.Random(seed)
    begun = {"phase": "Pending", "run": {"number": 1, "jobName": job_name()}}
    thread, sub = make_thread(1, begun), make_subagent({"phase": "Pending", "jobName": "job"})
    for _ in range(60):
        observed, now = any_observed(dice), moment(dice.randrange(500))
        before, before_sub = thread.status, sub.status
        new = decide(thread, make_lookup(), observed, make_config(), now).status
        new_sub = decide_subagent(sub, make_lookup(), observed, Slots(0, 1), make_config(), now).status
        if before.run.finished_at is not None:
            assert new.run == before.run
        if before_sub.finished_at is not None:
            assert new_sub == before_sub
        # as the API server gives it back, and as it is decided again of the same
        thread = AgentThread.model_validate({**thread.to_dict(), "status": new.to_dict()})
        sub = SubAgent.model_validate({**sub.to_dict(), "status": new_sub.to_dict()})
        assert decide(thread, make_lookup(), observed, make_config(), now).status.to_dict() == new.to_dict()
        again = decide_subagent(sub, make_lookup(), observed, Slots(0, 1), make_config(), now).status
        assert again.to_dict() == new_sub.to_dict()
