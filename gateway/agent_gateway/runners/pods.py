"""Which run a pod is of, by what the API server says of its token, of itself and of its Job. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_contract import names
from agent_gateway.runners.addresses import normalize
from agent_gateway.runners.tokens import Denied
from agent_gateway.store.claims import WarmPod
from agent_gateway.store.rows import Run, ThreadKind

_EXTRA_POD_NAME = "authentication.kubernetes.io/pod-name"
_EXTRA_POD_UID = "authentication.kubernetes.io/pod-uid"


@dataclass(frozen=True, slots=True)
class PodRef:
    """The pod that a token is bound to."""

    name: str
    uid: str


def check_review(status: Mapping[str, Any], account: str) -> PodRef:
    """Return the pod that a reviewed token is bound to.

    `account` is the full user name of the agents' ServiceAccount. Raises Denied.
    """
    if not status.get("authenticated"):
        raise Denied(401, "The Kubernetes API does not accept this token: expired, of a deleted pod, or not its own.")
    if names.TOKEN_AUDIENCE not in (status.get("audiences") or []):
        raise Denied(401, f"The token is not meant for the audience {names.TOKEN_AUDIENCE}.")
    user = status.get("user") or {}
    if user.get("username") != account:
        raise Denied(403, f"Only {account} may call here, not {user.get('username')}.")
    extra = user.get("extra") or {}
    name, uid = extra.get(_EXTRA_POD_NAME) or [], extra.get(_EXTRA_POD_UID) or []
    if len(name) != 1 or len(uid) != 1:
        raise Denied(403, "The token is not bound to a pod: only a projected token of an agent's pod is accepted.")
    return PodRef(str(name[0]), str(uid[0]))


def check_alive(pod: Mapping[str, Any], ref: PodRef) -> None:
    """Let only the very pod through that a token is bound to, while it has not ended. Raises Denied."""
    if (pod.get("metadata") or {}).get("uid") != ref.uid:
        raise Denied(403, f"Pod {ref.name} is another one by now: its UID is not the token's.")
    if (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
        raise Denied(403, f"Pod {ref.name} has ended.")


def find_pool(pod: Mapping[str, Any]) -> str | None:
    """Return the class whose warm pool a pod says it is of, by its label; None of one that was made for a run."""
    labels = (pod.get("metadata") or {}).get("labels") or {}
    return str(labels[names.LABEL_POOL]) if names.LABEL_POOL in labels else None


def find_job(pod: Mapping[str, Any]) -> str | None:
    """Return the name of the Job that controls a pod."""
    owners = [o for o in (pod.get("metadata") or {}).get("ownerReferences") or [] if o.get("controller")]
    jobs = [str(o.get("name")) for o in owners if (o.get("kind"), o.get("apiVersion")) == ("Job", "batch/v1")]
    return jobs[0] if len(jobs) == len(owners) == 1 else None


def check_unclaimed(pod: Mapping[str, Any], ref: PodRef, pool: str, class_uid: str | None) -> WarmPod:
    """Return the pod of a warm pool that was never anybody's.

    Args:
        pod: As the API server tells it.
        ref: Whose token it is.
        pool: The class that it says it is of.
        class_uid: UID of that class; None where there is none.

    Raises:
        Denied: it is none.
    """
    meta, job = pod.get("metadata") or {}, find_job(pod)
    labels = meta.get("labels") or {}
    if labels.get(names.LABEL_RUN) or labels.get(names.LABEL_THREAD) or labels.get(names.LABEL_SUBAGENT):
        raise Denied(403, f"Pod {ref.name} was a conversation's, and no run of it is known here.")
    if job is None or class_uid is None or names.find_pool_number(job, pool, class_uid) is None:
        raise Denied(403, f"Pod {ref.name} is not controlled by a Job of the warm pool of the AgentClass {pool}.")
    if meta.get("deletionTimestamp"):
        raise Denied(403, f"Pod {ref.name} is being deleted and never held a run.")
    return WarmPod(ref.name, ref.uid, job, pool, str(labels.get(names.LABEL_POOL_HASH, "")))


def check_pod(pod: Mapping[str, Any], ref: PodRef) -> tuple[ThreadKind, str, int]:
    """Return kind and name of the thread, and the run, that a pod says it is, by its labels. Raises Denied."""
    check_alive(pod, ref)
    labels = (pod.get("metadata") or {}).get("labels") or {}
    # a sub-agent's pod names the conversation that it works for besides
    kind = ThreadKind.SUBAGENT if labels.get(names.LABEL_SUBAGENT) else ThreadKind.CONVERSATION
    thread = labels.get(names.LABEL_SUBAGENT) or labels.get(names.LABEL_THREAD)
    run = str(labels.get(names.LABEL_RUN, ""))
    if not thread or not run.isascii() or not run.isdecimal():
        raise Denied(
            403, f"Pod {ref.name} is no agent's: its labels {names.LABEL_THREAD} and {names.LABEL_RUN} name no run."
        )
    return kind, str(thread), int(run)


def find_addresses(pod: Mapping[str, Any]) -> frozenset[str]:
    """Return the addresses that the kubelet tells of a pod; none where it has not told them yet."""
    status = pod.get("status") or {}
    told = [entry.get("ip") for entry in status.get("podIPs") or [] if isinstance(entry, dict)]
    return frozenset(normalize(str(address)) for address in [status.get("podIP"), *told] if address)


def check_job(pod: Mapping[str, Any], ref: PodRef, thread: str, run: Run) -> str:
    """Return the name of the Job that controls the pod, if it is the one of this run. Raises Denied.

    A pod that is being deleted is accepted only where the run is already its own, so that it can end its work.
    """
    meta = pod.get("metadata") or {}
    if run.thread_uid is None:
        raise Denied(403, f"Run {run.number} of {thread} has no AgentThread yet.")
    expected = names.build_job_name(thread, run.thread_uid, run.number)
    if find_job(pod) != expected:
        raise Denied(403, f"Pod {ref.name} is not controlled by {expected}, the Job of run {run.number} of {thread}.")
    if meta.get("deletionTimestamp") and run.pod_uid != ref.uid:
        raise Denied(403, f"Pod {ref.name} is being deleted and never held run {run.number} of {thread}.")
    return expected
