"""`/repo`: which repository a conversation works with, and what an administrator leaves of what its class allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.connections.settings import Connection
from agent_gateway.effects import NarrowRights, PrepareRun
from agent_gateway.repositories.allowed import (
    Levels,
    build_levels,
    choose_listed,
    find_connections,
    list_exact,
    list_patterns,
    may_use,
    narrow,
    read_named,
)
from agent_gateway.repositories.preparing import find_folder
from agent_gateway.resources.values import ClassValue
from agent_gateway.store.repositories import Chosen
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import repositories as texts

_OFF: Final = frozenset({"off", "none", "-"})
_MOST_OFFERED: Final = texts.MOST_BUTTONS
_MARKDOWN: Final = "markdown"


class RepositoryCommands:
    """Shows, chooses and narrows.

    Args:
        connections: By name.
        bot_name: The gateway's short name.
        is_admin: Who is an administrator.
    """

    def __init__(
        self, connections: Mapping[str, Connection], bot_name: str, *, is_admin: Callable[[int], bool]
    ) -> None:
        self._connections = connections
        self._hosts = {name: one.host for name, one in connections.items()}
        self._bot_name = bot_name
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Say what there is, or take the repository that is named."""
        command, facts = request.command, request.facts
        address, language, asked = command.address, command.language, command.args.strip()
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title, language)
        if asked.casefold() in _OFF:
            return await self._choose(tx, thread, None, command.person_id, facts, language)
        if facts.found_class is None:
            return Outcome(keys.repo_unknown(language))
        levels = await _read_levels(tx, thread, facts, facts.found_class)
        if not asked:
            return await self._show(tx, thread, levels, facts, language, admin=request.admin)
        named = read_named(asked)
        if named is None:
            return Outcome(keys.repo_unreadable(language))
        found = find_connections(levels, named, self._hosts)
        if not found:
            return _say(keys.repo_forbidden(language, repository=texts.code(named.path)))
        if len(found) > 1:
            names = ", ".join(texts.code(f"/repo {one}:{named.path}") for one in found)
            return _say(keys.repo_several(language, names=names))
        chosen = Chosen(found[0], named.path, named.ref)
        return await self._choose(tx, thread, chosen, command.person_id, facts, language)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Take what was chosen by a button; None for a button of another kind."""
        thread_id = texts.read_repository_thread(pressed.data)
        if thread_id is None:
            return None
        thread, language = await tx.threads.by_id(thread_id), pressed.language
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.button_gone(language))
        if facts.found_class is None:
            return Outcome(keys.repo_unknown(language))
        rights = texts.parse_rights(pressed.data)
        if rights is not None:
            return await self._narrow(tx, pressed, thread, rights[1], facts.found_class)
        choice = texts.parse_choice(pressed.data)
        chosen = None
        if choice is not None and choice[1] != "off":
            chosen = await self._find_offered(tx, thread, choice[1])
            levels = await _read_levels(tx, thread, facts, facts.found_class)
            if chosen is None or not may_use(levels, chosen.connection, chosen.path):
                return Outcome(keys.button_gone(language))
        outcome = await self._choose(tx, thread, chosen, pressed.person_id, facts, language)
        await show_instead(tx, pressed, outcome.text, format=_MARKDOWN)
        return Outcome("")

    async def _show(
        self, tx: Transaction, thread: Thread, levels: Levels, facts: Facts, language: str, *, admin: bool
    ) -> Outcome:
        known = await tx.repositories.chosen(thread.id)
        chosen = known.chosen if known is not None else None
        listed = choose_listed(levels, facts.listed, self._hosts)
        exact = [*([chosen] if chosen is not None else []), *list_exact(levels, self._hosts), *listed]
        offered = list({(one.connection, one.path.casefold()): one for one in reversed(exact)}.values())[::-1]
        offered = [one for one in offered if may_use(levels, one.connection, one.path)][:_MOST_OFFERED]
        await tx.repositories.offer(thread.id, [f"{one.connection}:{one.path}" for one in offered])
        shown = texts.Shown(
            rules=list_patterns(levels, self._hosts), chosen=chosen, folder=self._name_folder(facts, chosen),
            offered=offered, admin=admin, narrowed=len(levels) > 1,
        )  # fmt: skip
        buttons = texts.build_shown_buttons(language, thread.id, shown)
        return Outcome(texts.shown_text(language, shown), buttons, format=_MARKDOWN)

    async def _choose(
        self, tx: Transaction, thread: Thread, chosen: Chosen | None, person_id: int, facts: Facts, language: str
    ) -> Outcome:
        await tx.repositories.choose(thread.id, chosen, person_id)
        if chosen is None:
            return _say(keys.repo_off(language))
        tx.after(PrepareRun(thread.id))
        folder, name = self._name_folder(facts, chosen), texts.name_chosen(chosen)
        return _say(keys.repo_set(language, repository=texts.code(name), folder=texts.code(folder)))

    async def _narrow(
        self, tx: Transaction, pressed: Pressed, thread: Thread, how: texts.Narrowing, found: ClassValue
    ) -> Outcome:
        language = pressed.language
        if not self._is_admin(pressed.person_id):
            return Outcome(keys.repo_only_admins(language))
        known = await tx.repositories.chosen(thread.id)
        chosen = known.chosen if known is not None else None
        if how == "one" and chosen is None:
            return Outcome(keys.repo_none_chosen(language))
        await tx.repositories.narrow(thread.id, narrow(found.spec.repositories, how, chosen))
        tx.after(NarrowRights())
        await show_instead(tx, pressed, texts.rights_text(language, how, chosen), format=_MARKDOWN)
        return Outcome("")

    async def _find_offered(self, tx: Transaction, thread: Thread, digest: str) -> Chosen | None:
        for name in await tx.repositories.offered(thread.id):
            connection, _, path = name.partition(":")
            one = Chosen(connection, path)
            if texts.digest_chosen(one) == digest:
                return one
        return None

    def _name_folder(self, facts: Facts, chosen: Chosen | None) -> str:
        if chosen is None or facts.found_class is None:
            return ""
        return find_folder(facts.found_class.spec.workspace, chosen, self._connections)


async def _read_levels(tx: Transaction, thread: Thread, facts: Facts, found: ClassValue) -> Levels:
    written = facts.resource.spec.repositories if facts.resource is not None else None
    return build_levels(found.spec.repositories, written, await tx.repositories.unwritten(thread.id))


def _say(text: str) -> Outcome:
    return Outcome(text, format=_MARKDOWN)
