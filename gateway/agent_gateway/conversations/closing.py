"""The end of what a cancelled turn shows: a line that said what it waited for is replaced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_gateway.wake import Wake
from agent_gateway.wording import keys
from agent_gateway.wording.say import SOURCE


class Closer(Protocol):
    """Ends what a turn shows."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""

    def shown(self) -> tuple[int, ...]:
        """Return the turns that are shown."""


async def close_views(store: Store, views: Closer, wake: Wake, thread: Thread, turn_ids: Iterable[int]) -> None:
    """Show nothing more of turns that were cancelled, and let the thread go on."""
    await close_turns(store, views, wake, turn_ids)
    wake.thread(thread.id)


async def close_left(store: Store, views: Closer, wake: Wake) -> None:
    """Show nothing more of cancelled turns whose views are open still.

    An earlier process left them, or the word that they were cancelled was lost.
    """
    await close_turns(store, views, wake, await store.views.unclosed())
    await close_turns(store, views, wake, await store.views.cancelled_of(views.shown()))


async def close_turns(store: Store, views: Closer, wake: Wake, turn_ids: Iterable[int]) -> None:
    """Show nothing more of cancelled turns; where something stands in the chat, it says that they were stopped."""
    for turn_id in turn_ids:
        turn = await store.turns.by_id(turn_id)
        words = keys.stopped(turn.language if turn is not None else SOURCE)
        if await store.views.close(turn_id, await views.finish(turn_id), words):
            wake.outbox()
