"""What must not be left when all is at rest: in Postgres and in the cluster. Pure over a snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from dev.chaos.snapshot import Snapshot

_OPEN_TURN = frozenset({"queued", "delivered", "started"})
_UNSENT = frozenset({"pending", "sending"})


@dataclass(frozen=True, slots=True)
class Remains:
    """Names and ids of what is left.

    Attributes:
        stuck_turns: Turns that are open.
        stuck_rows: Rows of the inbox and of the outbox that nobody takes on, and sub-agents that are not finished.
        leaked_slots: Runs that are open in Postgres, without a pod.
        orphans: Jobs, pods and resources that run and that no open run in Postgres owns.
        undeliverable: Rows of the inbox and of the outbox that were set aside.
    """

    stuck_turns: tuple[str, ...] = ()
    stuck_rows: tuple[str, ...] = ()
    leaked_slots: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    undeliverable: tuple[str, ...] = ()

    @property
    def at_rest(self) -> bool:
        """Say whether nothing is left that should move on."""
        return not (self.stuck_turns or self.stuck_rows or self.leaked_slots or self.orphans)


def find_remains(snapshot: Snapshot) -> Remains:
    """Find what is left."""
    rows, cluster = snapshot.rows, snapshot.cluster
    running = {(p.kind, p.thread, p.run) for p in cluster.pods if p.alive}
    return Remains(
        tuple(f"turn {t.id} ({t.state}) of {t.thread}" for t in rows.turns if t.state in _OPEN_TURN),
        (
            *(f"inbox {update}" for update in rows.inbox_new),
            *(f"outbox {o.id} ({o.kind}, {o.state})" for o in rows.outbox if o.state in _UNSENT),
            *(f"sub-agent {c.name} ({c.state})" for c in rows.children if c.state != "finished"),
        ),
        tuple(
            f"run {r.number} ({r.state}) of {r.kind} {r.thread}"
            for r in rows.open_runs
            if (r.kind, r.thread, r.number) not in running
        ),
        _find_orphans(snapshot),
        (
            *(f"inbox {update}" for update in rows.inbox_dead),
            *(f"outbox {o.id} ({o.kind}, {o.state})" for o in rows.outbox if o.state not in _UNSENT),
        ),
    )


def _find_orphans(snapshot: Snapshot) -> tuple[str, ...]:
    cluster = snapshot.cluster
    owned = {(r.kind, r.thread, r.number) for r in snapshot.rows.open_runs}
    open_children = {c.name for c in snapshot.rows.children if c.state != "finished"}
    uids = {r.uid for r in cluster.resources}
    jobs = {j.uid for j in cluster.jobs}
    jobs_left = [
        f"job {j.name}"
        for j in cluster.jobs
        if j.active and (j.owner_uid not in uids or (j.kind, j.thread, j.run) not in owned)
    ]
    pods_left = [
        f"pod {p.name}"
        for p in cluster.pods
        if p.alive and (p.job_uid not in jobs or (p.kind, p.thread, p.run) not in owned)
    ]
    resources_left = [
        f"{r.kind} {r.name} run {r.run}"
        for r in cluster.resources
        if r.active and r.name not in open_children and (r.kind, r.name, r.run) not in owned
    ]
    return (*jobs_left, *pods_left, *resources_left)
