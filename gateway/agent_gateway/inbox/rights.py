"""Who is an administrator of a group: asked of Telegram before the transaction, where something depends on it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

from agent_gateway.commands.table import ASKS_GROUP
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.plans import Plan
from agent_gateway.store import Store
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import TelegramProblem
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.telegram.inbound.venues import VenueEvent, VenueEventKind
from agent_gateway.wording.schedules import parse_schedule_press
from agent_gateway.wording.threads import ThreadPress, parse_thread_press
from agent_gateway.wording.undo import parse_undo_press

_log = logging.getLogger(__name__)


class Members(Protocol):
    """Who is who in a group."""

    async def is_admin(self, chat_id: int, person_id: int) -> bool:
        """Ask whether a person is an administrator of a group."""


class GroupRights:
    """Adds to a plan whether who asks is an administrator of the group.

    Args:
        store: Who may use the bot.
        access: The same, and its administrators.
        members: Of groups.
    """

    def __init__(self, store: Store, access: Access, members: Members) -> None:
        self._store = store
        self._access = access
        self._members = members

    async def add(self, plan: Plan) -> Plan:
        """Return the plan with what Telegram says; while it says nothing, nobody is an administrator."""
        incoming = plan.incoming
        if not isinstance(incoming, Command | Pressed) or not _asks(incoming) or incoming.address.chat_id > 0:
            return plan
        person_id, chat_id = incoming.person_id, incoming.address.chat_id
        if self._access.is_admin(person_id):
            return plan
        standing = await self._access.read(self._store, person_id, chat_id)
        if not standing.allowed:
            return plan
        try:
            admin = await self._members.is_admin(standing.chat_id, person_id)
        except TelegramProblem as problem:
            _log.warning("group_rights_unknown", extra={"chat_id": chat_id, "error": type(problem).__name__})
            admin = False
        return replace(plan, facts=replace(plan.facts, group_admin=admin))

    async def concerns(self, tx: Transaction, change: VenueEvent) -> bool:
        """Say whether what became of a chat is to be recorded: of groups that nobody known uses, no new id is."""
        if change.what is not VenueEventKind.MOVED:
            return True
        chat_id = change.address.chat_id
        return (await self._access.read(tx, None, chat_id)).allowed or bool(await tx.threads.newest(chat_id, 1))


def _asks(incoming: Command | Pressed) -> bool:
    if isinstance(incoming, Command):
        return incoming.name in ASKS_GROUP
    if parse_undo_press(incoming.data) is not None or parse_schedule_press(incoming.data) is not None:
        return True
    found = parse_thread_press(incoming.data)
    return found is not None and found[0] is ThreadPress.KILL
