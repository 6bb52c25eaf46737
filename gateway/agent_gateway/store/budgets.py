"""Limits on what is spent, and the questions that are asked near them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.effects import WakeDecisions, WakeOutbox
from agent_gateway.store.decisionrows import DecisionKind, build_decision
from agent_gateway.store.decisions import build_buttons
from agent_gateway.store.rows import Address
from agent_gateway.store.session import Room
from agent_gateway.store.spending import Account, Amount, Scope, Spending, Usage

ASK_SECONDS: Final = 86400.0
"""A question near a limit waits so long."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that stands.

    Attributes:
        scope: What it bounds.
        source: chat, class or settings.
        class_name: Of a class: which.
        subject: From the chat: which one; empty: every one.
        amount: How much; without money and tokens it sets no limit.
    """

    scope: Scope
    source: str
    class_name: str
    subject: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked near a limit.

    Attributes:
        turn_id: The turn that spends.
        address: Where it is asked.
        text: The question, in Markdown.
        options: The words of its two buttons: the first raises the limit.
        approvers: Asker or Administrators.
        language: Of the person.
    """

    turn_id: int
    address: Address
    text: str
    options: tuple[str, str]
    approvers: str
    language: str


class BudgetQueries(Room):
    """Limits."""

    async def all(self) -> list[Limit]:
        """Return every limit that stands."""
        rows = await self._session.rows("budgets", self._bot_id)
        return [
            Limit(
                Scope(row["scope"]),
                row["source"],
                row["class_name"],
                row["subject"],
                Amount(row["money"], row["tokens"]),
            )
            for row in rows
        ]

    async def put(self, limit: Limit, person_id: int | None = None) -> None:
        """Set a limit, in place of the one that stood for the same."""
        await self._session.execute(
            "put_budget", self._bot_id, limit.scope.value, limit.source, limit.class_name, limit.subject,
            limit.amount.money, limit.amount.tokens, person_id,
        )  # fmt: skip

    async def drop(self, limit: Limit) -> None:
        """Take a limit away: the next source's holds."""
        await self._session.execute(
            "drop_budget", self._bot_id, limit.scope.value, limit.source, limit.class_name, limit.subject
        )

    async def of_call(self, thread_id: int, run: int, turn_id: int | None, zone: str) -> list[Usage]:
        """Return the accounts that a thread's next call is paid from; the turn's first, the day's last."""
        rows = await self._session.rows("call_accounts", self._bot_id, thread_id, run, turn_id, zone)
        return [_build_usage(row) for row in rows]

    async def find_spent(self, thread_id: int, run: int, turn_id: int, zone: str) -> Account | None:
        """Return what would stop a further turn of a turn's person at once; None where nothing would."""
        used = await self.of_call(thread_id, run, turn_id, zone)
        return next((one.account for one in used if one.refused and one.account.scope is not Scope.TURN), None)

    async def ask(self, account: Account, question: Question) -> bool:
        """Ask once whether a limit is to be raised by as much again; False where that was asked."""
        key = (self._bot_id, account.scope.value, account.subject, account.day)
        async with self._session.unit() as tx:
            held = await tx.row("lock_account", *key)
            if held is None or held["decision_id"] is not None:
                return False
            row = await tx.row(
                "add_budget_decision", question.turn_id, DecisionKind.BUDGET.value, question.text,
                json.dumps(question.options), question.approvers, question.language, ASK_SECONDS,
                question.address.chat_id, question.address.topic_id,
            )  # fmt: skip
            if row is None:
                return False
            asked = build_decision(row)
            await tx.execute("note_asked", *key, asked.id, account.limit.money, account.limit.tokens)
            await tx.outbox.put(
                asked.address, asked.text, f"ask:{asked.id}", format="markdown", buttons=build_buttons(asked)
            )
            tx.after(WakeOutbox(), WakeDecisions())
            return True

    async def raise_asked(self, decision_id: int) -> str | None:
        """Add what a question offered; return the limit's name, None where it is gone."""
        row = await self._session.row("raise_asked", decision_id)
        return None if row is None else f"{row['scope']}_budget {row['subject']}".strip()


def _build_usage(row: Any) -> Usage:
    limit = Amount(row["max_money"], row["max_tokens"])
    return Usage(
        Account(
            Scope(row["scope"]),
            row["subject"],
            row["day"],
            Amount(row["money"], row["tokens"]),
            Amount(
                None if limit.money is None else limit.money + row["raised_money"],
                None if limit.tokens is None else limit.tokens + row["raised_tokens"],
            ),
            limit,
        ),
        row["class_name"],
        Spending(
            row["money"],
            row["tokens"],
            bool(row["estimated_money"] or row["estimated_tokens"]),
            row["unpriced_tokens"],
            row["calls"],
        ),
        refused=row["refused"],
    )
