"""In-memory stand-ins for the ports of this package, for tests without a server or a database."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import RefusalKind, Refused, TelegramProblem
from agent_gateway.telegram.fakestore import FakeStore
from agent_gateway.telegram.ports import Entity, OutgoingFile

__all__ = ["FakeChat", "FakeStore"]


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
    silent: set[int] = field(default_factory=set)
    """Messages that no phone rang for."""
    replies: dict[int, int | None] = field(default_factory=dict)
    """What each message replies to."""

    def _note_send(self, reply_to: int | None, *, silent: bool) -> None:
        self.replies[self.next_id] = reply_to
        if silent:
            self.silent.add(self.next_id)

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
        reply_to: int | None = None,
        buttons: Sequence[Button] = (),
        *,
        silent: bool = False,
    ) -> int:
        """Keep a new message."""
        self._call("send", text)
        self.next_id += 1
        self._note_send(reply_to, silent=silent)
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

    async def send_rich(
        self,
        address: Address,
        rich: Mapping[str, object],
        reply_to: int | None = None,
        buttons: Sequence[Button] = (),
        *,
        silent: bool = False,
    ) -> int:
        """Keep a rich message by its blocks."""
        self._call("rich")
        self.next_id += 1
        self._note_send(reply_to, silent=silent)
        self._show(self.next_id, repr(rich["blocks"]), (), buttons)
        self.addresses[self.next_id] = address
        return self.next_id

    async def edit_rich(
        self, address: Address, message_id: int, rich: Mapping[str, object], buttons: Sequence[Button] = ()
    ) -> None:
        """Change a message into a rich one."""
        await self.edit_message_text(address, message_id, repr(rich["blocks"]), (), buttons)

    async def edit_buttons(self, address: Address, message_id: int, buttons: Sequence[Button]) -> None:  # noqa: ARG002  # of the port
        """Change the buttons of a message; one that is not there is refused."""
        self._call("buttons")
        if message_id not in self.messages:
            raise Refused(RefusalKind.NOT_FOUND, "message to edit not found")
        self.buttons.pop(message_id, None)
        if buttons:
            self.buttons[message_id] = tuple(buttons)

    async def send_file(
        self,
        address: Address,
        file: OutgoingFile,
        caption: str,
        reply_to: int | None = None,
        *,
        silent: bool = False,
    ) -> int:
        """Keep a file."""
        self._call("file", caption)
        self.next_id += 1
        self._note_send(reply_to, silent=silent)
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

    async def probe(self) -> None:
        """Count."""
        self._call("probe")

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

    async def answer_callback(self, callback_id: str, text: str, *, alert: bool = False) -> None:  # noqa: ARG002  # of the port
        """Keep the words; a press that was answered before is over."""
        self._call("answer", text)
        self.answered.setdefault(callback_id, text)

    def kinds(self) -> list[str]:
        """Return the kinds of calls that showed something, in order."""
        return [kind for kind, _, _ in self.calls if kind != "typing"]
