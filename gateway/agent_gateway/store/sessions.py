"""pi's session lines, model usage, and who did what."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from agent_contract.names import SUBAGENT_TOOL
from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room

PAGE_BYTES = 1 << 20
"""Of lines that are read at once; a page holds one line at least, and one that shows images has megabytes."""
_ENDED = re.compile(r"\s*Sub-agent (\S+) ")


class SessionQueries(Room):
    """Session entries, usage and audit."""

    async def length(self, session_id: UUID) -> int:
        """Count the stored lines."""
        return int(await self._session.value("session_length", session_id))

    async def stream(self, session_id: UUID) -> AsyncIterator[str]:
        """Yield the stored lines in order, never all in memory."""
        async for row in self._session.pages("session_page", session_id, PAGE_BYTES):
            yield row["line"]

    async def add_entries(self, thread: Thread, run: int, seq: int, lines: Sequence[str]) -> None:
        """Store session lines with the acknowledgement; lines known already are passed over.

        Raises:
            ValueError: a line is no JSON object with an id.
        """
        entries = [_entry(line) for line in lines]
        answered = [found for entry in entries if (found := find_answered(entry))]
        async with self._session.unit() as tx:
            if lines:
                await tx.execute("lock_session", str(thread.session_id))
                await tx.execute(
                    "add_entries", thread.session_id, [e["id"] for e in entries], list(lines),
                    thread.id, run,
                )  # fmt: skip
            if answered:
                await tx.execute("results_stored", thread.id, run, answered)
            await tx.execute("acked", thread.id, run, seq)


def find_answered(entry: dict[str, Any]) -> str | None:
    """Return the name of the sub-agent whose end a session entry tells: its details name it, or its error's text."""
    message = entry.get("message")
    if not isinstance(message, dict) or message.get("role") != "toolResult":
        return None
    details = message.get("details")
    told = details.get("subagent") if isinstance(details, dict) else None
    if isinstance(told, dict) and isinstance(told.get("name"), str):
        return str(told["name"])
    if message.get("toolName") != SUBAGENT_TOOL or not message.get("isError"):
        return None
    blocks = message.get("content")
    texts = [b.get("text") for b in blocks if isinstance(b, dict)] if isinstance(blocks, list) else [blocks]
    found = next((m for text in texts if isinstance(text, str) and (m := _ENDED.match(text))), None)
    return found[1] if found else None


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise ValueError("a session line is not JSON") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise ValueError("a session line has no id")
    return entry
