"""Questions for people: each is asked once, and ends once, in one transaction with what follows from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from agent_gateway.effects import SendDecision, WakeDecisions, WakeOutbox, WakePush
from agent_gateway.render.foreign import disarm
from agent_gateway.store.chatrows import Button
from agent_gateway.store.decisionrows import (
    ALWAYS,
    Answer,
    Decision,
    DecisionKind,
    DecisionState,
    NewDecision,
    Unclosed,
    build_decision,
)
from agent_gateway.store.outbox import OutboxQueries
from agent_gateway.store.rows import Address, Turn
from agent_gateway.store.session import Room
from agent_gateway.store.turns import build_turn

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction

MOST: Final = 100
"""Rows that are taken at once."""
PLAN_SECONDS: Final = 7 * 86400.0
"""A plan can be carried out so long."""
MOST_ASKED: Final = 100
"""Questions of one turn."""
MOST_OPEN: Final = 10
"""Of those, the ones that wait for an answer at once."""
CHANGE_SECONDS: Final = 3600.0
"""A person has so long to say what is to be different."""


class DecisionQueries(Room):
    """Questions for people, and what they allowed."""

    async def ask(self, new: NewDecision, seq: int) -> Decision | None:
        """Record a question with the acknowledgement; None where its turn is over. The same call gives the same one.

        What was allowed for the whole conversation is answered at once, and not shown.
        """
        async with self._session.unit() as tx:
            granted = new.rule and await tx.value("approval", new.thread_id, new.rule)
            asked = await add_decision(tx, self._bot_id, new, granted=bool(granted))
            if asked is None:
                known = await tx.row("decision_of_call", new.thread_id, new.run, new.call_id)
                if known is None:
                    return None
                asked = build_decision(known)
            if asked.state is not DecisionState.ASKED:
                tx.after(SendDecision(asked))
            await tx.execute("acked", new.thread_id, new.run, seq)
            return asked

    async def is_free(self, turn_id: int, call_id: str) -> bool:
        """Say whether a turn may ask one more question, besides that of a call."""
        row = await self._session.row("count_asked", turn_id, call_id)
        return bool(row["asked"] < MOST_ASKED and row["open"] < MOST_OPEN)

    async def ask_about_plan(self, turn: Turn) -> None:
        """Record that a person is to say what becomes of the plan that a turn wrote; its buttons stand below the answer."""
        await self._tx.row(
            "add_loose_decision", turn.id, DecisionKind.PLAN.value, None, "", False, "Members", turn.language, PLAN_SECONDS
        )  # fmt: skip

    async def ask_for_change(self, plan: Decision, person_id: int, text: str, language: str) -> None:
        """Ask a person what is to be different in a plan."""
        row = await self._tx.row(
            "add_loose_decision", plan.turn_id, DecisionKind.CHANGE.value, person_id, text, True, "Asker", language,
            CHANGE_SECONDS,
        )  # fmt: skip
        asked = build_decision(row)
        await self._tx.outbox.put(asked.address, text, f"ask:{asked.id}", format="markdown")
        self._tx.after(WakeOutbox(), WakeDecisions())

    async def lock(self, decision_id: int) -> Decision | None:
        """Return a question, which nobody else can decide before the transaction ends."""
        row = await self._tx.row("lock_decision", decision_id, self._bot_id)
        return build_decision(row) if row else None

    async def lock_plan(self, turn_id: int) -> Decision | None:
        """Return the question about the plan that a turn wrote, held as above."""
        row = await self._tx.row("lock_plan", turn_id, self._bot_id)
        return build_decision(row) if row else None

    async def open_in(self, address: Address) -> list[Decision]:
        """Return what is asked in a chat, oldest first, with its messages."""
        rows = await self._session.rows("open_decisions", self._bot_id, address.chat_id)
        return [build_decision(row) for row in rows]

    async def answer(self, decision_id: int, answer: Answer, *, closed: bool) -> Decision | None:
        """End a question with an answer; None where it had ended. `closed`: its message is made to say so by the caller."""
        return await self._end(decision_id, DecisionState.ANSWERED, answer, closed=closed)

    async def expire(self, decision_id: int) -> Decision | None:
        """End a question that nobody answered in time; None where it had ended."""
        return await self._end(decision_id, DecisionState.EXPIRED, None, closed=False)

    async def expire_due(self) -> list[Decision]:
        """End every question whose time is over."""
        async with self._session.unit() as tx:
            ended = [build_decision(row) for row in await tx.rows("expire_decisions", self._bot_id, MOST)]
            for decision in ended:
                tx.after(SendDecision(decision))
        return ended

    async def withdraw(self, thread_id: int, *, run: int | None = None, turn_id: int | None = None) -> None:
        """End what a thread's agent asked: in a run, in a turn, or at all. Its messages are made to say so soon."""
        if await self._tx.rows("withdraw_decisions", thread_id, run, turn_id):
            self._tx.after(WakeDecisions())

    async def withdraw_plans(self, thread_id: int) -> None:
        """End what was asked about a conversation's plans: an agent with a fresh session knows none of them."""
        if await self._tx.rows("withdraw_plans", thread_id):
            self._tx.after(WakeDecisions())

    async def close_call(self, thread_id: int, run: int, seq: int, call_id: str) -> None:
        """Record, with the acknowledgement, that a runner waits no more: it took what was decided, or gave up."""
        async with self._session.unit() as tx:
            if await tx.row("withdraw_call", thread_id, run, call_id):
                tx.after(WakeDecisions())
            await tx.execute("decision_taken", thread_id, run, call_id)
            await tx.execute("acked", thread_id, run, seq)

    async def untaken(self, thread_id: int, run: int) -> list[Decision]:
        """Return what was decided for a run and its agent may not know."""
        return [build_decision(row) for row in await self._session.rows("untaken_decisions", thread_id, run)]

    async def late(self, seconds: float, after: int = 0) -> list[Decision]:
        """Return what was decided so long ago that its runner should have taken it, of at most `MOST` the first behind one."""
        rows = await self._session.rows("late_decisions", self._bot_id, seconds, MOST, after)
        return [build_decision(row) for row in rows]

    async def next_expiry(self) -> float | None:
        """Return the seconds until the first question expires."""
        found: float | None = await self._session.value("next_expiry", self._bot_id)
        return found

    async def unclosed(self, after: int = 0) -> list[Unclosed]:
        """Return questions that are over and whose messages do not say so, of at most `MOST` the first behind one."""
        rows = await self._session.rows("unclosed_decisions", self._bot_id, MOST, after)
        return [
            Unclosed(build_decision(row), row["outbox_id"], row["sending"], row["attempts"], tuple(row["ended_ids"]))
            for row in rows
        ]

    async def close(self, unclosed: Unclosed, words: str) -> None:
        """Let every message of a question say what became of it; once."""
        decision, told = unclosed.decision, unclosed.ended_ids
        async with self._session.unit() as tx:
            left = [number for number in decision.message_ids if number not in told]
            if await tx.row("close_decision", decision.id) is None or not left:
                return
            await show_end(tx.outbox, decision, words, left, again=bool(told))
            tx.after(WakeOutbox())

    async def drop_unsent(self, outbox_id: int) -> bool:
        """Take a question back that was not sent; False where it is on its way."""
        return await self._session.row("drop_unsent", outbox_id) is not None

    async def allow(self, decision: Decision, answer: Answer) -> None:
        """Record that a rule needs no asking any more in a conversation."""
        if decision.rule:
            await self._tx.execute("add_approval", decision.thread_id, decision.rule, answer.person_id, answer.name)

    async def allowed(self, thread_id: int) -> list[tuple[str, str]]:
        """Return what was allowed for a conversation, each with who did."""
        return [(row["rule"], row["person_name"]) for row in await self._session.rows("approvals", thread_id)]

    async def revoke(self, thread_id: int, rule: str | None = None) -> int:
        """Let a rule, or every one, ask again; return how many did not."""
        return len(await self._tx.rows("revoke_approval", thread_id, rule))

    async def mark_plan(self, turn_id: int) -> Turn:
        """Record that a queued turn writes a plan and changes nothing."""
        return build_turn(await self._tx.row("mark_plan", turn_id))

    async def _end(
        self, decision_id: int, state: DecisionState, answer: Answer | None, *, closed: bool
    ) -> Decision | None:
        async with self._session.unit() as tx:
            values = (answer.choice, answer.text, answer.person_id, answer.name) if answer else (None,) * 4
            row = await tx.row("end_decision", decision_id, state.value, *values, closed)
            if row is None:
                return None
            decision = build_decision(row)
            push = decision.kind is DecisionKind.PUSH
            tx.after(WakePush(decision.id) if push else SendDecision(decision), WakeDecisions())
            return decision


