"""One look at an AgentThread, and what is decided of it."""

from __future__ import annotations

from agent_operator.merge import compute_changes
from agent_operator.observe import Observed
from agent_operator.reconcile import decide
from tests.support.operator import (
    NOW,
    job_name,
    make_config,
    make_lookup,
    make_thread,
)

NOTHING = Observed(None, None)
BEGUN = {"number": 1, "jobName": job_name()}
DONE = {**BEGUN, "finishedAt": NOW.isoformat(), "reason": "IdleTimeout", "message": "x", "exitCode": 0}


def look(thread, observed=NOTHING, lookup=None, config=None, now=NOW):
    return decide(thread, lookup or make_lookup(), observed, config or make_config(), now)


def begun(phase="Pending", run=1, **spec):
    """A thread whose run 1 was begun."""
    more = spec.pop("status", {})
    return make_thread(run, {"phase": phase, "run": {**BEGUN, **more}}, **spec)


def conditions(plan):
    return {c.type: (c.status, c.reason) for c in plan.status.conditions}


def needs_write(old, new):
    """Say whether a status differs in anything that is written."""
    return bool(compute_changes(old.to_dict(), new.to_dict()))
