"""What a conversation is set to, what its model was last given, and which agents have nothing to do."""

from __future__ import annotations

from collections.abc import Sequence

from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room
from agent_gateway.store.threads import build_thread


class SettingQueries(Room):
    """Settings of conversations, and what `/status` and `/cleanup` ask."""

    async def set_model(self, thread_id: int, model: str) -> None:
        """Choose the model of a conversation's further runs; empty means its class's."""
        await self._session.execute("set_model", thread_id, model)

    async def set_thinking(self, thread_id: int, level: str) -> None:
        """Choose how long the model thinks in a conversation's further runs; empty means as its class says."""
        await self._session.execute("set_thinking", thread_id, level)

    async def set_verbosity(self, thread_id: int, level: int) -> None:
        """Choose how much of the agent's work is shown, 0 to 2."""
        await self._session.execute("set_verbosity", thread_id, level)

    async def verbosity(self, thread_id: int) -> int:
        """Return how much of the agent's work is shown, 0 to 2."""
        found = await self._session.value("verbosity", thread_id)
        return 1 if found is None else int(found)

    async def count_open_children(self, thread_id: int) -> int:
        """Count the sub-agents of a conversation that are not at their end."""
        return int(await self._session.value("open_children", thread_id))

    async def idle_runs(self, chat_id: int | None, lock: Sequence[int] = ()) -> list[tuple[Thread, int]]:
        """Return conversations of a chat (None: of all) whose agent has nothing to do, each with its run.

        The runs of the threads `lock` are held until the transaction ends: they stay as they are till then.
        """
        if lock:
            await self._tx.rows("lock_open_runs", list(lock))
        rows = await self._tx.rows("idle_runs", self._bot_id, chat_id)
        return [(build_thread(row), row["number"]) for row in rows]
