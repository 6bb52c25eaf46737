"""Ends questions whose time is over, lets messages say what became of them, and sends again what a runner did not take."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from agent_gateway.decisions.frames import build_frame
from agent_gateway.effects import WakeDecisions
from agent_gateway.events import Events
from agent_gateway.pauses import wait_at_most
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.decisionrows import Decision, Unclosed
from agent_gateway.store.decisions import MOST
from agent_gateway.wording.decisions import end_text

POLL_SECONDS: Final = 5.0
UNSENT_SECONDS: Final = 0.3
"""After which it is looked again for messages that are on their way."""
LATE_SECONDS: Final = 2.0
"""A runner tells within this that it took a decision; then it is sent again, and passed over where it is known."""
SEND_SECONDS: Final = 2.0
"""So long a runner may take for one frame."""
AT_ONCE: Final = 8
_LEAST_SECONDS: Final = 0.02
_SETTLED: Final = frozenset({"sent", "dead"})
"""States of a message that nothing more is done with."""


class DecisionKeeper:
    """Looks after what is due.

    Args:
        store: Questions.
        registry: Connections of runners.
        events: Tells that something is due.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        events: Events,
        check: Callable[[], None],
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._registry = registry
        self._check = check
        self._poll = poll
        self._due = asyncio.Event()
        self._closed_to = self._sent_to = 0
        """Where the last look at messages that are to be closed, and at decisions that are to be sent again, ended."""
        self._at_once = asyncio.Semaphore(AT_ONCE)
        events.on(WakeDecisions, lambda _: self._due.set())

    async def run(self) -> None:
        """Look for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        while True:
            self._check()
            self._due.clear()
            pause = await self.look()
            await wait_at_most(self._due, pause)

    async def look(self) -> float:
        """Do what is due; return the seconds to the next look."""
        await self._store.decisions.expire_due()
        due = await self._store.decisions.unclosed(self._closed_to)
        late = await self._store.decisions.late(LATE_SECONDS, self._sent_to)
        # what cannot be done now does not keep what stands behind it from its turn: the next look goes on there
        self._closed_to = due[-1].decision.id if len(due) == MOST else 0
        self._sent_to = late[-1].id if len(late) == MOST else 0
        waiting = await asyncio.gather(*map(self._close, due))
        await asyncio.gather(*map(self._send, late))
        if self._closed_to or self._sent_to:
            return _LEAST_SECONDS
        expiry = await self._store.decisions.next_expiry()
        pause = self._poll if all(waiting) else UNSENT_SECONDS
        return max(_LEAST_SECONDS, min(pause, expiry if expiry is not None else pause))

    async def _close(self, unclosed: Unclosed) -> bool:
        """Let a question's message say what became of it; False while that is on its way."""
        async with self._at_once:
            return await self._settle(unclosed)

    async def _send(self, decision: Decision) -> None:
        """Send a decision again; a runner that takes nothing keeps no other waiting."""
        link = self._registry.link(decision.thread_id)
        if link is None or link.run != decision.run:
            return
        async with self._at_once:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SEND_SECONDS):
                    await link.send(build_frame(decision))

    async def _settle(self, unclosed: Unclosed) -> bool:
        decision = unclosed.decision
        if decision.message_ids:
            await self._store.decisions.close(unclosed, end_text(decision))
            return True
        unseen = unclosed.sending == "held" or (unclosed.sending == "pending" and unclosed.attempts == 0)
        if unseen and unclosed.outbox_id is not None:
            if not await self._store.decisions.drop_unsent(unclosed.outbox_id):
                return False
        elif unclosed.sending not in _SETTLED:
            return False
        await self._store.decisions.close(unclosed, end_text(decision))
        return True
