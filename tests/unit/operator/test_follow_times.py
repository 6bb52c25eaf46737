"""What a run is allowed, and whose clock says that its node is lost; and sidecars, which outlive their agent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent_operator.causes import Cause
from agent_operator.follow import DEADLINE_SLACK, NODE_LOST_AFTER, Stage, must_not_run
from agent_operator.jobs import read_job
from agent_operator.pods import read_pod
from tests.support.following import CONVERSATION, ONE_TASK, follow, known
from tests.support.rawpods import PROXY_IMAGE, at, ended, moment, raw_job, raw_pod, running, true

CASE = Path(__file__).parents[2] / "data" / "pods" / "with-sidecar.json"
PROXY = ("istio-proxy", PROXY_IMAGE, running(3))
STOP = Cause("Stopped", "It was stopped.")

# --- sidecars ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
@pytest.mark.parametrize("code", [0, 70])
def test_a_run_is_over_with_its_agent_and_its_job_is_ended_though_a_sidecar_runs_on(code, desired):
    pod = raw_pod(ended(code), phase="Running", before=[PROXY])
    progress = follow(pod, desired=desired, seconds=201)
    assert (progress.phase, progress.delete, progress.finished_at) == (Stage.ENDED, True, moment(200))
    # whoever was away when it ended deletes it at the next look, and never one that is ended
    assert must_not_run(read_job(raw_job()), read_pod(pod))
    assert not must_not_run(read_job(raw_job(metadata={"deletionTimestamp": at(201)})), read_pod(pod))


@pytest.mark.parametrize("pod", [
    raw_pod(ended(0), phase="Running"),
    raw_pod(ended(0), phase="Succeeded", before=[("istio-proxy", PROXY_IMAGE, ended(0))]),
    raw_pod(ended(0), phase="Running", init=[("istio-proxy", PROXY_IMAGE, running(3), "Always")]),
])  # fmt: skip
def test_a_pod_that_ends_by_itself_keeps_its_job_for_those_who_look_into_it(pod):
    assert not follow(pod, seconds=201).delete
    assert not must_not_run(read_job(raw_job()), read_pod(pod))


def test_a_sidecar_that_ends_first_is_not_the_agents_end():
    pod = raw_pod(running(), phase="Running", before=[("istio-proxy", PROXY_IMAGE, ended(1))])
    assert follow(pod).phase is Stage.RUNNING


def test_the_pod_of_a_mesh_as_somebody_saw_it():
    pod = read_pod(json.loads(CASE.read_text()))
    assert (pod.terminal, pod.outlives_agent, pod.agent.image) == (True, True, "registry.example/agent:1")


# --- deadlines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("waited", "deadline"), [
    (4, None),
    (4 + DEADLINE_SLACK, 4030 + 4 + DEADLINE_SLACK),
    (900, 4930),
])  # fmt: skip
def test_what_a_run_may_take_counts_from_its_agents_start(waited, deadline):
    pod = raw_pod(running(waited), phase="Running")
    assert follow(pod, seconds=waited + 1).deadline == deadline
    if deadline is not None:
        moved = raw_job(activeDeadlineSeconds=deadline)
        assert follow(pod, moved, seconds=waited + 100).deadline is None


def test_a_deadline_is_never_brought_forward_or_guessed():
    pod = raw_pod(running(900), phase="Running")
    assert follow(pod, raw_job(activeDeadlineSeconds=100_000)).deadline is None
    older = raw_job()
    older["metadata"]["annotations"] = {}
    assert follow(pod, older).deadline is None


LATE = raw_job(conditions=[true("FailureTarget", "DeadlineExceeded")])


@pytest.mark.parametrize("seconds", [599, 604])
def test_a_sub_agent_timed_out_after_as_long_as_it_worked(seconds):
    pod = raw_pod(ended(143, started=300, finished=300 + seconds), phase="Failed")
    progress = follow(pod, LATE, desired=ONE_TASK, seconds=905)
    assert progress.cause.message == f"It timed out after {min(seconds, 600)} s."
    assert progress.cause.reason == "DeadlineExceeded"


@pytest.mark.parametrize("desired", [CONVERSATION, ONE_TASK], ids=["thread", "subagent"])
def test_one_that_never_began_tells_what_it_waited_for(desired):
    waits = replace(desired, cause=Cause("Unschedulable", "0/1 nodes fit: 1 Insufficient cpu"))
    assert follow(None, LATE, desired=waits).cause == waits.cause
    assert follow(None, LATE, desired=desired).cause.message == "It did not begin in time."


def test_the_words_of_a_deadline_do_not_change_while_its_pod_ends():
    pod = raw_pod(running(4), phase="Running", metadata={"deletionTimestamp": at(4040)})
    first = follow(pod, LATE, seconds=4030)
    assert (first.phase, first.cause.message) == (Stage.ENDING, "The run was ended after 4026 s, its Job's deadline.")
    assert follow(pod, LATE, desired=known(first), seconds=4035).cause == first.cause


# --- lost nodes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("desired", [
    CONVERSATION, ONE_TASK, replace(CONVERSATION, stop=STOP, stop_wins=True),
], ids=["thread", "subagent", "stopped"])  # fmt: skip
@pytest.mark.parametrize("job", [None, False])
def test_a_node_is_lost_when_the_api_servers_clock_says_so(job, desired):
    """The pod is to be gone at second 210 of the clock that wrote it; no other clock has a say."""
    pod = raw_pod(running(), phase="Running", metadata={"deletionTimestamp": at(210)})
    due = 210 + NODE_LOST_AFTER.total_seconds()
    waits = follow(pod, job, desired=desired, seconds=due - 1)
    assert (waits.phase, waits.finished_at) == (Stage.ENDING, None)
    assert waits.requeue_after is not None
    lost = follow(pod, job, desired=desired, seconds=due)
    assert (lost.phase, lost.cause.reason, lost.finished_at) == (Stage.ENDED, "NodeLost", moment(due))
    assert timedelta(0) < NODE_LOST_AFTER


def test_a_stop_deletes_the_job_once_and_waits_for_the_pod():
    stopped = replace(CONVERSATION, stop=STOP, stop_wins=True)
    pod = raw_pod(running(), phase="Running")
    assert follow(pod, desired=stopped).delete
    deleting = raw_job(metadata={"deletionTimestamp": at(20)})
    assert not follow(pod, deleting, desired=stopped).delete
    assert follow(raw_pod(ended(0), phase="Succeeded"), deleting, desired=stopped).cause == STOP
