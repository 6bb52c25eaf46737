"""Writes what a conversation spent into the status of its AgentThread, when a turn ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from agent_contract.agentthread import Spending as SpendingStatus
from agent_contract.budgets import MICRO
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.spending import Spending
from agent_kube.errors import Away as KubeAway
from agent_kube.errors import KubeError

POLL_SECONDS: Final = 5.0
"""Between two looks: one AgentThread is written no more often than that."""
MOST: Final = 20
"""AgentThreads that are written in one look."""
_log = logging.getLogger(__name__)


class Resources(Protocol):
    """AgentThreads."""

    async def tell_spending(self, name: str, spending: SpendingStatus) -> None:
        """Write what a conversation spent; nothing to do where the resource is gone."""
        ...


class SpendingTeller:
    """Writes what changed; which that is stands in the rows.

    Args:
        store: What was spent.
        resources: AgentThreads.
        check: Raises when this process may no longer act.
    """

    def __init__(self, store: Store, resources: Resources, check: Callable[[], None]) -> None:
        self._store = store
        self._resources = resources
        self._check = check

    async def run(self) -> None:
        """Write for ever."""
        while True:
            try:
                await self.look()
            except Away:
                _log.debug("spending_waits")
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """Write what conversations spent whose turns have ended; what the API server does not take comes again.

        Raises:
            Away: the database does not answer.
            LeadershipLost: this gateway does not lead.
        """
        for one in await self._store.spending.untold(MOST):
            self._check()
            try:
                if one.name is not None:
                    await self._resources.tell_spending(one.name, build_status(one.spending))
            except KubeAway:
                return
            except (
                KubeError
            ) as error:  # a right is missing, or the schema is older: it is no matter for the conversation
                _log.warning("spending_not_told", extra={"agent_thread": one.name, "error": type(error).__name__})
            await self._store.spending.mark_told(one)


def build_status(spending: Spending) -> SpendingStatus:
    """Build what stands in the status."""
    return SpendingStatus(money=f"{spending.money / MICRO:.2f}", tokens=spending.tokens, estimated=spending.estimated)
