"""Written answers: a message that answers what an agent asks is no question of its own."""

from __future__ import annotations

from collections.abc import Callable

from agent_gateway.decisions.answering import take_answer
from agent_gateway.decisions.deciding import find_answered
from agent_gateway.effects import OpenView, WakeThread
from agent_gateway.store.decisionrows import Answer, Decision, DecisionKind
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Prompt
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import parse_press


class Replies:
    """Takes messages that answer questions.

    Args:
        is_admin: Who is an administrator.
    """

    def __init__(self, is_admin: Callable[[int], bool]) -> None:
        self._is_admin = is_admin

    async def take(self, tx: Transaction, prompt: Prompt) -> str | None:
        """Take a message as an answer; None where it is none, else what its writer is told (nothing, where it is taken)."""
        if not prompt.addressed or (prompt.files and not prompt.heard) or not prompt.words.strip():
            return None
        asked = await tx.decisions.open_in(prompt.address)
        found = find_answered(
            asked, topic_id=prompt.address.topic_id, reply_to=prompt.reply_to, person_id=prompt.person_id,
            message_id=prompt.message_id, named=_find_named(prompt),
        )  # fmt: skip
        held = await tx.decisions.lock(found.id) if found is not None else None
        if found is None or held is None:
            return None
        answer = Answer(prompt.person_id, prompt.person_name, None, prompt.words)
        message_id = _find_message(found, prompt)
        refused = await take_answer(
            tx, held, answer, admin=self._is_admin(prompt.person_id), message_id=message_id, language=prompt.language
        )
        if refused is not None:
            return refused if prompt.reply_to is not None else None
        if held.kind is DecisionKind.CHANGE:
            turn = await tx.turns.add(held.thread_id, None, prompt.message_id, prompt.person_id, prompt.words)
            planned = await tx.decisions.mark_plan(turn.id)
            tx.after(WakeThread(held.thread_id), OpenView(planned, prompt.address))
        else:
            said = keys.decision_answered(held.language, answer=prompt.words)
            await tx.execute("add_message", held.thread_id, held.turn_id, "user", said)
        return ""


def _find_message(found: Decision, prompt: Prompt) -> int | None:
    """Return the message that bears the question's buttons: its last, or one that was not noted and is answered."""
    if prompt.reply_to is not None and prompt.reply_to not in found.message_ids:
        return prompt.reply_to
    return found.message_ids[-1] if found.message_ids else None


def _find_named(prompt: Prompt) -> int | None:
    """Return the question whose buttons stand below the message that is answered."""
    pressed = parse_press(prompt.button)
    return pressed[0] if pressed is not None else None
