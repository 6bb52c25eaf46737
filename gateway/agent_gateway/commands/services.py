"""`/services`: which services and tool servers a conversation reaches, and what an administrator leaves of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from agent_contract.names import build_thread_name
from agent_gateway.commands.facts import Facts, Resources
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.connections.left import Reached, Target, leave_apis, leave_servers, list_reached
from agent_gateway.effects import NarrowRights
from agent_gateway.resources.values import ClassSpec, ClassValue, Narrower
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import services as texts

_MARKDOWN: Final = "markdown"


class ServiceCommands:
    """Shows and narrows.

    Args:
        resources: AgentThreads as they are known here.
        bot_name: The gateway's short name.
        is_admin: Who is an administrator.
    """

    def __init__(self, resources: Resources, bot_name: str, *, is_admin: Callable[[int], bool]) -> None:
        self._resources = resources
        self._bot_name = bot_name
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Say what there is."""
        command, facts = request.command, request.facts
        address, language = command.address, command.language
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title, language)
        if facts.found_class is None:
            return Outcome(keys.repo_unknown(language))
        reached = await self._list(tx, thread, facts.found_class)
        text = texts.services_text(language, reached, admin=request.admin)
        buttons = texts.build_service_buttons(language, thread.id, reached) if request.admin else ()
        return Outcome(text, buttons, format=_MARKDOWN)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Leave what a button says; None for a button of another kind."""
        asked, language = texts.parse_service(pressed.data), pressed.language
        if asked is None:
            return None
        thread_id, kind, digest, target = asked
        thread = await tx.threads.by_id(thread_id)
        if thread is None or thread.address.chat_id != pressed.address.chat_id:
            return Outcome(keys.button_gone(language))
        if not self._is_admin(pressed.person_id):
            return Outcome(keys.repo_only_admins(language))
        if facts.found_class is None:
            return Outcome(keys.repo_unknown(language))
        spec, reached = facts.found_class.spec, await self._list(tx, thread, facts.found_class)
        one = next((one for one in reached if one.kind == kind and texts.digest_reached(one) == digest), None)
        if one is None or target not in texts.list_targets(one):
            return Outcome(keys.button_gone(language))
        left = await _leave(tx, thread, spec, await self._find_wanted(tx, thread), one, target)
        tx.after(NarrowRights())
        reached = list_reached(spec, [left.apis], [left.mcp_servers])
        text = texts.services_text(language, reached, admin=True)
        buttons = texts.build_service_buttons(language, thread.id, reached)
        await show_instead(tx, pressed, text, buttons, format=_MARKDOWN)
        return Outcome("")

    async def _find_wanted(self, tx: Transaction, thread: Thread) -> Narrower:
        """Return what is to be left: what is wanted takes the place of what stands, though it is not written yet."""
        wanted = await tx.narrowed.unwritten(thread.id)
        stands = self._find_left(thread)
        return Narrower(
            apis=wanted.apis if "apis" in wanted.fields else stands.apis,
            mcp_servers=wanted.mcp_servers if "mcpServers" in wanted.fields else stands.mcp_servers,
        )

    async def _list(self, tx: Transaction, thread: Thread, found: ClassValue) -> list[Reached]:
        """Return what is reached now: what is wanted holds besides what stands."""
        wanted = await tx.narrowed.unwritten(thread.id)
        stands = self._find_left(thread)
        return list_reached(found.spec, [stands.apis, wanted.apis], [stands.mcp_servers, wanted.mcp_servers])

    def _find_left(self, thread: Thread) -> Narrower:
        """Return what stands now, behind what was wanted: a fact of before may be older than what was written since."""
        found = self._resources.cached(thread.name)
        return found.spec.narrower if found is not None else Narrower()


async def _leave(
    tx: Transaction, thread: Thread, spec: ClassSpec, now: Narrower, one: Reached, target: Target
) -> Narrower:
    """Record what is to be left of one service or tool server; return what is left of all then."""
    if one.kind == "service":
        apis = leave_apis(spec, now.apis, one.connection, target)
        await tx.narrowed.narrow_apis(thread.id, apis)
        return replace(now, apis=apis)
    servers = leave_servers(spec, now.mcp_servers, one.connection, target)
    await tx.narrowed.narrow_servers(thread.id, servers)
    return replace(now, mcp_servers=servers)
