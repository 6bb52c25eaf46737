"""pi's session lines, model usage, and who did what."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from agent_contract.names import SUBAGENT_TOOL
from agent_gateway.metrics import LIMITS
from agent_gateway.quotas import Limit, Quotas
from agent_gateway.store.lines import Line, read_line
from agent_gateway.store.rows import Thread
from agent_gateway.store.session import Room

if TYPE_CHECKING:
    from agent_gateway.store.transaction import Transaction

LARGE: Final = 64 << 10
"""Characters of lines that are not read in the loop."""
NO_QUOTAS: Final = Quotas()
_ENDED = re.compile(r"\s*Sub-agent (\S+) ")


class SessionQueries(Room):
    """Session entries, usage and audit."""

    async def add_entries(
        self,
        thread: Thread,
        run: int,
        seq: int,
        lines: Sequence[str],
        turn_id: int | None = None,
        quotas: Quotas = NO_QUOTAS,
    ) -> None:
        """Store session lines with the acknowledgement; lines known already are passed over.

        Args:
            thread: Whose session it is.
            run: Whose lines these are.
            seq: What is acknowledged.
            lines: As pi wrote them.
            turn_id: The run's turn.
            quotas: What may be stored.

        Raises:
            ValueError: a line is no JSON object with an id.
            OverQuota: there would be too many bytes; nothing of these lines is stored.
        """
        read = await _read_lines(lines)
        answered = [found for line in read if (found := find_answered(line.entry))]
        async with self._session.unit() as tx:
            if read:
                await tx.execute("lock_session", str(thread.session_id))
                reserved = await tx.quotas.reserve_lines(thread, run, turn_id, read, quotas)
                stored = await _store(tx, thread, run, read)
                await tx.quotas.settle_lines(thread, run, turn_id, reserved, stored)
                if any(line.pictures for line in read):
                    await _drop_old(tx, thread, quotas)
            if answered:
                await tx.execute("results_stored", thread.id, run, answered)
            await tx.execute("acked", thread.id, run, seq)


async def _read_lines(lines: Sequence[str]) -> list[Line]:
    """Read lines; many bytes of them, as pictures are, in a thread."""
    if sum(map(len, lines)) < LARGE:
        return [read_line(line) for line in lines]
    return await asyncio.to_thread(lambda: [read_line(line) for line in lines])


async def _drop_old(tx: Transaction, thread: Thread, quotas: Quotas) -> None:
    """Drop the oldest pictures of a session where they are over their limit."""
    dropped = await tx.starts.drop_old(thread.session_id, quotas.pictures)
    if dropped:
        LIMITS.labels(Limit.SESSION_PICTURES).inc()
        await tx.quotas.give_back(thread, dropped)


async def _store(tx: Transaction, thread: Thread, run: int, lines: Sequence[Line]) -> int:
    """Store lines and their pictures; return how many bytes that takes."""
    pictures = await tx.starts.add_pictures(thread, run, lines)
    stored = await tx.value(
        "add_entries", thread.session_id, [line.id for line in lines], [line.text for line in lines], thread.id, run,
        [line.head.kind for line in lines], [line.head.parent for line in lines], [line.head.refers for line in lines],
        [json.dumps(line.references) for line in lines],
    )  # fmt: skip
    return int(stored) + pictures


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
