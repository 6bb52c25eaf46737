"""The buttons below what an agent asks."""

from __future__ import annotations

from collections.abc import Callable

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, take_buttons
from agent_gateway.decisions.answering import take_answer
from agent_gateway.store.decisionrows import Answer, DecisionState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import parse_press


class DecisionButtons:
    """Takes answers.

    Args:
        is_admin: Who is an administrator.
    """

    def __init__(self, is_admin: Callable[[int], bool]) -> None:
        self._is_admin = is_admin

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Take an answer; None for a button of another kind."""
        parsed = parse_press(pressed.data)
        if parsed is None:
            return None
        decision_id, choice = parsed
        decision = await tx.decisions.lock(decision_id)
        if decision is None:  # it was forgotten, or is as old as that
            await take_buttons(tx, pressed)
        if decision is None or decision.address.chat_id != pressed.address.chat_id or choice >= len(decision.options):
            return Outcome(
                keys.decision_withdrawn(pressed.language)
            )  # what is asked in another chat is nobody's business
        answer = Answer(pressed.person_id, pressed.person_name, choice, decision.options[choice])
        admin = self._is_admin(pressed.person_id)
        refused = await take_answer(
            tx, decision, answer, admin=admin, message_id=pressed.message_id, language=pressed.language
        )
        if refused is not None and decision.state is not DecisionState.ASKED:
            await take_buttons(tx, pressed)  # a second message of the same question may stand with its own
        return Outcome(keys.decision_noted(pressed.language) if refused is None else refused)
