"""The menus of commands, by scope and language: one for everybody, and one for each administrator's own chat."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from agent_gateway.telegram.errors import Refused, TelegramProblem
from agent_gateway.wording.commands import build_menu

_log = logging.getLogger(__name__)
SCOPES: Final = ("default", "all_private_chats", "all_group_chats")
"""Of everybody. Each is filled: what another program left in a narrower one would hide ours."""
_ADMIN: Final = "admin"


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


class Menus(Protocol):
    """Fills menus."""

    async def set_my_commands(self, menu: Menu) -> None:
        """Fill one."""


def read_words(path: Path) -> dict[str, dict[str, str | dict[str, str]]]:
    """Read the descriptions by language, and under `admin` those of administrators."""
    return tomllib.loads(path.read_text("utf-8"))


_WORDS: Final = read_words(Path(__file__).parent / "menus.toml")
LANGUAGES: Final = (None, *_WORDS)


def build_commands(language: str | None, *, admin: bool) -> list[tuple[str, str]]:
    """Return the commands that a person has, described in a language."""
    words: Mapping[str, str | dict[str, str]] = _WORDS[language] if language is not None else {}
    own = words.get(_ADMIN, {})
    described = {**words, **(own if admin and isinstance(own, dict) else {})}
    return [(name, str(described.get(name, english))) for name, english in build_menu(admin=admin)]


async def fill_menus(api: Menus, admin_ids: Collection[int]) -> None:
    """Fill every menu. One that Telegram refuses is logged and passed over; where it does not answer the rest is left.

    An administrator who never wrote to the bot has no chat with it yet: theirs comes with their `/start`.
    """
    for language in LANGUAGES:
        commands = build_commands(language, admin=False)
        for scope in SCOPES:
            if _is_away(await _fill(api, Menu(commands, scope, language=language))):
                return
    for admin_id in sorted(admin_ids):
        if admin_id > 0 and _is_away(await fill_own_menu(api, admin_id)):  # a group is no person
            return


async def fill_own_menu(api: Menus, admin_id: int) -> TelegramProblem | None:
    """Fill the menus of an administrator's chat with the bot; return why not, if Telegram does not let it."""
    for language in LANGUAGES:
        problem = await _fill(api, Menu(build_commands(language, admin=True), "chat", admin_id, language))
        if problem is not None:
            return problem
    return None


async def _fill(api: Menus, menu: Menu) -> TelegramProblem | None:
    try:
        await api.set_my_commands(menu)
    except TelegramProblem as problem:
        ids = {"scope": menu.scope, "chat": menu.chat_id, "language": menu.language}
        _log.warning("menu_not_set", extra={**ids, "problem": str(problem)})
        return problem
    return None


def _is_away(problem: TelegramProblem | None) -> bool:
    return problem is not None and not isinstance(problem, Refused)
