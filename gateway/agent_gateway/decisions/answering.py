"""What follows from an answer, in the transaction that records it."""

from __future__ import annotations

import logging

from agent_gateway.decisions.deciding import Person, Refusal, find_refusal
from agent_gateway.effects import WakeOutbox
from agent_gateway.store.decisionrows import ALWAYS, YES, Answer, Decision, DecisionKind, DecisionState
from agent_gateway.store.decisions import show_end
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording.decisions import end_text, refusal_text

_log = logging.getLogger(__name__)


async def take_answer(
    tx: Transaction, decision: Decision, answer: Answer, *, admin: bool, message_id: int | None, language: str
) -> str | None:
    """Record an answer to a question that is held; return why it is refused, in words.

    Args:
        tx: Holds the question.
        decision: It.
        answer: Of a person who may use the bot there.
        admin: They are an administrator.
        language: Of the person who answers.
        message_id: The question's message, where it is known: it says what was decided, and loses its buttons.
    """
    refusal = find_refusal(decision, Person(answer.person_id, admin))
    if refusal is not None:
        if decision.state is DecisionState.ASKED and refusal is Refusal.EXPIRED:
            await tx.decisions.expire(decision.id)
        return refusal_text(language, refusal, decision)
    ended = await tx.decisions.answer(decision.id, answer, closed=False)
    if ended is None:  # it is held, so that nobody else can have ended it
        raise RuntimeError("a question that is held was ended")
    if decision.kind is DecisionKind.APPROVAL:
        await tx.audit.add(answer.person_id, _name_act(answer), f"{decision.rule} in thread {decision.thread_id}")
        if answer.choice == ALWAYS:
            await tx.decisions.allow(decision, answer)
    if decision.kind is DecisionKind.BUDGET and answer.choice == YES:
        raised = await tx.budgets.raise_asked(decision.id)
        await tx.audit.add(answer.person_id, "raise budget", raised or f"thread {decision.thread_id}")
    if decision.kind is DecisionKind.PUSH:
        act = "allow push" if answer.choice == YES else "refuse push"
        await tx.audit.add(answer.person_id, act, f"decision {decision.id} in thread {decision.thread_id}")
    if message_id is not None:
        await show_end(tx.outbox, ended, end_text(ended), [message_id])
        tx.after(WakeOutbox())
    _log.info("person_decided", extra={"decision": decision.id, "kind": decision.kind.value, "choice": answer.choice})
    return None


def _name_act(answer: Answer) -> str:
    if answer.choice is None:
        return "deny"
    return ("allow once", "allow always", "deny")[min(answer.choice, 2)]
