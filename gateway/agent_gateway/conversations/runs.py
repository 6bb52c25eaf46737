"""What can be said of a run by itself; pure."""

from __future__ import annotations

from typing import Final

from agent_contract.agentthread import Phase, Reason
from agent_contract.lenient import MAX_RUN
from agent_gateway.resources.values import ClaimValue, ClassSpec, ClassValue, RunValue, ThreadValue
from agent_gateway.store.rows import Run, Thread

WRITE_PAUSES: Final = (1.0, 4.0, 15.0, 40.0)
"""Seconds before a run that the API server refused is written again, by how often it was refused."""
MAX_WRITES: Final = len(WRITE_PAUSES) + 1
_COLD: Final = {"last_refused": "ClaimRefused", "tool_servers": "ToolServers"}
"""What the status says, by the cause."""
_UNWANTED: Final = frozenset({Reason.SUPERSEDED, Reason.SUSPENDED, Reason.CANCELLED, Reason.CLAIM_REFUSED})


def compute_next_run(thread: Thread, found: ThreadValue | None) -> int:
    """Return the number of the next run: above every run that anybody knows of, or has forbidden by `spec.stop`.

    One above MAX_RUN cannot be had: an administrator holds the conversation so.
    """
    if found is None:
        return 1 + thread.run_counter
    status = found.status.run.number if found.status.run is not None else 0
    return 1 + min(MAX_RUN, max(thread.run_counter, found.spec.run or 0, found.spec.stop or 0, status))


def find_cold_cause(last: Run | None, found: ThreadValue | None, spec: ClassSpec) -> str | None:
    """Return why a run takes no pod of a warm pool, in a word; None where it may.

    Args:
        last: The run before it.
        found: The conversation's resource: a pod that waits knows all tool servers of its class, those too that were taken
            from this conversation.
        spec: What its class says.
    """
    if last is not None and last.claimed and (last.reason == Reason.CLAIM_REFUSED or last.ready_at is None):
        return "last_refused"
    left = found.spec.mcp_servers if found is not None else None
    if left is None or {one.connection for one in left} >= {one.connection for one in spec.mcp_servers}:
        return None
    return "tool_servers"


def describe_cold(cause: str | None, pool_hash: str | None, known: ClassValue | None) -> str | None:
    """Say in a word why a run has no pod of a warm pool, as its status does; None where its class asks for none.

    Args:
        cause: As `find_cold_cause` tells it.
        pool_hash: Of the pods that may be claimed.
        known: The class; None where it is not known.
    """
    if known is None or not (known.has_pool or pool_hash):
        return None
    if cause is not None:
        return _COLD[cause]
    return known.pool_reason or ("ClassChanged" if pool_hash is None else "PoolEmpty")


def find_claim(run: Run) -> ClaimValue | None:
    """Return what the resource is to say of a run's pod; None where one is to be made for it."""
    if not run.claimed or run.job_name is None or run.pod_uid is None:
        return None
    return ClaimValue(run.number, run.job_name, run.pod_uid)


def is_written(found: ThreadValue, run: Run) -> bool:
    """Say whether a run stands in its resource: with its pod, where it was given one."""
    claim = find_claim(run)
    return (found.spec.run or 0) >= run.number and (claim is None or found.spec.claim == claim)


def awaits_operator(found: ThreadValue | None, run: Run) -> bool:
    """Say whether a run has a pod that had waited, which the operator may believe to be nobody's still.

    It takes the pod over before it tells of the run.
    """
    status = found.status.run if found is not None else None
    return find_claim(run) is not None and (status is None or status.number < run.number)


def is_ending(resource: ThreadValue | None, run: Run) -> bool:
    """Say whether a run's pod is known to be ending: a turn would be cut off there, and the next run can take it."""
    if resource is None:
        return False
    status = resource.status
    stopping = status.phase is Phase.STOPPING and status.run is not None and status.run.number == run.number
    return resource.spec.suspend or stopping


def failed_to_start(run: Run, reason: str) -> bool:
    """Say whether a run that is over was a start that failed, rather than one that somebody did not want any more."""
    return run.ready_at is None and run.stop != "killed" and reason not in _UNWANTED


def is_open(status: RunValue | None) -> bool:
    """Say whether what a resource tells of a run tells no end."""
    return status is None or status.finished_at is None


def was_refused(run: Run) -> bool:
    """Say whether a run ended because the API server would not take it: its turns are not tried again by themselves."""
    return run.hello_at is None and run.attempts >= MAX_WRITES


def ends_alike(run: Run) -> bool:
    """Say whether the next run would end as this one did: its disk is no larger."""
    return run.reason == Reason.DISK_FULL
