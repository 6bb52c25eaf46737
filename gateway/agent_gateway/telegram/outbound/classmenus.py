"""The menu of a chat whose classes have commands of their own: ours, and theirs behind them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from agent_contract.team import ClassCommand
from agent_gateway.commands.table import BY_NAME
from agent_gateway.effects import ShowCommands
from agent_gateway.resources.values import ClassValue
from agent_gateway.store.rows import Thread
from agent_gateway.telegram.outbound.menus import LANGUAGES, Menu, Menus, MenuStore, build_commands, fill
from agent_gateway.wording.say import choose

MOST_COMMANDS: Final = 100
"""Of a menu (Bot API, setMyCommands)."""
LOOK_SECONDS: Final = 60.0
"""A chat is not looked at again so soon."""
_MOST_CHATS: Final = 4096
_MOST_THREADS: Final = 50


class ChatMenuStore(MenuStore, Protocol):
    """What menus were filled with, chat by chat."""

    async def chat_digests(self, chat_id: int) -> dict[str, str]:
        """Return the digest of what each menu of one chat holds, by its name."""


class Threads(Protocol):
    """Conversations."""

    async def newest(self, chat_id: int | None = None, most: int = 100) -> list[Thread]:
        """Return those of a chat, the newest first."""


class Classes(Protocol):
    """What classes conversations have."""

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class; None where nothing is known of its AgentThread."""

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where it is not known."""


class ClassMenus:
    """Keeps the menus of chats: Telegram has one for all topics of a chat, so it shows the commands of all their classes.

    Args:
        api: Fills menus.
        store: What they were filled with.
        threads: Conversations.
        classes: What classes they have.
        is_admin: Who is an administrator.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        api: Menus,
        store: ChatMenuStore,
        threads: Threads,
        classes: Classes,
        is_admin: Callable[[int], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._store = store
        self._threads = threads
        self._classes = classes
        self._is_admin = is_admin
        self._clock = clock
        self._seen: OrderedDict[int, float] = OrderedDict()

    async def show(self, effect: ShowCommands) -> None:
        """Fill the menu of a chat where it holds something else; a minute later at the earliest than the last time."""
        now, chat_id = self._clock(), effect.chat_id
        if now < self._seen.get(chat_id, 0.0):
            return
        self._seen[chat_id] = now + LOOK_SECONDS
        self._seen.move_to_end(chat_id)
        while len(self._seen) > _MOST_CHATS:
            self._seen.popitem(last=False)
        commands = await self._find(chat_id)
        known = {} if commands is None else await self._store.chat_digests(chat_id)
        if commands is None or not (commands or known):
            return
        for menu in self._build(chat_id, effect.language, commands):
            if await fill(self._api, self._store, menu, known) is not None:
                return

    async def _find(self, chat_id: int) -> list[ClassCommand] | None:
        """Return the commands of all classes of a chat; None where one of these is not known."""
        found: dict[str, ClassCommand] = {}
        names = {self._classes.find_class_name(one.name) for one in await self._threads.newest(chat_id, _MOST_THREADS)}
        for name in sorted(name for name in names if name is not None):
            value = await self._classes.find_class(name)
            if value is None:
                return None
            for command in value.spec.commands:
                found.setdefault(command.name, command)
        return [command for name, command in found.items() if name not in BY_NAME]

    def _build(self, chat_id: int, language: str, commands: Sequence[ClassCommand]) -> list[Menu]:
        """Return the menus that show them: in a person's own chat in their language, in a group in each."""
        more = [(one.name, " ".join(one.description.split())) for one in commands]
        admin = chat_id > 0 and self._is_admin(chat_id)
        if admin or chat_id < 0:
            return [
                Menu(_join(build_commands(each, admin=admin), more, admin), "chat", chat_id, each) for each in LANGUAGES
            ]
        spoken = next(short for short, name in LANGUAGES.items() if name == choose(language))
        return [Menu(_join(build_commands(spoken, admin=False), more, False), "chat", chat_id)]


def _join(own: list[tuple[str, str]], more: list[tuple[str, str]], keep: bool) -> list[tuple[str, str]]:
    """Return our commands and theirs; without theirs, none, so that the wider menu is shown, but where ours are kept."""
    return [*own, *more][:MOST_COMMANDS] if more or keep else []
