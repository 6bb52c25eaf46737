"""The end of what a cancelled turn shows: a line that said what it waited for is replaced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from agent_gateway.dispatch.wake import Wake
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_gateway.telegram.commands import STOPPED


class Closer(Protocol):
    """Ends what a turn shows."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""


async def close_views(store: Store, views: Closer, wake: Wake, thread: Thread, turn_ids: Iterable[int]) -> None:
    """Show nothing more of turns that were cancelled, and let the thread go on."""
    for turn_id in turn_ids:
        shown = await views.finish(turn_id)
        if shown:
            await store.put(None, thread.address, STOPPED, f"cancelled:{turn_id}", message_ids=shown)
            wake.outbox()
    wake.thread(thread.id)
