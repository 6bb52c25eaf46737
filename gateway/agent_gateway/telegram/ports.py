"""What this package needs of the rest: the ports that its loops are written against."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Protocol

from agent_gateway.render.times import ShownTime
from agent_gateway.store.chatrows import Button, DueReaction, Fold, OutboxRow, Queue
from agent_gateway.store.rows import Address


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot is, from `getMe`."""

    id: int
    username: str
    reads_groups: bool = False
    """Telegram gives it all messages of its groups (privacy mode is off)."""
    has_topics: bool = False
    """Its private chats may have topics (Bot API 9.3)."""
    callback_query_mode: str = ""
    """How presses of buttons come (Bot API 10.5); empty where the server does not tell."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One formatted range of a message; `offset` and `length` count UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    time: ShownTime | None = None

    @property
    def end(self) -> int:
        """Return the offset behind the range."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file on its way into a chat; `size` in bytes."""

    name: str
    media_type: str
    size: int
    data: IO[bytes]


class FileSource(Protocol):
    """Where files that people sent are. It raises what `telegram.errors` names."""

    def open_file(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield a file by Telegram's id of it."""


class Chat(Protocol):
    """The calls that show something. Each raises what `telegram.errors` names."""

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
        """Send a message with the buttons under it and return its id; no phone rings for a silent one."""

    async def edit_message_text(
        self,
        address: Address,
        message_id: int,
        text: str,
        entities: Sequence[Entity] = (),
        buttons: Sequence[Button] = (),
    ) -> None:
        """Make a message show this and these buttons, none taking old ones away; nothing to change is success."""

    async def send_rich(
        self,
        address: Address,
        rich: Mapping[str, object],
        reply_to: int | None = None,
        buttons: Sequence[Button] = (),
        *,
        silent: bool = False,
    ) -> int:
        """Send a rich message (InputRichMessage) and return its id."""

    async def edit_rich(
        self, address: Address, message_id: int, rich: Mapping[str, object], buttons: Sequence[Button] = ()
    ) -> None:
        """Make a message show a rich one; nothing to change is success."""

    async def edit_buttons(self, address: Address, message_id: int, buttons: Sequence[Button]) -> None:
        """Make these the buttons under a message, none taking old ones away; nothing to change is success."""

    async def send_file(
        self, address: Address, file: OutgoingFile, caption: str, reply_to: int | None = None, *, silent: bool = False
    ) -> int:
        """Send a file with a caption, a picture as one, and return the message's id."""

    async def send_draft(self, address: Address, draft_id: int, text: str, entities: Sequence[Entity] = ()) -> None:
        """Show a text in a private chat as one that is being written, for thirty seconds or until the next message."""

    async def probe(self) -> None:
        """Make a call that shows nothing, to know whether Telegram answers."""

    async def delete_message(self, address: Address, message_id: int) -> None:
        """Delete a message of the bot; one that is gone is success."""

    async def send_chat_action(self, address: Address) -> None:
        """Show "typing" for five seconds or until the next message."""

    async def answer_callback(self, callback_id: str, text: str, *, alert: bool = False) -> None:
        """End the wait of a person who pressed a button, with words; one that is over already is success.

        An alert stands until the person closes it; without, the words are gone after two seconds.
        """


class Reacting(Protocol):
    """The call that reacts to a message. It raises what `telegram.errors` names."""

    async def set_reaction(self, address: Address, message_id: int, emoji: str | None) -> None:
        """Put this one reaction on a message in place of the bot's last, or take that away."""


class Poller(Protocol):
    """The source of updates."""

    async def get_updates(self, offset: int, timeout: int) -> list[Any]:  # noqa: ASYNC109  # Telegram's long poll
        """Return raw updates from `offset` on, waiting up to `timeout` seconds for the first."""

    async def get_webhook_info(self) -> dict[str, Any]:
        """Return what is set, and how the last deliveries went."""

    async def delete_webhook(self) -> None:
        """Have updates kept for polls; none is dropped."""


class InboxStore(Protocol):
    """Where updates become durable."""

    async def read_cursor(self) -> tuple[int, float]:
        """Return the next offset, 0 if none is known, and the seconds since the last update came."""

    async def add_updates(self, rows: Sequence[tuple[int, str, str]], next_offset: int) -> None:
        """Commit (update id, queue, payload) rows and the cursor together."""


class ViewStore(Protocol):
    """Where the messages of a running turn are remembered."""

    async def save_messages(self, turn_id: int, message_ids: Sequence[int]) -> None:
        """Remember which messages stand."""

    async def rest(self, chat_id: int, seconds: float) -> None:
        """Remember that Telegram asked to leave a chat alone."""


class OutboxStore(Protocol):
    """What must be said, in order per topic."""

    async def claim(
        self, exclude_chats: Collection[int], most: Sequence[int], busy: Collection[Queue], most_in_chat: Sequence[int]
    ) -> list[OutboxRow]:
        """Return the oldest row of each queue where that is due, marked as being sent, but for excluded and busy ones."""

    async def progress(self, outbox_id: int, message_ids: Sequence[int], shown: Sequence[str]) -> None:
        """Remember how far a row got."""

    async def take_previews(self, outbox_id: int) -> None:
        """Let a final take the place of the turn's previews."""

    async def unknown(self, outbox_id: int, delay: float, error: str) -> None:
        """Record that nobody knows whether the next part of a row was sent; it is due again after `delay` seconds."""

    async def sent(self, outbox_id: int) -> None:
        """Mark a row as said."""

    async def leave(self, outbox_id: int) -> None:
        """Record that a row was begun and left as it is."""
        ...

    async def retry(self, outbox_id: int, delay: float, error: str) -> None:
        """Make a row due again after `delay` seconds."""

    async def hold(self, outbox_id: int) -> None:
        """Keep a row that a closed topic does not take."""

    async def reset_sending(self) -> None:
        """Make due again what was being sent when a sender ended."""

    async def resting_chats(self) -> dict[int, float]:
        """Return the chats whose rows wait to be sent again, each with the seconds left."""

    async def dead(self, outbox_id: int, error: str) -> None:
        """Give a row up, with words."""


class FoldStore(Protocol):
    """Which previews stand above their finals."""

    async def folds(self, busy: Collection[int], exclude_chats: Collection[int], most: int) -> list[Fold]:
        """Return previews of finals that stand, oldest first, but for busy rows and excluded chats."""

    async def folded(self, outbox_id: int) -> None:
        """Record that nothing more is to be done with the previews of a final."""

    async def retry_fold(self, outbox_id: int, delay: float) -> None:
        """Make the previews of a final due again after `delay` seconds."""


class FileStore(Protocol):
    """Where files for the chat are."""

    def stream(self, file_id: int) -> AsyncIterator[bytes]:
        """Yield the file of a row."""


class ReactionStore(Protocol):
    """Which messages do not bear the reaction that they should."""

    async def due(self, busy: Collection[int], exclude_chats: Collection[int], most: int) -> list[DueReaction]:
        """Return turns whose message does not bear the reaction that it should, oldest first, but for busy ones."""

    async def begin(self, turn_id: int) -> None:
        """Record that eyes may stand on the message of a turn from now on."""

    async def settle(self, turn_id: int) -> None:
        """Record that nothing more is to be done on the message of a turn."""

    async def retry(self, turn_id: int, delay: float) -> None:
        """Make the outcome of a turn due again after `delay` seconds."""
