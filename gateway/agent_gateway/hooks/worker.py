"""Makes turns of what hooks took: each once, in the transaction in which its event is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from agent_contract.names import build_thread_name
from agent_gateway.effects import OpenView, WakeOutbox
from agent_gateway.errors import LeadershipLost
from agent_gateway.hooks.results import CheckResults
from agent_gateway.hooks.settings import Hook, Target
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.logs import describe_fault
from agent_gateway.metrics import HOOK_TURNS, LIMITS
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.hooks import Delivery
from agent_gateway.store.rows import Address, Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.venues.moved import find_general
from agent_gateway.wording.hooks import came_text

POLL_SECONDS: Final = 1.0
MOST: Final = 20
"""Events that one look takes."""
AT_ONCE: Final = 4
"""Commits that forges are asked about together."""
PAUSE_SECONDS: Final = 30.0
TRIES: Final = 5
"""After so many failures an event is given up; while the database is away none counts."""
PATIENCE: Final = timedelta(days=1)
"""For how long an event waits for room in its conversation."""
_Act = Callable[[Delivery], Awaitable[None]]
_log = logging.getLogger(__name__)


class HookWorker:
    """Acts on what was taken, also by an earlier process or by another replica.

    Args:
        store: What was taken.
        hooks: By name.
        access: Says where the bot may be used.
        bot_name: The first part of every AgentThread's name.
        results: Looks at checks.
        check: Raises when this process may no longer act.
        poll: Seconds between two looks for what is due.
    """

    def __init__(
        self,
        store: Store,
        hooks: Mapping[str, Hook],
        access: Access,
        bot_name: str,
        results: CheckResults,
        check: Callable[[], None],
        *,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._store = store
        self._hooks = hooks
        self._access = access
        self._bot_name = bot_name
        self._results = results
        self._check = check
        self._poll = poll

    async def run(self) -> None:
        """Work for ever.

        Raises:
            LeadershipLost: another gateway leads.
            Away: the database does not tell what is due.
        """
        if not self._hooks:
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self.ask_due))
            group.create_task(self._repeat(self.look_at_due))

    async def _repeat(self, look: Callable[[], Awaitable[int]]) -> None:
        while True:
            if await look() < AT_ONCE:
                await asyncio.sleep(self._poll)

    async def ask_due(self) -> int:
        """Ask what is to be asked, oldest first; return how many there were."""
        due = await self._store.hooks.due_prompts(MOST)
        for one in due:
            self._check()
            await self._guard(one, self._ask, self._give_up)
        return len(due)

    async def look_at_due(self) -> int:
        """Look at commits whose checks ended; return how many there were."""
        due = (await self._store.hooks.due_checks(MOST))[:AT_ONCE]
        self._check()
        await asyncio.gather(*(self._guard(one, self._look, self._store.hooks.end_checks) for one in due))
        return len(due)

    async def _guard(self, delivery: Delivery, act: _Act, give_up: _Act) -> None:
        """Act on one; what fails waits, and is given up in the end, and holds up no other."""
        try:
            await act(delivery)
        except (LeadershipLost, Away):
            raise
        except Exception as error:  # noqa: BLE001  # its own fault, whatever it is
            _log.error("hook_failed", extra={"hook": delivery.hook, "problem": describe_fault(error)})
            if delivery.attempts + 1 < TRIES:
                await self._store.hooks.delay(delivery.id, PAUSE_SECONDS * (delivery.attempts + 1))
            else:
                await give_up(delivery)

    async def _give_up(self, delivery: Delivery) -> None:
        await self._end(delivery, "failed")

    async def _look(self, delivery: Delivery) -> None:
        hook = self._hooks.get(delivery.hook)
        if hook is not None and hook.results is not None and delivery.checked is not None:
            pause = await self._results.take(hook.results, delivery.checked)
            if pause is not None and delivery.attempts + 1 < TRIES:
                await self._store.hooks.delay_checks(delivery, pause)
                return
        await self._store.hooks.end_checks(delivery)

    async def _ask(self, delivery: Delivery) -> None:
        hook = self._hooks.get(delivery.hook)
        if hook is None or hook.target is None:
            await self._end(delivery, "gone")
            return
        async with self._store.transaction() as tx:
            held = await tx.hooks.hold_prompt(delivery.id)
            if held is None or held.prompt is None:
                return
            outcome = await self._ask_held(tx, hook.target, held, held.prompt)
        if outcome is not None:
            HOOK_TURNS.labels(delivery.hook, outcome).inc()
            level = logging.INFO if outcome == "asked" else logging.WARNING
            _log.log(level, "hook_turn", extra={"hook": delivery.hook, "outcome": outcome, "delivery": delivery.id})

    async def _ask_held(self, tx: Transaction, target: Target, held: Delivery, prompt: str) -> str | None:
        """Make the turn, or say why there is none; None where it waits."""
        thread = await self._find_thread(tx, target)
        if isinstance(thread, str):
            await tx.hooks.end_prompt(held.id, thread)
            return thread
        if await tx.turns.count_queued(thread.id) >= MOST_QUEUED:
            LIMITS.labels("queued").inc()
            if datetime.now(UTC) - held.received_at < PATIENCE:
                await tx.hooks.delay(held.id, PAUSE_SECONDS, failed=False)
                return None
            await tx.hooks.end_prompt(held.id, "queue-full")
            return "queue-full"
        turn = await tx.turns.add(thread.id, None, None, None, prompt)
        text = came_text(thread.language, held.hook, held.event, prompt)
        await tx.outbox.put(thread.address, text, f"hook:{held.id}", kind="notice", format="markdown")
        await tx.hooks.end_prompt(held.id, "asked")
        tx.after(WakeOutbox(), OpenView(turn, thread.address))
        return "asked"

    async def _find_thread(self, tx: Transaction, target: Target) -> Thread | str:
        """Return the conversation of a hook, made at need; in one word why there is none."""
        person = target.chat_id if target.chat_id > 0 else None
        standing = await self._access.read(tx, person, target.chat_id)
        if not standing.allowed:
            return "not-allowed"
        address = standing.follow(Address(self._store.bot_id, target.chat_id, target.topic_id))
        address = await find_general(tx, address)
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, "", by_hand=True)
        return "topic-gone" if thread.venue is VenueState.ORPHANED else thread

    async def _end(self, delivery: Delivery, outcome: str) -> None:
        HOOK_TURNS.labels(delivery.hook, outcome).inc()
        _log.warning("hook_turn", extra={"hook": delivery.hook, "outcome": outcome, "delivery": delivery.id})
        await self._store.hooks.end_prompt(delivery.id, outcome)
