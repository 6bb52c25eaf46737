"""Puts the parts together by which events come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_gateway.forges.build import Forges
from agent_gateway.hooks.results import CheckResults
from agent_gateway.hooks.settings import Hook
from agent_gateway.hooks.worker import HookWorker
from agent_gateway.inbox.access import Access
from agent_gateway.store import Store


def build_hooks(
    hooks: Mapping[str, Hook], store: Store, forges: Forges, access: Access, bot_name: str, check: Callable[[], None]
) -> HookWorker:
    """Build what acts on events.

    Args:
        hooks: By name.
        store: What was taken.
        forges: How checks are asked for.
        access: Says where the bot may be used.
        bot_name: The first part of every AgentThread's name.
        check: Raises when this process may no longer act.
    """
    results = CheckResults(store, forges.connections, forges.kinds, forges.events, check)
    return HookWorker(store, hooks, access, bot_name, results, check)
