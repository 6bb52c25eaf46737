"""The Bot API over python-telegram-bot: its transport and types, our outcomes."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
)
from telegram.constants import ChatAction

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import (
    Ambiguous,
    RefusalKind,
    Refused,
    TelegramProblem,
)
from agent_gateway.telegram.outbound.files import UPLOAD_SECONDS, Downloads, may_be_photo, to_upload
from agent_gateway.telegram.outbound.menus import Menu
from agent_gateway.telegram.outbound.outcomes import Request, translated
from agent_gateway.telegram.ports import BotIdentity, Entity, OutgoingFile

T = TypeVar("T")

GENERAL_TOPIC = 1
"""Telegram's id of a forum's General topic: refused by sends, wanted by chat actions."""
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds that are read; Telegram keeps the others back."""
MAX_CALLBACK_TEXT = 200
"""Characters of the words that a person sees after a press."""
_POLL_READ_SECONDS = 15
"""How much longer than the long poll itself an answer may take."""
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramApi:
    """The calls that the gateway makes. Each raises what `telegram.errors` names and nothing else.

    Args:
        token: The bot's token.
        base: Where the Bot API is, as in `https://api.telegram.org`.
    """

    def __init__(self, token: str, base: str) -> None:
        _keep_secrets_out_of_logs()
        calls = Request(
            connection_pool_size=64, read_timeout=20.0, write_timeout=10.0, connect_timeout=5.0, pool_timeout=5.0
        )
        polls = Request(connection_pool_size=2, write_timeout=10.0, connect_timeout=5.0)
        self._requests = (calls, polls)
        root = base.rstrip("/")
        self._bot = Bot(
            token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=calls, get_updates_request=polls
        )
        self._downloads = Downloads()
        self.on_problem: Callable[[Address, TelegramProblem], None] = lambda _address, _problem: None
        """Told what a call to a chat or topic came to, where it was not done."""

    async def close(self) -> None:
        """Close both connection pools."""
        for request in self._requests:
            await request.shutdown()
        await self._downloads.close()

    async def get_me(self) -> BotIdentity:
        """Ask who the bot is."""
        user = await translated(self._bot.get_me())
        return BotIdentity(user.id, user.username or "", reads_groups=bool(user.can_read_all_group_messages))

    async def get_updates(self, offset: int, timeout: int) -> list[Any]:  # noqa: ASYNC109  # Telegram's long poll
        """Return raw updates from `offset` on: one malformed update must not spoil its batch."""
        # The doubled underscore reaches getUpdates without the library's warning that it has a method for it:
        # that method parses the batch as a whole, and raises for the whole of it.
        call = self._bot.do_api_request(
            "get__updates",
            api_kwargs={"offset": offset, "timeout": timeout, "limit": 100, "allowed_updates": list(ALLOWED_UPDATES)},
            read_timeout=timeout + _POLL_READ_SECONDS,
        )
        updates = await translated(call)
        if not isinstance(updates, list):
            raise Ambiguous("getUpdates answered with something that is not a list")
        return updates

    async def set_webhook(self, url: str, secret: str, connections: int) -> None:
        """Have updates brought to a URL, up to `connections` at once; what waits is brought too."""
        await translated(
            self._bot.set_webhook(
                url, secret_token=secret, max_connections=connections, allowed_updates=list(ALLOWED_UPDATES)
            )
        )

    async def delete_webhook(self) -> None:
        """Have updates kept for polls; none is dropped."""
        await translated(self._bot.delete_webhook(drop_pending_updates=False))

    async def get_webhook_info(self) -> dict[str, Any]:
        """Return what is set, and how the last deliveries went."""
        info = await translated(self._bot.do_api_request("get__webhook__info"))
        if not isinstance(info, dict):
            raise Ambiguous("getWebhookInfo answered with something that is not an object")
        return info

    async def send_message(
        self,
        address: Address,
        text: str,
        entities: Sequence[Entity] = (),
        reply_to: int | None = None,
        buttons: Sequence[Button] = (),
    ) -> int:
        """Send a message into the very chat and topic of `address`, with the buttons under it; return its id."""
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)
        message = await self._at(
            address,
            self._bot.send_message(
                address.chat_id,
                text,
                entities=_to_library(entities),
                message_thread_id=_topic_for_sending(address),
                reply_parameters=reply,
                link_preview_options=_NO_PREVIEW,
                reply_markup=_to_keyboard(buttons),
            ),
        )
        return message.message_id

    async def edit_message_text(
        self,
        address: Address,
        message_id: int,
        text: str,
        entities: Sequence[Entity] = (),
        buttons: Sequence[Button] = (),
    ) -> None:
        """Make a message show this and these buttons, none taking old ones away; "not modified" is success."""
        call = self._bot.edit_message_text(
            text,
            address.chat_id,
            message_id,
            entities=_to_library(entities),
            link_preview_options=_NO_PREVIEW,
            reply_markup=_to_keyboard(buttons),
        )
        try:
            await self._at(address, call)
        except Refused as refusal:
            if "not modified" not in refusal.description.lower():
                raise

    async def send_file(self, address: Address, file: OutgoingFile, caption: str, reply_to: int | None = None) -> int:
        """Send a file with a caption, a picture as one where Telegram takes it as such; return the message's id."""
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)
        where: dict[str, Any] = {
            "chat_id": address.chat_id,
            "caption": caption or None,
            "message_thread_id": _topic_for_sending(address),
            "reply_parameters": reply,
            "write_timeout": UPLOAD_SECONDS,
            "read_timeout": UPLOAD_SECONDS,
        }
        if may_be_photo(file):
            try:
                return (await self._at(address, self._bot.send_photo(photo=to_upload(file), **where))).message_id
            except Refused as refusal:  # its shape or contents are none of a photo's, or photos are not allowed there
                if refusal.kind not in {RefusalKind.OTHER, RefusalKind.FILES_FORBIDDEN}:
                    raise
        message = await self._at(address, self._bot.send_document(document=to_upload(file), **where))
        return message.message_id

    async def send_draft(self, address: Address, draft_id: int, text: str, entities: Sequence[Entity] = ()) -> None:
        """Show a text in a private chat as one that is being written, for thirty seconds or until the next message."""
        await self._at(
            address,
            self._bot.send_message_draft(
                address.chat_id, draft_id, text, message_thread_id=address.topic_id, entities=_to_library(entities)
            ),
        )

    async def open_file(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield a file that a person sent, never all in memory.

        Raises:
            TelegramProblem: Telegram does not give it, before the first byte or in the middle.
        """
        found = await translated(self._bot.get_file(file_id))
        async with contextlib.aclosing(self._downloads.stream(found.file_path or "")) as chunks:
            async for chunk in chunks:
                yield chunk

    async def delete_message(self, address: Address, message_id: int) -> None:
        """Delete a message of the bot; one that is gone is success."""
        try:
            await translated(self._bot.delete_message(address.chat_id, message_id))
        except Refused as refusal:
            if refusal.kind is not RefusalKind.NOT_FOUND:
                raise

    async def send_chat_action(self, address: Address) -> None:
        """Show "typing" in the chat or topic."""
        await self._at(
            address, self._bot.send_chat_action(address.chat_id, ChatAction.TYPING, message_thread_id=address.topic_id)
        )

    async def set_reaction(self, address: Address, message_id: int, emoji: str | None) -> None:
        """Put this one reaction on a message in place of the bot's last, or take that away."""
        reaction = [] if emoji is None else [ReactionTypeEmoji(emoji)]
        await translated(self._bot.set_message_reaction(address.chat_id, message_id, reaction))

    async def answer_callback(self, callback_id: str, text: str) -> None:
        """End the wait of a person who pressed a button, with words; a press that is too old for it is success."""
        try:
            await translated(self._bot.answer_callback_query(callback_id, text[:MAX_CALLBACK_TEXT]))
        except Refused as refusal:
            if refusal.kind is not RefusalKind.CALLBACK_GONE:
                raise

    async def set_my_commands(self, menu: Menu) -> None:
        """Fill a menu."""
        whose = BotCommandScopeChat(menu.chat_id) if menu.chat_id is not None else BotCommandScope(menu.scope)
        commands = [BotCommand(name, text) for name, text in menu.commands]
        await translated(self._bot.set_my_commands(commands, whose, menu.language))

    async def _at(self, address: Address, call: Awaitable[T]) -> T:
        """Make a call to a place, and tell what it came to."""
        try:
            return await translated(call)
        except TelegramProblem as problem:
            self.on_problem(address, problem)
            raise


def _topic_for_sending(address: Address) -> int | None:
    general = address.chat_id < 0 and address.topic_id == GENERAL_TOPIC
    return None if general else address.topic_id


def _to_library(entities: Sequence[Entity]) -> list[MessageEntity]:
    return [MessageEntity(e.type, e.offset, e.length, url=e.url, language=e.language) for e in entities]


def _to_keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    # Telegram takes a keyboard away when an edit names none.
    rows = [[InlineKeyboardButton(button.text, callback_data=button.data)] for button in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _keep_secrets_out_of_logs() -> None:
    # httpx logs each address, which holds the token; the library logs answers, which hold what people write.
    for name, level in (("httpx", logging.WARNING), ("telegram", logging.WARNING), ("telegram.request", 100)):
        logger = logging.getLogger(name)
        logger.setLevel(max(level, logger.level))
