"""Commands and buttons about sub-agents."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.store.rows import Address, SubAgentRow, SubAgentState
from agent_gateway.store.transaction import Transaction
from agent_gateway.subagents.facts import build_facts
from agent_gateway.subagents.requests import SubAgentRequests
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import subagents as texts

_MOST_TASK = 8192
_SHORT = re.compile(r"k[0-9]{1,9}")


class Asked(Protocol):
    """Who asked, and where: a command or a pressed button."""

    @property
    def address(self) -> Address:
        """Where."""

    @property
    def person_id(self) -> int:
        """Who."""

    @property
    def language(self) -> str:
        """In which language they are answered."""


class Order(Asked, Protocol):
    """A command."""

    @property
    def title(self) -> str:
        """What people call the chat."""

    @property
    def message_id(self) -> int:
        """Its message."""

    @property
    def args(self) -> str:
        """What stands behind its name."""


class SubAgentCommands:
    """`/spawn`, `/subagents`, `/cancel` and the Cancel button."""

    def __init__(self, requests: SubAgentRequests, bot_name: str, *, is_admin: Callable[[int], bool]) -> None:
        self._requests = requests
        self._bot_name = bot_name
        self._is_admin = is_admin

    async def spawn(self, tx: Transaction, order: Order, facts: Facts) -> Outcome:
        """Start one; its own line says so."""
        task = order.args.strip()
        if not task:
            return Outcome(keys.spawn_usage(order.language))
        if len(task) > _MOST_TASK:
            return Outcome(keys.spawn_too_long(order.language))
        address = order.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, order.title, order.language)
        call_id = f"m{order.message_id}"
        return Outcome(await self._requests.spawn(tx, thread, task, call_id, order.message_id, facts.terms))

    async def tree(self, tx: Transaction, order: Order) -> Outcome:
        """List those of this conversation."""
        thread = await tx.threads.by_address(order.address)
        children = await tx.subagents.family(thread.id) if thread is not None else []
        return Outcome(texts.tree_text(order.language, [build_facts(child) for child in children]))

    async def cancel(self, tx: Transaction, order: Order) -> Outcome:
        """End one by name."""
        name = order.args.split()[0] if order.args.split() else ""
        if not name:
            return Outcome(keys.cancel_usage(order.language))
        child = await find_subagent(tx, order.address, name)
        if child is None or not await self._may(tx, order, child):
            # whether another chat's sub-agent exists is nobody's business
            return Outcome(texts.cancel_unknown_text(order.language, name))
        return await _cancel(tx, order, child)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """End the one whose button was pressed; None for a button of another kind."""
        thread_id = texts.parse_cancel(pressed.data)
        if thread_id is None:
            return None
        child = await tx.subagents.get(thread_id)
        if child is None or not await self._may(tx, pressed, child):
            return Outcome(keys.button_gone(pressed.language))
        return await _cancel(tx, pressed, child)

    async def _may(self, tx: Transaction, asked: Asked, child: SubAgentRow) -> bool:
        if self._is_admin(asked.person_id):
            return True
        thread = await tx.threads.by_id(child.thread_id)
        return thread is not None and thread.address.chat_id == asked.address.chat_id


async def find_subagent(tx: Transaction, address: Address, name: str) -> SubAgentRow | None:
    """Return a sub-agent by its name, or by its short one in its conversation: one at work before others, then the newest."""
    child = await tx.subagents.by_name(name)
    if child is not None or not _SHORT.fullmatch(name):
        return child
    thread = await tx.threads.by_address(address)
    family = await tx.subagents.family(thread.id) if thread is not None else []
    meant = [child for child in family if texts.compute_short(child.name) == name]
    return max(meant, key=lambda child: (child.state is not SubAgentState.FINISHED, child.thread_id), default=None)


async def _cancel(tx: Transaction, asked: Asked, child: SubAgentRow) -> Outcome:
    if not await tx.subagents.cancel(child.thread_id, "person"):
        return Outcome(keys.subagent_gone(asked.language, name=child.name))
    await tx.audit.add(asked.person_id, "cancel", child.name)
    return Outcome(keys.subagent_ending(asked.language, name=child.name))
