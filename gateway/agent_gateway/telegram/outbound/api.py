"""The Bot API over python-telegram-bot: its transport and types, our outcomes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeChat,
    LinkPreviewOptions,
    ReactionTypeEmoji,
    ReplyParameters,
)
from telegram.constants import ChatAction

from agent_gateway.effects import CallFailed
from agent_gateway.events import Events
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import (
    Ambiguous,
    RefusalKind,
    Refused,
    TelegramProblem,
)
from agent_gateway.telegram.outbound.files import UPLOAD_SECONDS, Downloads, may_be_photo, to_upload
from agent_gateway.telegram.outbound.groups import GroupCalls
from agent_gateway.telegram.outbound.library import to_keyboard, to_library, topic_for_sending
from agent_gateway.telegram.outbound.menus import Menu
from agent_gateway.telegram.outbound.newer import Newer
from agent_gateway.telegram.outbound.outcomes import Request, keep_secrets_out_of_logs, translated, unless_same
from agent_gateway.telegram.outbound.topics import TopicCalls
from agent_gateway.telegram.ports import BotIdentity, Entity, OutgoingFile

T = TypeVar("T")

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "stopped_message_generation")
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
        events: Told what a call to a chat or topic came to, where it was not done.
    """

    def __init__(self, token: str, base: str, events: Events | None = None) -> None:
        keep_secrets_out_of_logs()
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
        self.newer = Newer(self._bot)
        """Calls that the library does not know."""
        self.topics = TopicCalls(self._bot)
        self.groups = GroupCalls(self._bot)
        self._events = events or Events()

    async def close(self) -> None:
        """Close both connection pools."""
        for request in self._requests:
            await request.shutdown()
        await self._downloads.close()

    async def get_me(self) -> BotIdentity:
        """Ask who the bot is."""
        user = await translated(self._bot.get_me())
        newer = user.api_kwargs
        return BotIdentity(
            user.id,
            user.username or "",
            reads_groups=bool(user.can_read_all_group_messages),
            has_topics=bool(user.has_topics_enabled),
            callback_query_mode=str(newer.get("callback_query_mode") or ""),
        )

    async def probe(self) -> None:
        """Ask who the bot is, to know whether Telegram answers."""
        await translated(self._bot.get_me())

    async def set_my_settings(self, **settings: bool | str) -> bool:
        """Set what BotFather held (Bot API 10.5); what is not named stays. False where this server is older."""
        return await self.newer.set_my_settings(**settings)

    async def get_updates(self, offset: int, timeout: int) -> list[Any]:  # noqa: ASYNC109  # Telegram's long poll
        """Return raw updates from `offset` on: one malformed update must not spoil its batch."""
        # The raw call, by a name that the library has no method of: that method parses the batch as a whole, and raises
        # for the whole of it. Telegram takes a method's name in any case.
        call = self._bot.do_api_request(
            "GetUpdates",
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
        info = await translated(self._bot.do_api_request("GetWebhookInfo"))
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
        *,
        silent: bool = False,
    ) -> int:
        """Send a message into the very chat and topic of `address`, with the buttons under it; return its id."""
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)
        message = await self._at(
            address,
            self._bot.send_message(
                address.chat_id,
                text,
                entities=to_library(entities),
                message_thread_id=topic_for_sending(address),
                reply_parameters=reply,
                link_preview_options=_NO_PREVIEW,
                reply_markup=to_keyboard(buttons),
                disable_notification=silent or None,
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
            entities=to_library(entities),
            link_preview_options=_NO_PREVIEW,
            reply_markup=to_keyboard(buttons),
        )
        await unless_same(self._at(address, call))

    async def send_rich(
        self,
        address: Address,
        rich: Mapping[str, object],
        reply_to: int | None = None,
        buttons: Sequence[Button] = (),
        *,
        silent: bool = False,
    ) -> int:
        """Send a rich message (Bot API 10.1); return its id."""
        call = self.newer.send_rich_message(
            address.chat_id,
            rich,
            topic_id=topic_for_sending(address),
            reply=None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True),
            keyboard=to_keyboard(buttons),
            silent=silent,
        )
        return await self._at(address, call)

    async def edit_rich(
        self, address: Address, message_id: int, rich: Mapping[str, object], buttons: Sequence[Button] = ()
    ) -> None:
        """Make a message a rich one; "not modified" is success."""
        call = self.newer.edit_rich_message(address.chat_id, message_id, rich, to_keyboard(buttons))
        await unless_same(self._at(address, call))

    async def edit_buttons(self, address: Address, message_id: int, buttons: Sequence[Button]) -> None:
        """Make these the buttons under a message; "not modified" is success."""
        call = self._bot.edit_message_reply_markup(address.chat_id, message_id, reply_markup=to_keyboard(buttons))
        await unless_same(self._at(address, call))

    async def send_file(
        self, address: Address, file: OutgoingFile, caption: str, reply_to: int | None = None, *, silent: bool = False
    ) -> int:
        """Send a file with a caption, a picture as one where Telegram takes it as such; return the message's id."""
        reply = None if reply_to is None else ReplyParameters(reply_to, allow_sending_without_reply=True)
        where: dict[str, Any] = {
            "chat_id": address.chat_id,
            "caption": caption or None,
            "message_thread_id": topic_for_sending(address),
            "reply_parameters": reply,
            "disable_notification": silent or None,
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
        """Show a text in a private chat as one that is being written, for thirty seconds or until the next message.

        The person's client has a button that stops it; no text at all shows that the bot thinks.
        """
        call = self.newer.send_draft(address.chat_id, draft_id, text, to_library(entities), address.topic_id)
        await self._at(address, call)

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

    async def answer_callback(self, callback_id: str, text: str, *, alert: bool = False) -> None:
        """End the wait of a person who pressed a button, with words; a press that is too old for it is success."""
        try:
            await translated(self._bot.answer_callback_query(callback_id, text[:MAX_CALLBACK_TEXT], show_alert=alert))
        except Refused as refusal:
            if refusal.kind is not RefusalKind.CALLBACK_GONE:
                raise

    async def set_my_commands(self, menu: Menu) -> None:
        """Fill a menu, or take it away where it has no commands."""
        whose = BotCommandScopeChat(menu.chat_id) if menu.chat_id is not None else BotCommandScope(menu.scope)
        if not menu.commands:
            await translated(self._bot.delete_my_commands(whose, menu.language))
            return
        commands = [BotCommand(name, text) for name, text in menu.commands]
        await translated(self._bot.set_my_commands(commands, whose, menu.language))

    async def _at(self, address: Address, call: Awaitable[T]) -> T:
        """Make a call to a place, and tell what it came to."""
        try:
            return await translated(call)
        except TelegramProblem as problem:
            self._events.publish([CallFailed(address, problem)])
            raise
