"""What a running turn shows: its texts so far, the messages that stand, the tools that it used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent_gateway.metrics import FIRST_TEXT
from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.session import Room
from agent_gateway.way import Step, build_exemplar, note


class ViewQueries(Room):
    """Views of turns."""

    async def get(self, turn_id: int) -> TurnView:
        """Return what is stored of a turn's view; an empty one if nothing is."""
        row = await self._session.row("view", turn_id)
        if row is None:
            return TurnView(turn_id, (), ())
        return TurnView(turn_id, tuple(json.loads(row["messages"])), tuple(row["message_ids"]))

    async def close(self, turn_id: int, shown: Sequence[int], text: str) -> bool:
        """Let a text take the place of what a cancelled turn shows, `shown` or what is stored; False if that is nothing."""
        async with self._session.unit() as tx:
            thread = await tx.row("thread_of_turn", turn_id)
            stored = await tx.row("delete_view", turn_id)
            ids = list(shown or (stored["message_ids"] if stored is not None else ()))
            if not ids or thread is None:
                return False
            await tx.execute(
                "put_outbox", thread["bot_id"], f"cancelled:{turn_id}:{ids[0]}", thread["chat_id"],
                thread["topic_id"], None, None, "reply", "plain", text, ids, "[]", None, 0,
            )  # fmt: skip
        return True

    async def unclosed(self) -> list[int]:
        """Return cancelled turns of which something stands in the chat still."""
        return [row["id"] for row in await self._session.rows("unclosed_views", self._bot_id)]

    async def cancelled_of(self, turn_ids: Sequence[int]) -> list[int]:
        """Return which of these turns were cancelled a moment ago or earlier; what closes them at once has had its time."""
        if not turn_ids:
            return []
        return [row["id"] for row in await self._session.rows("cancelled_of", list(turn_ids))]

    async def save_messages(self, turn_id: int, message_ids: Sequence[int]) -> None:
        """Remember which messages of a running turn stand in the chat."""
        await self._session.execute("save_view_messages", turn_id, list(message_ids))

    async def rest(self, chat_id: int, seconds: float) -> None:
        """Remember that Telegram asked to leave a chat alone."""
        await self._session.execute("rest_chat", self._bot_id, chat_id, seconds)

    async def save_progress(self, turn_id: int, thread_id: int, run: int, messages: Sequence[str], seq: int) -> None:
        """Store the texts so far with the acknowledgement; of an ended turn only the latter moves."""
        async with self._session.unit() as tx:
            await tx.execute("save_progress", turn_id, json.dumps(list(messages)))
            first = await tx.row("first_text", turn_id) if any(messages) else None
            await tx.execute("acked", thread_id, run, seq)
        if first is not None:
            FIRST_TEXT.observe(max(0.0, first["waited"]), build_exemplar(turn_id))
            note(Step.THOUGHT, first["thought"], turn_id)

    async def save_tools(self, turn_id: int, state: dict[str, Any]) -> None:
        """Remember which tools a running turn has used."""
        await self._session.execute("save_tools", turn_id, json.dumps(state))

    async def load_tools(self, turn_id: int) -> dict[str, Any] | None:
        """Return which tools a turn has used."""
        found = await self._session.value("load_tools", turn_id)
        return None if found is None else dict(json.loads(found))
