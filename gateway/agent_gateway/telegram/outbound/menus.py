"""The menus of commands, by scope and language: one for everybody, and one for each administrator's own chat."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent_gateway.commands.table import find_menu
from agent_gateway.telegram.errors import RefusalKind, Refused, TelegramProblem
from agent_gateway.wording.commands import describe
from agent_gateway.wording.say import LANGUAGES as LANGUAGES_SPOKEN
from agent_gateway.wording.say import SOURCE

_log = logging.getLogger(__name__)
SCOPES: Final = ("default", "all_private_chats", "all_group_chats")
"""Of everybody. Each is filled: what another program left in a narrower one would hide ours."""


@dataclass(frozen=True, slots=True)
class Menu:
    """What is shown where.

    Attributes:
        commands: (name, description) each.
        scope: Telegram's BotCommandScope.
        chat_id: The one chat of the scope `chat`.
        language: ISO 639-1; None for everybody whose language has no menu of its own.
    """

    commands: Sequence[tuple[str, str]]
    scope: str
    chat_id: int | None = None
    language: str | None = None

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        return f"{self.scope} {self.chat_id or ''} {self.language or ''}"

    @property
    def digest(self) -> str:
        """Return what differs where anything that it shows does."""
        return hashlib.sha256(json.dumps([list(pair) for pair in self.commands]).encode()).hexdigest()


class MenuStore(Protocol):
    """What menus were filled with, over restarts."""

    async def digests(self) -> dict[str, str]:
        """Return the digest of what each menu holds, by its name."""

    async def keep(self, menu: str, digest: str) -> None:
        """Remember what a menu was filled with."""


class Menus(Protocol):
    """Fills menus."""

    async def set_my_commands(self, menu: Menu) -> None:
        """Fill one; without commands, the next wider one is shown in its place."""


def _shorten(language: str) -> str | None:
    """Return a language as Telegram wants it: two letters; None for the one of everybody else."""
    return None if language == SOURCE else language.partition("-")[0]


LANGUAGES: Final = {_shorten(language): language for language in LANGUAGES_SPOKEN}
"""Languages of the catalogue by their two letters (Bot API, setMyCommands); None: what everybody else sees."""

FORMER: Final = ("de", "es", "fr", "it", "pt", "ru", "uk", "zh")
"""Languages that earlier releases filled menus in: those that are not spoken are emptied, and show the common one."""
FILLED: Final = (*LANGUAGES, *(former for former in FORMER if former not in LANGUAGES))


def build_commands(language: str | None, *, admin: bool) -> list[tuple[str, str]]:
    """Return the commands of a person's menu, described in a language of two letters; none in one that is not spoken."""
    if language not in LANGUAGES:
        return []
    described = describe(LANGUAGES[language], admin=admin)
    return [(row.name, described[row.name]) for row in find_menu(admin=admin)]


async def fill_menus(api: Menus, store: MenuStore, admin_ids: Collection[int]) -> None:
    """Fill every menu that holds something else.

    One that Telegram refuses is logged and passed over; where it does not answer the rest is left. An administrator who
    never wrote to the bot has no chat with it yet: theirs comes with their `/start`.
    """
    known = await store.digests()
    for language in FILLED:
        commands = build_commands(language, admin=False)
        for scope in SCOPES:
            if _is_away(await fill(api, store, Menu(commands, scope, language=language), known)):
                return
    for admin_id in sorted(admin_ids):
        if admin_id > 0 and _is_away(await _fill_chat(api, store, admin_id, known)):  # a group is no person
            return


async def fill_own_menu(api: Menus, store: MenuStore, admin_id: int) -> None:
    """Fill the menus of an administrator's chat with the bot that hold something else."""
    await _fill_chat(api, store, admin_id, await store.digests())


async def _fill_chat(api: Menus, store: MenuStore, admin_id: int, known: Mapping[str, str]) -> TelegramProblem | None:
    for language in FILLED:
        menu = Menu(build_commands(language, admin=True), "chat", admin_id, language)
        problem = await fill(api, store, menu, known)
        if problem is not None:
            return problem
    return None


async def fill(api: Menus, store: MenuStore, menu: Menu, known: Mapping[str, str]) -> TelegramProblem | None:
    """Fill a menu that holds something else; return why Telegram did not.

    Args:
        api: Fills menus.
        store: Remembers what they hold.
        menu: The menu.
        known: The digests of what they hold, by name.
    """
    if known.get(menu.name) == menu.digest:
        return None
    try:
        await api.set_my_commands(menu)
    except TelegramProblem as problem:
        ids = {"scope": menu.scope, "chat": menu.chat_id, "language": menu.language}
        if isinstance(problem, Refused) and problem.kind is RefusalKind.CHAT_GONE:
            _log.info("menu_waits_for_start", extra=ids)  # no chat yet: as it should be before their first words
        else:
            _log.warning("menu_not_set", extra={**ids, "problem": str(problem)})
        return problem
    await store.keep(menu.name, menu.digest)
    return None


def _is_away(problem: TelegramProblem | None) -> bool:
    return problem is not None and not isinstance(problem, Refused)
