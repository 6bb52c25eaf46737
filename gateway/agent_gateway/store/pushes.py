"""Pushes that wait for a person: each is asked once, and what was allowed goes through once."""

from __future__ import annotations

from typing import Final

from agent_gateway.effects import WakeDecisions
from agent_gateway.store.decisionrows import Decision, NewDecision, build_decision
from agent_gateway.store.decisions import add_decision
from agent_gateway.store.session import Room

ALLOWED_SECONDS: Final = 3600.0
"""What was allowed counts so long for the same push, if nobody waited for it when it was."""


class PushQueries(Room):
    """Pushes that wait for a person."""

    async def ask(self, new: NewDecision) -> Decision | None:
        """Record a question; None where its turn is over."""
        async with self._session.unit() as tx:
            return await add_decision(tx, self._bot_id, new)

    async def claim_same(self, thread_id: int, digest: str) -> bool:
        """Take what was allowed for the same push and did not go through; False where nothing was."""
        return await self._session.value("claim_same_push", thread_id, digest, ALLOWED_SECONDS) is not None

    async def find_asked(self, thread_id: int, digest: str) -> Decision | None:
        """Return the question about the same push that still stands, as its gateway, or git, ended before the answer."""
        row = await self._session.row("asked_push", thread_id, digest)
        return build_decision(row) if row else None

    async def claim(self, decision_id: int) -> bool:
        """Take what was allowed; False where it is not, or went through already."""
        return await self._session.value("claim_push", decision_id) is not None

    async def read(self, decision_id: int) -> Decision | None:
        """Return a question as it stands now."""
        row = await self._session.row("push", decision_id)
        return build_decision(row) if row else None

    async def withdraw(self, decision: Decision) -> None:
        """End a question that nobody waits for any more, if nobody has answered it."""
        async with self._session.unit() as tx:
            if await tx.row("withdraw_call", decision.thread_id, decision.run, decision.call_id):
                tx.after(WakeDecisions())
