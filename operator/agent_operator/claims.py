"""Whether a pod of a warm pool may become a run's, and what has to be written for it; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_contract import names
from agent_contract.agentthread import AgentThread, Claim
from agent_operator.builders.job import build_run_labels
from agent_operator.jobs import Job
from agent_operator.pods import Pod


@dataclass(frozen=True, slots=True)
class Claimed:
    """What stands of a claim.

    Attributes:
        claim: It.
        job: The Job of its name, whosever it is; None where there certainly is none.
        pod: The newest pod of that Job.
        agent_class: Name of the thread's class.
        class_uid: UID of that class; empty where it is not known.
    """

    claim: Claim
    job: Job | None
    pod: Pod | None
    agent_class: str
    class_uid: str

    @property
    def waiting(self) -> Job | None:
        """Return its Job if that is of the class's pool and nobody's yet."""
        job = self.job
        if job is None or not self.class_uid or job.owner_uid != self.class_uid:
            return None
        return job if names.find_pool_number(job.name, self.agent_class, self.class_uid) is not None else None


@dataclass(frozen=True, slots=True)
class Adoption:
    """A Job of a pool is to become a run's: it first, as one of two claims of it is refused there, then its pod.

    Attributes:
        job: It.
        pod: Its pod.
        run: Which run.
        owner: The owner reference of its thread.
        labels: Of the run.
        taken: The Job is the run's already, and only its pod does not say so yet.
    """

    job: Job
    pod: Pod
    run: int
    owner: Mapping[str, Any]
    labels: Mapping[str, str]
    taken: bool = False

    def build_pod_change(self, now: datetime) -> dict[str, Any]:
        """Build the merge patch of the pod (RFC 7396)."""
        since = now.replace(microsecond=0).isoformat()
        annotations = {names.ANNOTATION_CLAIMED_AT: since}
        return {"metadata": {"uid": self.pod.uid, "labels": dict(self.labels), "annotations": annotations}}

    def build_job_change(self, version: str, now: datetime) -> dict[str, Any]:
        """Build the merge patch of the Job as it stood at a version: the whole time of a run counts from now."""
        metadata = {
            "uid": self.job.uid, "resourceVersion": version, "labels": dict(self.labels), "ownerReferences": [self.owner],
        }  # fmt: skip
        job = self.job
        if job.terminal or job.started_at is None or job.allowance is None:
            return {"metadata": metadata}
        waited = max(0, math.ceil((now - job.started_at).total_seconds()))
        return {"metadata": metadata, "spec": {"activeDeadlineSeconds": waited + job.allowance}}


def find_claim(thread: AgentThread, run: int | None) -> Claim | None:
    """Return the claim of a run; None where it has none."""
    claim = thread.spec.claim
    return claim if claim is not None and claim.run == run else None


def name_job(thread: AgentThread, run: int) -> str:
    """Name the one Job of a run: the one that was claimed for it, or the one that is made for it."""
    claim = find_claim(thread, run)
    if claim is not None:
        return claim.job_name
    told = (thread.status.run, thread.status.previous_run)
    begun = (one.job_name for one in told if one is not None and one.number == run and one.job_name)
    return next(begun, None) or names.build_job_name(thread.name, thread.uid, run)


def explain_refused(claimed: Claimed) -> str | None:
    """Say why a claim cannot be carried out; None where it can.

    A pod that has ended is taken all the same: the run may have come and gone before its claim was seen, and its end is
    told as that of any run.
    """
    claim, job, pod = claimed.claim, claimed.job, claimed.pod
    if job is None:
        return f"The Job {claim.job_name} of the warm pool is gone."
    if claimed.waiting is None:
        return f"The Job {claim.job_name} is none that waits in the warm pool of AgentClass {claimed.agent_class}."
    if job.deleting:
        return f"The Job {claim.job_name} of the warm pool was being deleted."
    if pod is None or pod.uid != claim.pod_uid:
        return f"The Job {claim.job_name} of the warm pool has another pod by now, or none."
    return None


def build_adoption(thread: AgentThread, run: int, job: Job, pod: Pod) -> Adoption:
    """Build what has to be written so that a Job of a pool and its pod are a run's."""
    owner = {
        "apiVersion": names.API_VERSION, "kind": "AgentThread", "name": thread.name, "uid": thread.uid,
        "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip
    return Adoption(job, pod, run, owner, build_run_labels(thread.name, run), taken=job.owner_uid == thread.uid)
