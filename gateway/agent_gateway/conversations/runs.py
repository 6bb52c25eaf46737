"""What can be said of a run by itself; pure."""

from __future__ import annotations

from typing import Final

from agent_contract.agentthread import Phase, Reason
from agent_contract.lenient import MAX_RUN
from agent_gateway.resources.values import ThreadValue
from agent_gateway.store.rows import Run, Thread

WRITE_PAUSES: Final = (1.0, 4.0, 15.0, 40.0)
"""Seconds before a run that the API server refused is written again, by how often it was refused."""
MAX_WRITES: Final = len(WRITE_PAUSES) + 1
_UNWANTED: Final = frozenset({Reason.SUPERSEDED, Reason.SUSPENDED, Reason.CANCELLED})


def compute_next_run(thread: Thread, found: ThreadValue | None) -> int:
    """Return the number of the next run: above every run that anybody knows of, or has forbidden by `spec.stop`.

    One above MAX_RUN cannot be had: an administrator holds the conversation so.
    """
    if found is None:
        return 1 + thread.run_counter
    status = found.status.run.number if found.status.run is not None else 0
    return 1 + min(MAX_RUN, max(thread.run_counter, found.spec.run or 0, found.spec.stop or 0, status))


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


def was_refused(run: Run) -> bool:
    """Say whether a run ended because the API server would not take it: its turns are not tried again by themselves."""
    return run.hello_at is None and run.attempts >= MAX_WRITES
