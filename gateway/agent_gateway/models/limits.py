"""Brings the budgets of classes and settings into the rows that model calls are held to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from agent_contract.budgets import Budget, Budgets
from agent_gateway.resources.values import ClassValue
from agent_gateway.store import Store
from agent_gateway.store.budgets import Limit
from agent_gateway.store.errors import Away
from agent_gateway.store.spending import Amount, Scope

POLL_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


class Classes(Protocol):
    """AgentClasses as last read."""

    @property
    def synced(self) -> bool:
        """Say whether a complete list has been read once."""
        ...

    def all(self) -> list[ClassValue]:
        """Return every class."""
        ...


class LimitKeeper:
    """Writes what differs. A class that is gone keeps its limits while sub-agents and runs of it may go on: for ever.

    Args:
        store: Where limits stand.
        classes: AgentClasses.
        settings: Budgets of the settings, by scope.
        check: Raises when this process may no longer act.
    """

    def __init__(
        self, store: Store, classes: Classes, settings: Mapping[str, Budget], check: Callable[[], None]
    ) -> None:
        self._store = store
        self._classes = classes
        self._settings = settings
        self._check = check
        self._written: frozenset[Limit] | None = None

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self._check()
            try:
                await self.look()
            except Away:
                _log.debug("limits_wait")
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """Write the limits that differ; where nothing changed, nothing is asked of the database."""
        wanted = frozenset(self._build())
        if wanted == self._written:
            return
        stored = [limit for limit in await self._store.budgets.all() if limit.source != "chat"]
        async with self._store.transaction() as tx:
            for limit in sorted(wanted - set(stored), key=_key):
                await tx.budgets.put(limit)
            keys, named = {_key(limit) for limit in wanted}, {limit.class_name for limit in wanted}
            for limit in stored:
                gone = limit.source == "settings" or limit.class_name in named or self._is_known(limit.class_name)
                if gone and _key(limit) not in keys:
                    await tx.budgets.drop(limit)
        self._written = wanted

    def _is_known(self, name: str) -> bool:
        return any(one.name == name for one in self._classes.all())

    def _build(self) -> Iterable[Limit]:
        for scope, budget in self._settings.items():
            if (amount := build_amount(budget)) is not None:
                yield Limit(Scope(scope), "settings", "", "", amount)
        for one in self._classes.all() if self._classes.synced else ():
            yield from _build_of_class(one.name, one.spec.budgets)


def build_amount(budget: Budget) -> Amount | None:
    """Return how much a budget allows; None for one that sets no limit."""
    return None if budget.money is None and budget.tokens is None else Amount(budget.micro, budget.tokens)


def _build_of_class(name: str, budgets: Budgets) -> Iterable[Limit]:
    of = {
        Scope.TURN: budgets.turn,
        Scope.THREAD: budgets.thread,
        Scope.PERSON: budgets.person,
        Scope.CLASS: budgets.day,
    }
    for scope, budget in of.items():
        if (amount := build_amount(budget)) is not None:
            yield Limit(scope, "class", name, "", amount)


def _key(limit: Limit) -> tuple[str, str, str, str]:
    return (limit.scope.value, limit.source, limit.class_name, limit.subject)
