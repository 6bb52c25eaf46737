"""Calls of the Bot API that python-telegram-bot 22.8 does not know, through its raw call.

A server that is older than a call answers 404 (an own Bot API server, mostly). That is remembered for the life of the
process: the caller makes the classic call instead, at once and from then on. An answer that does not come means nothing
of the kind: the call may have been done, and another one in its place could say the same twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from telegram import Bot, InlineKeyboardMarkup, MessageEntity, ReplyParameters

from agent_gateway.telegram.errors import MethodMissing, Unsupported
from agent_gateway.telegram.outbound.outcomes import translated

_READ_SECONDS: Final = 20.0


class Newer:
    """Makes newer calls.

    Each raises what `telegram.errors` names; `Unsupported` where this server does not know the method.

    Args:
        bot: The library's.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._missing: set[str] = set()

    def knows(self, method: str) -> bool:
        """Tell whether this server may know a method: it never said that it does not."""
        return method not in self._missing

    async def call(self, method: str, arguments: Mapping[str, object], read_timeout: float | None = None) -> Any:
        """Call a method by Telegram's name of it, as in `sendRichMessage`; what is None is left out.

        Raises:
            Unsupported: this server does not know it.
            TelegramProblem: it was not done, or nobody knows whether it was.
        """
        if method in self._missing:
            raise Unsupported(method)
        given = {name: value for name, value in arguments.items() if value is not None}
        # A capital first: the library warns where it has a method of that very name, and Telegram takes any case.
        call = self._bot.do_api_request(
            f"{method[0].upper()}{method[1:]}", api_kwargs=given, read_timeout=read_timeout or _READ_SECONDS
        )
        try:
            return await translated(call)
        except MethodMissing:
            self._missing.add(method)
            raise Unsupported(method) from None

    async def send_draft(
        self,
        chat_id: int,
        draft_id: int,
        text: str,
        entities: Sequence[MessageEntity] = (),
        topic_id: int | None = None,
    ) -> None:
        """Show a text in a private chat as one that is being written, with the client's Stop (sendMessageDraft, 10.3).

        It lasts thirty seconds or until the next message. An empty text shows "Thinking…" (10.0). A stop comes as the
        update `stopped_message_generation` with the same `draft_id`.
        """
        arguments = {
            "chat_id": chat_id,
            "draft_id": draft_id,
            "text": text or None,
            "entities": list(entities) or None,
            "message_thread_id": topic_id,
            "can_stop": True,
            "keep_on_stop": True,
        }
        await self.call("sendMessageDraft", arguments)

    async def send_rich_message(
        self,
        chat_id: int,
        rich: Mapping[str, object],
        *,
        topic_id: int | None = None,
        reply: ReplyParameters | None = None,
        keyboard: InlineKeyboardMarkup | None = None,
        silent: bool = False,
    ) -> int:
        """Send a rich message (sendRichMessage, 10.1); return its id. `rich` is an InputRichMessage."""
        arguments = {
            "chat_id": chat_id,
            "rich_message": dict(rich),
            "message_thread_id": topic_id,
            "reply_parameters": reply,
            "reply_markup": keyboard,
            "disable_notification": silent or None,
        }
        sent = await self.call("sendRichMessage", arguments)
        return int(sent["message_id"])

    async def edit_rich_message(
        self, chat_id: int, message_id: int, rich: Mapping[str, object], keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        """Make a message a rich one (editMessageText with `rich_message`, 10.1).

        A server that is older knows the method and refuses it for its missing text, which is no `Unsupported`.
        """
        arguments = {
            "chat_id": chat_id,
            "message_id": message_id,
            "rich_message": dict(rich),
            "reply_markup": keyboard,
        }
        await self.call("editMessageText", arguments)

    async def send_rich_draft(
        self, chat_id: int, draft_id: int, rich: Mapping[str, object], topic_id: int | None = None
    ) -> None:
        """Show a rich text as one that is being written (sendRichMessageDraft, 10.1), with the client's Stop."""
        arguments = {
            "chat_id": chat_id,
            "draft_id": draft_id,
            "rich_message": dict(rich),
            "message_thread_id": topic_id,
            "can_stop": True,
            "keep_on_stop": True,
        }
        await self.call("sendRichMessageDraft", arguments)

    async def set_my_settings(self, **settings: bool | str) -> bool:
        """Set what BotFather held (setMySettings, 10.5), and leave what is not named; False where the server is older."""
        try:
            await self.call("setMySettings", settings)
        except Unsupported:
            return False
        return True
