"""`/plan`: the agent writes a plan and changes nothing, until a person says so."""

from __future__ import annotations

from collections.abc import Callable

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, take_buttons
from agent_gateway.commands.request import Request
from agent_gateway.decisions.deciding import OVER, Person, find_refusal
from agent_gateway.effects import OpenView, WakeThread
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.metrics import LIMITS
from agent_gateway.store.decisionrows import Answer, Decision
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import refusal_text
from agent_gateway.wording.plans import CHOICES, GO_PROMPT, Choice, choice_text, parse_plan


class PlanCommand:
    """Asks for a plan, and takes what is to become of it.

    Args:
        bot_name: The gateway's short name.
        is_admin: Who is an administrator.
    """

    def __init__(self, bot_name: str, *, is_admin: Callable[[int], bool]) -> None:
        self._bot_name = bot_name
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Queue a turn that plans."""
        command, prompt = request.command, request.command.prompt
        if prompt is None:
            return Outcome(keys.plan_usage(command.language))
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title, command.language)
        waiting = await tx.turns.count_queued(thread.id)
        if waiting >= MOST_QUEUED:
            LIMITS.labels("queued").inc()
            return Outcome(keys.queue_full(command.language, count=waiting))
        turn = await tx.turns.add(
            thread.id, request.update_id, command.message_id, command.person_id, prompt.told, prompt.files,
            threaded=prompt.threaded,
        )  # fmt: skip
        planned = await tx.decisions.mark_plan(turn.id)
        tx.after(WakeThread(thread.id), OpenView(planned, thread.address))
        return Outcome("")

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Take what is to become of a plan, once; None for a button of another kind."""
        parsed = parse_plan(pressed.data)
        if parsed is None:
            return None
        choice, turn_id = parsed
        plan = await tx.decisions.lock_plan(turn_id)
        if plan is None or plan.address.chat_id != pressed.address.chat_id:
            if plan is None:  # it was forgotten, or is as old as that
                await take_buttons(tx, pressed)
            return Outcome(keys.decision_withdrawn(pressed.language))  # another chat's plan is nobody's business
        refusal = find_refusal(plan, Person(pressed.person_id, self._is_admin(pressed.person_id)))
        if refusal is not None:
            if refusal in OVER:
                await take_buttons(tx, pressed)
            return Outcome(refusal_text(pressed.language, refusal, plan))
        words = choice_text(pressed.language, choice)
        answer = Answer(pressed.person_id, pressed.person_name, CHOICES.index(choice), words)
        await tx.decisions.answer(plan.id, answer, closed=True)
        await take_buttons(tx, pressed)
        return Outcome(await self._follow(tx, pressed, plan, choice))

    async def _follow(self, tx: Transaction, pressed: Pressed, plan: Decision, choice: Choice) -> str:
        """Do what was chosen; return what the person is told."""
        match choice:
            case "go":
                planned = await tx.turns.by_id(plan.turn_id)
                message_id = planned.message_id if planned is not None else None
                turn = await tx.turns.add(plan.thread_id, None, message_id, pressed.person_id, GO_PROMPT)
                tx.after(WakeThread(plan.thread_id), OpenView(turn, plan.address))
                return keys.plan_go(pressed.language)
            case "change":
                text = keys.plan_change(pressed.language)
                await tx.decisions.ask_for_change(plan, pressed.person_id, text, pressed.language)
                return ""
            case "drop":
                return keys.plan_dropped(pressed.language)
