"""Questions to a person about what an agent wants to send out: a push, or a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from agent_contract.approvals import Approvals
from agent_gateway.decisions.service import compute_seconds, find_asker
from agent_gateway.store import Store
from agent_gateway.store.decisionrows import Decision, DecisionKind, NewDecision
from agent_gateway.store.rows import Run, SubAgentRow, Thread, Turn
from agent_gateway.wording.decisions import Message
from agent_gateway.wording.texts import shorten

_MOST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose it is.

    Attributes:
        thread: The agent's.
        turn: That it works on.
        run: That works on it.
        own: Of a sub-agent.
        terms: Of its class.
    """

    thread: Thread
    turn: Turn
    run: Run
    own: SubAgentRow | None
    terms: Approvals


async def build_hold(store: Store, holder: Holder, call_id: str, message: Message, digest: str) -> NewDecision:
    """Build the question; `digest` is what is equal for the same thing alone."""
    thread, turn, own = holder.thread, holder.turn, holder.own
    return NewDecision(
        thread_id=thread.id,
        run=holder.run.number,
        call_id=call_id,
        turn_id=turn.id,
        address=thread.address,
        asker_id=await find_asker(store, turn, own),
        kind=DecisionKind.PUSH,
        text=message.text,
        options=message.options,
        free_text=False,
        rule=digest,
        approvers=holder.terms.approvers,
        language=turn.language,
        seconds=compute_seconds(None, holder.terms.expire_after, holder.run, datetime.now(UTC)),
        reply_to=turn.message_id or (own.reply_to if own is not None else None),
    )


def describe_refusal(found: Decision) -> str:
    """Say for the agent who refused it, and why."""
    words = f": {shorten(found.answer or '', _MOST_REASON)}" if found.choice is None else ""
    return f"refused in the chat by {found.decided_name or 'a person'}{words}"
