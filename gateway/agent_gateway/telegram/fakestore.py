"""Inbox, views and outbox in memory, for tests without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent_gateway.store.chatrows import OutboxRow, Queue
from agent_gateway.store.rows import Address


@dataclass(slots=True)
class FakeStore:
    """Inbox, views and outbox in memory, with the order per topic that the real one keeps."""

    cursor: int = 0
    quiet: float = 0.0
    inbox: dict[int, tuple[str, str]] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    views: dict[int, tuple[int, ...]] = field(default_factory=dict)
    pending: dict[int, OutboxRow] = field(default_factory=dict)
    sending: set[int] = field(default_factory=set)
    done: list[int] = field(default_factory=list)
    given_up: dict[int, str] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    rests: dict[int, float] = field(default_factory=dict)
    unsure: list[float] = field(default_factory=list)
    """Pauses behind sends of which nobody knows the outcome."""
    failing: Exception | None = None

    async def stream(self, file_id: int) -> AsyncIterator[bytes]:
        """Yield a stored file."""
        yield self.files[file_id]

    async def read_cursor(self) -> tuple[int, float]:
        """Return the next offset, and how long ago the last update came."""
        return self.cursor, self.quiet

    async def add_updates(self, rows: Sequence[tuple[int, str, str]], next_offset: int) -> None:
        """Keep rows and cursor together, or neither."""
        if self.failing is not None:
            raise self.failing
        for update_id, queue, payload in rows:
            self.inbox.setdefault(update_id, (queue, payload))
        self.cursor = next_offset

    async def save_messages(self, turn_id: int, message_ids: Sequence[int]) -> None:
        """Keep the ids."""
        if self.failing is not None:
            raise self.failing
        self.views[turn_id] = tuple(message_ids)

    async def rest(self, chat_id: int, seconds: float) -> None:
        """Keep the pause."""
        self.rests[chat_id] = seconds

    def put(self, address: Address, text: str, **fields: Any) -> OutboxRow:
        """Add a row that is due."""
        row = OutboxRow(
            id=len(self.pending) + len(self.done) + len(self.given_up) + 1,
            address=address,
            text=text,
            **{
                "reply_to": None,
                "turn_id": None,
                "kind": "final",
                "format": "markdown",
                "message_ids": (),
                "shown": (),
                "attempts": 0,
                **fields,
            },
        )
        self.pending[row.id] = row
        return row

    async def claim(
        self, exclude_chats: Collection[int], most: Sequence[int], busy: Collection[Queue], most_in_chat: Sequence[int]
    ) -> list[OutboxRow]:
        """Return the oldest row of each other queue."""
        oldest: dict[Queue, OutboxRow] = {}
        for row in sorted(self.pending.values(), key=lambda r: r.id):
            oldest.setdefault(row.queue, row)
        claimed: list[OutboxRow] = []
        left, at_work = list(most), Counter((queue.chat_id, queue.urgency) for queue in busy)
        for queue, row in oldest.items():
            if queue.chat_id in exclude_chats or queue in busy or row.id in self.sending or not left[queue.urgency]:
                continue
            if at_work[queue.chat_id, queue.urgency] >= most_in_chat[queue.urgency]:
                continue
            left[queue.urgency] -= 1
            at_work[queue.chat_id, queue.urgency] += 1
            claimed.append(replace(row, attempts=row.attempts + 1))
        for row in claimed:
            self.pending[row.id] = row
            self.sending.add(row.id)
        return claimed

    async def progress(self, outbox_id: int, message_ids: Sequence[int], shown: Sequence[str]) -> None:
        """Keep how far a row got."""
        row = self.pending[outbox_id]
        self.pending[outbox_id] = replace(row, message_ids=tuple(message_ids), shown=tuple(shown), ambiguous=0)

    async def take_previews(self, outbox_id: int) -> None:
        """Make the previews what the row edits."""
        row = self.pending[outbox_id]
        self.pending[outbox_id] = replace(row, message_ids=row.preview_ids, preview_ids=())

    async def unknown(self, outbox_id: int, delay: float, error: str) -> None:  # noqa: ARG002  # of the port
        """Count; the row is due at once here."""
        row = self.pending[outbox_id]
        self.pending[outbox_id] = replace(row, ambiguous=row.ambiguous + 1)
        self.sending.discard(outbox_id)
        self.unsure.append(delay)

    async def sent(self, outbox_id: int) -> None:
        """Take a row away."""
        del self.pending[outbox_id]
        self.sending.discard(outbox_id)
        self.done.append(outbox_id)

    async def leave(self, outbox_id: int) -> None:
        """Keep a row as it is; who begins anew makes it due."""

    async def retry(self, outbox_id: int, delay: float, error: str) -> None:  # noqa: ARG002  # of the port
        """Make a row due again, at once: the delay is noted."""
        self.sending.discard(outbox_id)
        self.delays.append(delay)

    async def hold(self, outbox_id: int) -> None:
        """Take a row aside."""
        self.held.append(self.pending.pop(outbox_id).id)
        self.sending.discard(outbox_id)

    async def reset_sending(self) -> None:
        """Make due again what was being sent."""
        self.sending.clear()

    async def resting_chats(self) -> dict[int, float]:
        """Return none: what waits is due at once here."""
        return {}

    async def dead(self, outbox_id: int, error: str) -> None:
        """Give a row up."""
        del self.pending[outbox_id]
        self.sending.discard(outbox_id)
        self.given_up[outbox_id] = error
