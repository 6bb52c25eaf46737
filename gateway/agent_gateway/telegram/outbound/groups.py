"""The calls about groups themselves: who is who there, and leaving one."""

from __future__ import annotations

from typing import Final

from telegram import Bot
from telegram.constants import ChatMemberStatus

from agent_gateway.telegram.errors import RefusalKind, Refused
from agent_gateway.telegram.outbound.outcomes import translated

_ADMINS: Final = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})


class GroupCalls:
    """Asks about members, and leaves. Each call raises what `telegram.errors` names.

    Args:
        bot: The library's.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def is_admin(self, chat_id: int, person_id: int) -> bool:
        """Ask whether a person is an administrator of a group, or its owner."""
        member = await translated(self._bot.get_chat_member(chat_id, person_id))
        return member.status in _ADMINS

    async def leave_chat(self, chat_id: int) -> None:
        """Leave a group; one that the bot is not in is success."""
        try:
            await translated(self._bot.leave_chat(chat_id))
        except Refused as refusal:
            if refusal.kind is not RefusalKind.CHAT_GONE:
                raise
