"""Conversations of a group that became a supergroup, or got topics: they are held elsewhere, under another AgentThread.

A channel is immutable and names its resource. The conversation goes on in a new AgentThread with what an administrator
had set on the old one; the old one is stopped, and deleted where the gateway's role allows that.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from agent_contract.names import build_thread_name
from agent_gateway.inbox.access import Access
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.store.venues import MovedThread
from agent_gateway.wake import Wake
from agent_kube.errors import KubeError

_log = logging.getLogger(__name__)
Then = Callable[[], Awaitable[None] | None]


class Closer(Protocol):
    """Ends what a turn shows."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""


class Moving:
    """Carries conversations over.

    Args:
        store: Conversations.
        resources: AgentThreads.
        registry: Connections of runners.
        views: Live previews.
        wake: Tells what is due.
        access: Told that a chat has another id.
        bot_name: The gateway's short name.
    """

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        registry: Registry,
        views: Closer,
        wake: Wake,
        access: Access,
        bot_name: str,
    ) -> None:
        self._store = store
        self._resources = resources
        self._registry = registry
        self._views = views
        self._wake = wake
        self._access = access
        self._bot_name = bot_name

    async def move(self, tx: Transaction, old: Address, new: Address) -> list[Then]:
        """Record that a chat has another id; return what is to be done once that is committed. Once more is harmless."""
        moved = await tx.venues.move_chat(old, new, self._build_name)
        return [self._access.invalidate, partial(self._carry_on, moved)]

    async def settle(self, tx: Transaction, general: Address) -> list[Then]:
        """Let a conversation go on in General where its group has topics since; no update tells of that."""
        if await tx.threads.by_address(general) is not None:
            return []
        moved = await tx.venues.settle_in_general(general, self._build_name)
        return [partial(self._carry_on, [moved])] if moved is not None else []

    def _build_name(self, chat_id: int, topic_id: int | None) -> str:
        return build_thread_name(self._bot_name, chat_id, topic_id)

    async def _carry_on(self, moved: Sequence[MovedThread]) -> None:
        for one in moved:
            _log.info("thread_moved", extra={"agent_thread": one.thread.name, "was": one.name})
            for turn_id in one.work.shown:  # what they show stands in the old place
                await self._views.finish(turn_id)
            self._free(one)
        self._wake.outbox()

    def _free(self, one: MovedThread) -> None:
        if one.work.run is not None:
            self._registry.forget(one.id, one.work.run.number)
        self._wake.thread(one.id)
        self._wake.thread(one.thread.id)

    async def retire(self) -> None:
        """Bring about what moves ask of the cluster: make the new AgentThreads, stop and delete the old ones.

        What the API server does not let is left for the next time; nothing is done twice.
        """
        for name, thread_id in await self._store.venues.retired():
            try:
                await self._retire(name, thread_id)
            except KubeError as error:
                _log.warning("thread_not_retired", extra={"agent_thread": name, "why": error.reason})

    async def _retire(self, name: str, thread_id: int) -> None:
        old = await self._resources.get(name)
        if old is None:
            await self._store.venues.retired_done(name, left=False)
            return
        thread = await self._store.threads.by_id(thread_id)
        if thread is not None and thread.name != name:
            await self._resources.make(thread, old)
        if old.spec.run is not None and (old.spec.stop or 0) < old.spec.run:
            await self._resources.stop_run(name, old.spec.run)
        gone = await self._resources.remove(old)
        if not gone:
            now = thread.name if thread is not None and thread.name != name else "another name"
            await self._resources.say(
                old, "Moved",
                "The group became a supergroup, which has another id, or has topics now: its conversation goes on under "
                f"{now}. This AgentThread is stopped and no longer used; it may be deleted.",
            )  # fmt: skip
        await self._store.venues.retired_done(name, left=not gone)
        _log.info("thread_retired", extra={"agent_thread": name, "deleted": gone})
