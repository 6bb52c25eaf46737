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

    An administrator who never wrote to the bot has no chat with it yet: theirs comes with their `/start`.
    """
    for scope in SCOPES:
        if not await _fill(api, MENU, scope):
            return  # the start of the gateway is not to wait for each of them
    for admin_id in sorted(admin_ids):
        if admin_id > 0 and not await fill_own_menu(api, admin_id):  # a group is no person
            return


async def fill_own_menu(api: Menus, admin_id: int) -> bool:
    """Fill the menu of an administrator's chat with the bot; False where Telegram does not answer."""
    return await _fill(api, build_menu(admin=True), "chat", admin_id)


async def _fill(api: Menus, menu: Sequence[tuple[str, str]], scope: str, chat_id: int | None = None) -> bool:
    try:
        await api.set_my_commands(menu, scope, chat_id)
    except TelegramProblem as error:
        _log.warning("menu_not_set", extra={"scope": scope, "chat": chat_id, "problem": str(error)})
        return isinstance(error, Refused)
    return True
