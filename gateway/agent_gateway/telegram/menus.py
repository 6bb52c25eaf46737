"""The menus of commands: one for everybody, and one for each administrator's own chat."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from agent_gateway.telegram.commands import MENU, build_menu
from agent_gateway.telegram.errors import Refused, TelegramProblem

_log = logging.getLogger(__name__)
SCOPES = ("default", "all_private_chats", "all_group_chats")
"""Of everybody. There is one language, so that none is named."""


class Menus(Protocol):
    """Fills menus."""

    async def set_my_commands(
        self, commands: Sequence[tuple[str, str]], scope: str = "default", chat_id: int | None = None
    ) -> None:
        """Fill the menu of a scope: (name, description) each; with `chat_id` that of one chat."""


async def fill_menus(api: Menus, admin_ids: Collection[int]) -> None:
    """Fill every menu. One that Telegram refuses is logged and passed over; where it does not answer the rest wait too.

    An administrator who never wrote to the bot has no chat with it yet: theirs comes with the next start.
    """
    own = build_menu(admin=True)
    menus: list[tuple[Sequence[tuple[str, str]], str, int | None]] = [(MENU, scope, None) for scope in SCOPES]
    menus += [(own, "chat", admin_id) for admin_id in sorted(admin_ids) if admin_id > 0]  # a group is no person
    for menu, scope, chat_id in menus:
        try:
            await api.set_my_commands(menu, scope, chat_id)
        except TelegramProblem as error:
            _log.warning("menu_not_set", extra={"scope": scope, "chat": chat_id, "problem": str(error)})
            if not isinstance(error, Refused):
                return  # the start of the gateway is not to wait for each of them
