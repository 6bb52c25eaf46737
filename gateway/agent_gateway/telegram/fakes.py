"""In-memory stand-ins for the ports of this package, for tests without a server or a database."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agent_gateway.store.chatrows import Button, OutboxRow
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import RefusalKind, Refused, TelegramProblem
from agent_gateway.telegram.ports import Entity, OutgoingFile


@dataclass(slots=True)
class FakeChat:
    """A chat that keeps what was shown. `faults` are raised by the next calls, one each; None lets a call through."""

    clock: Callable[[], float] = lambda: 0.0
    messages: dict[int, str] = field(default_factory=dict)
    entities: dict[int, tuple[Entity, ...]] = field(default_factory=dict)
    buttons: dict[int, tuple[Button, ...]] = field(default_factory=dict)
    """Under which message; those without any have no entry."""
    addresses: dict[int, Address] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    files: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """Name and contents, by message."""
    drafts: dict[int, str] = field(default_factory=dict)
    reactions: dict[int, str] = field(default_factory=dict)
    """On which message; those without any have no entry."""
    calls: list[tuple[str, float, str]] = field(default_factory=list)
    faults: deque[TelegramProblem | None] = field(default_factory=deque)
    next_id: int = 100

    def _call(self, kind: str, text: str = "") -> None:
        self.calls.append((kind, self.clock(), text))
        if kind != "typing" and self.faults and (fault := self.faults.popleft()) is not None:
            raise fault

    def _show(self, message_id: int, text: str, entities: Sequence[Entity], buttons: Sequence[Button]) -> None:
        self.messages[message_id] = text
        self.entities[message_id] = tuple(entities)
        self.buttons.pop(message_id, None)
        if buttons:
            self.buttons[message_id] = tuple(buttons)

    async def send_message(
        self,
        address: Address,
        text: str,
        entities: Sequence[Entity] = (),
        reply_to: int | None = None,  # noqa: ARG002  # of the port
        buttons: Sequence[Button] = (),
    ) -> int:
        """Keep a new message."""
        self._call("send", text)
        self.next_id += 1
        self._show(self.next_id, text, entities, buttons)
        self.addresses[self.next_id] = address
        return self.next_id

    async def edit_message_text(
        self,
        address: Address,  # noqa: ARG002  # of the port
        message_id: int,
        text: str,
        entities: Sequence[Entity] = (),
        buttons: Sequence[Button] = (),
    ) -> None:
        """Change a message; one that is not there is refused."""
        self._call("edit", text)
        if message_id not in self.messages:
            raise Refused(RefusalKind.NOT_FOUND, "message to edit not found")
        self._show(message_id, text, entities, buttons)

    async def send_file(
        self,
        address: Address,
        file: OutgoingFile,
        caption: str,
        reply_to: int | None = None,  # noqa: ARG002  # of the port
    ) -> int:
        """Keep a file."""
        self._call("file", caption)
        self.next_id += 1
        self.messages[self.next_id] = caption
        self.addresses[self.next_id] = address
        file.data.seek(0)
        self.files[self.next_id] = (file.name, file.data.read())
        return self.next_id

    async def send_draft(
        self,
        address: Address,
        draft_id: int,
        text: str,
        entities: Sequence[Entity] = (),  # noqa: ARG002  # of the port
    ) -> None:
        """Keep a draft; a chat with a negative id takes none."""
        self._call("draft", text)
        if address.chat_id < 0:
            raise Refused(RefusalKind.OTHER, "drafts are for private chats")
        self.drafts[draft_id] = text

    async def delete_message(self, address: Address, message_id: int) -> None:  # noqa: ARG002  # of the port
        """Forget a message."""
        self._call("delete")
        self.messages.pop(message_id, None)
        self.buttons.pop(message_id, None)

    async def send_chat_action(self, address: Address) -> None:  # noqa: ARG002  # of the port
        """Count."""
        self._call("typing")

    async def set_reaction(self, address: Address, message_id: int, emoji: str | None) -> None:  # noqa: ARG002  # of the port
        """Change the reaction on a message."""
        self._call("react", emoji or "")
        self.reactions.pop(message_id, None)
        if emoji is not None:
            self.reactions[message_id] = emoji

    async def answer_callback(self, callback_id: str, text: str) -> None:
        """Keep the words; a press that was answered before is over."""
        self._call("answer", text)
        self.answered.setdefault(callback_id, text)

    def kinds(self) -> list[str]:
        """Return the kinds of calls that showed something, in order."""
        return [kind for kind, _, _ in self.calls if kind != "typing"]


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
        self, exclude_chats: Collection[int], most: int = 100, busy: Collection[tuple[int, int | None]] = ()
    ) -> list[OutboxRow]:
        """Return the oldest row of each other topic."""
        oldest: dict[tuple[int, int | None], OutboxRow] = {}
        for row in sorted(self.pending.values(), key=lambda r: r.id):
            oldest.setdefault((row.address.chat_id, row.address.topic_id), row)
        claimed = [
            replace(row, attempts=row.attempts + 1)
            for topic, row in oldest.items()
            if topic[0] not in exclude_chats and topic not in busy and row.id not in self.sending
        ][:most]
        for row in claimed:
            self.pending[row.id] = row
            self.sending.add(row.id)
        return claimed

    async def progress(self, outbox_id: int, message_ids: Sequence[int], shown: Sequence[str]) -> None:
        """Keep how far a row got."""
        row = self.pending[outbox_id]
        self.pending[outbox_id] = replace(row, message_ids=tuple(message_ids), shown=tuple(shown))

    async def sent(self, outbox_id: int) -> None:
        """Take a row away."""
        del self.pending[outbox_id]
        self.sending.discard(outbox_id)
        self.done.append(outbox_id)

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
