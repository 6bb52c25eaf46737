"""The menus of commands: one for everybody, and one for each administrator's own chat."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from agent_gateway.telegram.commands import ADMIN_MENU, MENU
from agent_gateway.telegram.errors import TelegramProblem

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
    """Fill every menu; one that Telegram refuses is logged and passed over.

    An administrator who never wrote to the bot has no chat with it yet: theirs comes with the next start.
    """
    for scope in SCOPES:
        await _fill(api, MENU, scope, None)
    for admin_id in sorted(admin_ids):
        if admin_id > 0:  # a group on the list is no person
            await _fill(api, tuple({**dict(MENU), **dict(ADMIN_MENU)}.items()), "chat", admin_id)


async def _fill(api: Menus, menu: Sequence[tuple[str, str]], scope: str, chat_id: int | None) -> None:
    try:
        await api.set_my_commands(menu, scope, chat_id)
    except TelegramProblem as error:
        _log.warning("menu_not_set", extra={"scope": scope, "chat": chat_id, "problem": str(error)})