async def add_decision(tx: Transaction, bot_id: int, new: NewDecision, *, granted: bool = False) -> Decision | None:
    """Record a question and put its message; None where its turn is over, or the same call asked it before.

    Args:
        tx: The transaction.
        bot_id: Whose chat.
        new: The question.
        granted: It is answered already and not shown, as it was allowed for the whole conversation.
    """
    row = await tx.row(
        "add_decision", bot_id, new.thread_id, new.run, new.call_id, new.turn_id, new.address.chat_id,
        new.address.topic_id, new.asker_id, new.kind.value, new.text, json.dumps(new.options), new.free_text,
        new.rule, new.approvers, new.language, float(new.seconds), ALWAYS if granted else None, granted,
    )  # fmt: skip
    if row is None:
        return None
    asked = build_decision(row)
    if asked.state is DecisionState.ASKED:
        await tx.outbox.put(
            asked.address, asked.text, f"ask:{asked.id}", format="markdown", reply_to=new.reply_to,
            buttons=build_buttons(asked),
        )  # fmt: skip
        tx.after(WakeOutbox(), WakeDecisions())
    return asked


def build_buttons(decision: Decision) -> list[Button]:
    """Build the buttons of a question."""
    return [
        Button(disarm(text).strip() or str(number + 1), f"d:{decision.id}:{number}")
        for number, text in enumerate(decision.options)
    ]


async def show_end(
    outbox: OutboxQueries, decision: Decision, words: str, message_ids: Sequence[int], *, again: bool = False
) -> None:
    """Let a question's message say what became of it; its buttons go. `again`: of one that was sent twice, the other."""
    text = f"{decision.text}\n\n{words}"
    key = f"decided:{decision.id}:again" if again else f"decided:{decision.id}"
    await outbox.put(decision.address, text, key, format="markdown", message_ids=message_ids)
