"""What people do by the console: each request once, in one transaction with its record and the audit."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from agent_contract.text import clean
from agent_gateway.commands.turns import stop_answer
from agent_gateway.console.callers import Caller
from agent_gateway.console.refused import Refused
from agent_gateway.effects import OpenView, WakeOutbox
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.store import Store
from agent_gateway.store.console import Action, Asked
from agent_gateway.store.rows import Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.foreign import clean_name, escape_headers, has_words
from agent_gateway.wording.console import stopped_text, wrote_text

HEADER: Final = "[Written by kubectl "
"""A person's line that begins so is marked as theirs (`telegram.inbound.foreign`)."""
MOST_TEXT: Final = 16_384
"""Characters of what is asked."""
MOST_AN_HOUR: Final = 120
"""What one person asks, and stops, within an hour."""
_MOST_NAME: Final = 128


def build_prompt(person: str, text: str) -> str:
    """Return what the agent is told: who asks, and their words."""
    return f"{HEADER}from {clean_name(person, _MOST_NAME) or 'somebody'}]\n\n{escape_headers(text)}"


class Speaking:
    """Says and stops.

    Args:
        store: Of a gateway that leads; another one refuses.
        access: Says where the bot may be used.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    async def say(self, caller: Caller, thread: Thread, request: UUID, said: str) -> dict[str, Any]:
        """Ask a conversation's agent something, in its chat's sight.

        Raises:
            Refused: it is not asked.
            LeadershipLost: another gateway leads.
        """
        if len(said) > MOST_TEXT:
            raise Refused("console-text")
        text = clean(said.strip())
        if not has_words(text):
            raise Refused("empty")
        async with self._store.transaction() as tx:
            known = await self._begin(tx, caller, thread, request, "say")
            if known is not None:
                return {"turn": known.turn_id, "known": True}
            await self._check(tx, thread)
            if await tx.turns.count_queued(thread.id) >= MOST_QUEUED:
                raise Refused("queued")
            turn = await tx.turns.add(thread.id, None, None, None, build_prompt(caller.person, text))
            words = wrote_text(thread.language, caller.person, text)
            await tx.outbox.put(thread.address, words, f"console:{request}", kind="notice", format="markdown")
            await tx.console.end(request, turn.id, None)
            tx.after(WakeOutbox(), OpenView(turn, thread.address))
        return {"turn": turn.id, "known": False}

    async def stop(self, caller: Caller, thread: Thread, request: UUID) -> dict[str, Any]:
        """Stop the running answer of a conversation; where none runs yet, what waits.

        Raises:
            Refused: nothing is stopped.
            LeadershipLost: another gateway leads.
        """
        async with self._store.transaction() as tx:
            known = await self._begin(tx, caller, thread, request, "stop")
            if known is not None:
                return {"stopped": bool(known.stopped), "known": True}
            stopped = await stop_answer(tx, thread)
            if stopped and thread.venue is not VenueState.ORPHANED:
                words = stopped_text(thread.language, caller.person)
                await tx.outbox.put(thread.address, words, f"console:{request}", kind="notice", format="markdown")
                tx.after(WakeOutbox())
            await tx.console.end(request, None, stopped)
        return {"stopped": stopped, "known": False}

    async def _begin(
        self, tx: Transaction, caller: Caller, thread: Thread, request: UUID, action: Action
    ) -> Asked | None:
        """Record a request; return what became of it where it is known."""
        if not await tx.console.add(request, thread.id, action, caller.person, caller.credential):
            known = await tx.console.find(request)
            if known is None or (known.action, known.thread_id) != (action, thread.id):
                raise Refused("other")
            return known
        if await tx.console.count(caller.person, MOST_AN_HOUR + 1) > MOST_AN_HOUR:
            raise Refused("console-turns")
        await tx.audit.add(None, f"console-{action}", f"{thread.name} by {caller.person}")
        return None

    async def _check(self, tx: Transaction, thread: Thread) -> None:
        chat = thread.address.chat_id
        standing = await self._access.read(tx, chat if chat > 0 else None, chat)
        if not standing.allowed:
            raise Refused("not-allowed")
        if thread.venue is VenueState.ORPHANED or standing.moved:
            raise Refused("gone")
