"""Which kinds of jobs there are, and what carries each of them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_gateway.connections.settings import Connection
from agent_gateway.diffs.compare import Comparer
from agent_gateway.jobs.branches import Branching
from agent_gateway.jobs.diff import Diffing
from agent_gateway.jobs.export import MOST_BYTES, Exporting
from agent_gateway.jobs.forget import Forgetting
from agent_gateway.jobs.forgetme import ForgettingPerson
from agent_gateway.jobs.fork import Forking
from agent_gateway.jobs.worker import POLL_SECONDS, JobWorker, Kind
from agent_gateway.runners.looks import Looks
from agent_gateway.store import Store
from agent_gateway.store.jobs import JobKind


def build_jobs(
    store: Store, looks: Looks, connections: Mapping[str, Connection], forking: Forking, check: Callable[[], None], *,
    export_bytes: int = MOST_BYTES, poll: float = POLL_SECONDS,
) -> JobWorker:  # fmt: skip
    """Put the worker together.

    Args:
        store: The jobs, and what they read.
        looks: Asks pods.
        connections: Git servers by name, for links to them.
        forking: Copies conversations.
        check: Raises when this process may no longer act.
        export_bytes: Of one file of a history.
        poll: Seconds between two looks for what is due.
    """
    kinds: dict[JobKind, Kind] = {
        JobKind.EXPORT: Exporting(store, export_bytes),
        JobKind.FORGET: Forgetting(store),
        JobKind.FORGET_ME: ForgettingPerson(store),
        JobKind.DIFF: Diffing(store, Comparer(store), looks),
        JobKind.FORK: forking,
        JobKind.BRANCHES: Branching(store, looks, connections),
    }
    return JobWorker(store, kinds, store.events, check, poll=poll)
