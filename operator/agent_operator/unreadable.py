"""What is said on a resource that this release cannot read, such as one with a value of another release; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from agent_contract.agentthread import Reason
from agent_contract.conditions import Condition
from agent_operator.causes import Cause, shorten
from agent_operator.conditions import find_accepted, set_all


def explain_unreadable(problem: str) -> Cause:
    """Say that nothing is begun of a resource, and for which fields.

    Args:
        problem: The fields, and what this release expects in them; never what stands there.
    """
    words = f"This operator cannot read it ({problem}), as it may be of another release: nothing is begun of it."
    return Cause(Reason.SPEC_INVALID, shorten(words))


def compute_refusal(raw: Mapping[str, Any], problem: str, now: datetime) -> dict[str, Any]:
    """Compute the changes of a status that say so; empty where they stand already.

    All else in the status stays as it is: whoever can read the resource wrote it.

    Args:
        raw: The resource as the API gives it.
        problem: As for `explain_unreadable`.
        now: By the API server's clock.
    """
    found = (raw.get("status") or {}).get("conditions") or []
    try:
        conditions = [Condition.model_validate(one) for one in found]
    except ValidationError:
        conditions = []  # then they are what cannot be read
    generation = int(raw["metadata"].get("generation", 0))
    new = set_all(conditions, (find_accepted(explain_unreadable(problem)),), generation, now)
    if [one.to_dict() for one in new] == [one.to_dict() for one in conditions]:
        return {}
    return {"conditions": [one.to_dict() for one in new]}
