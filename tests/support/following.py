"""One run followed from raw objects, as either kind of resource."""

from __future__ import annotations

from agent_operator.causes import Cause
from agent_operator.follow import Desired, follow_job
from agent_operator.jobs import read_job
from agent_operator.podevents import newest_first, read_event
from agent_operator.pods import read_pod
from tests.support.rawpods import moment, raw_job

ONE_TASK = Desired(one_task=True, seconds=600)
CONVERSATION = Desired()


def follow(pod, job=None, events=(), desired=CONVERSATION, seconds=12.0):
    """Follow a run `seconds` after its pod was made; `job` None stands for an ordinary one, False for none."""
    job = None if job is False else read_job(job or raw_job())
    found = newest_first([read_event(event) for event in events])
    return follow_job(job, read_pod(pod) if pod is not None else None, found, desired, moment(seconds))


def known(progress, desired=CONVERSATION):
    """Return what is known of a run once its status says how it goes on."""
    cause, pod = progress.cause, progress.pod
    return Desired(
        desired.stop, desired.stop_wins, desired.one_task, desired.seconds,
        cause=Cause(cause.reason, cause.message) if cause is not None else None,
        started_at=(pod.agent.started_at if pod is not None else None) or desired.started_at,
        pod_uid=pod.uid if pod is not None else desired.pod_uid,
    )  # fmt: skip
