"""What a runner is told of a question that is over; pure."""

from __future__ import annotations

from agent_contract import wire
from agent_gateway.store.decisionrows import DENY, YES, Decision, DecisionKind, DecisionState


def build_frame(decision: Decision) -> wire.Decision:
    """Build the frame that tells what became of a question of an agent."""
    call_id = decision.call_id or ""
    match decision.state:
        case DecisionState.ANSWERED:
            pass
        case DecisionState.EXPIRED:
            return wire.Decision(id=call_id, outcome="expired")
        case DecisionState.ASKED | DecisionState.WITHDRAWN:
            return wire.Decision(id=call_id, outcome="withdrawn")
    chosen = decision.choice is not None
    text = decision.answer or ""
    if decision.kind is DecisionKind.APPROVAL and chosen:
        text = ""  # the button's own words; what is written is the reason
    return wire.Decision(
        id=call_id,
        outcome="answered",
        allowed=is_allowed(decision),
        choice=decision.choice,
        text=text,
        person=decision.decided_name or "",
    )


def is_allowed(decision: Decision) -> bool:
    """Say whether a person said yes to what was asked for."""
    if decision.choice is None:
        return False
    if decision.kind is DecisionKind.APPROVAL:
        return 0 <= decision.choice < DENY
    return decision.kind is DecisionKind.CONFIRM and decision.choice == YES


def build_refusal(call_id: str, why: str) -> wire.Decision:
    """Build the frame that tells that a question is not asked."""
    return wire.Decision(id=call_id, outcome="refused", text=why)
