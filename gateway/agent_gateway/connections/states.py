"""Keeps what is known of connections: asked for in turn, told on classes, and to administrators once for each change."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Protocol

from agent_contract.repositories import ConnectionStatus
from agent_gateway.connections.probes import Prober, State
from agent_gateway.connections.settings import MOST_CONNECTIONS, Connection
from agent_gateway.effects import WakeOutbox
from agent_gateway.resources.values import ClassValue
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address
from agent_gateway.wording.connections import build_found, build_lost
from agent_gateway.wording.say import SOURCE
from agent_kube.errors import KubeError, NotFound

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 10.0
"""Between two looks at classes: at what is new there the connections are asked about at once."""
PROBE_SECONDS: Final = 60.0
"""Between two times that connections are asked about."""
AT_ONCE: Final = 4
TOLD_AFTER: Final = 2
"""Looks in a row that find the same trouble before administrators are told: a host may restart."""
WRITTEN_ANEW: Final = 60
"""Looks after which the status is written though nothing changed: somebody may have edited it."""
_MOST_LINE: Final = 512
_UNKNOWN: Final = State("False", "NotConfigured", "The chart's connections hold none of this name.")


class Classes(Protocol):
    """AgentClasses."""

    def all(self) -> list[ClassValue]:
        """Return every class as last read."""

    async def tell_connections(self, name: str, told: Sequence[ConnectionStatus], unusable: str) -> None:
        """Write what is said of connections into the status of a class.

        Raises:
            KubeError: the API server does not take it.
        """


@dataclass(frozen=True, slots=True)
class Told:
    """What stands on a class."""

    connections: tuple[ConnectionStatus, ...]
    unusable: str


class ConnectionStates:
    """Looks at all connections again and again.

    Args:
        store: What administrators were told.
        connections: By name.
        prober: Asks.
        classes: Which name repositories, and are told.
        admins: Who is told.
        check: Raises when this process may no longer act.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        store: Store,
        connections: Mapping[str, Connection],
        prober: Prober,
        classes: Classes,
        admins: Collection[int],
        check: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._connections = connections
        self._prober = prober
        self._classes = classes
        self._admins = admins
        self._check = check
        self._written: dict[str, Told] = {}
        self._untold: set[str] = set()
        """Classes whose status could not be written last, which is logged once."""
        self._looks = 0
        self._clock = clock
        self._next = 0.0
        """When connections are asked about again, if no class asks for it before."""
        self._named: dict[str, list[str]] = {}
        self._states: dict[str, State] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self._check()
            try:
                await self.look()
            except Away as error:
                log.warning("connections_not_noted", extra={"error": type(error).__name__})
            await asyncio.sleep(PAUSE_SECONDS)

    async def look(self) -> None:
        """Ask about each connection where it is time, and tell what changed.

        Raises:
            Away: the database does not answer.
            LeadershipLost: this gateway does not lead.
        """
        classes = self._classes.all()
        named = {name: list_repositories(classes, name) for name in self._connections}
        probing = named != self._named or self._clock() >= self._next
        if probing:
            self._states = await self._probe(named)
            self._named, self._next = named, self._clock() + PROBE_SECONDS
            self._check()
        await self._tell_classes(classes, self._states)
        if probing and self._states:
            await self._store.connections.keep_only(list(self._states))
            for name, state in self._states.items():
                await self._note(name, state)

    async def _probe(self, named: Mapping[str, Sequence[str]]) -> dict[str, State]:
        at_once = asyncio.Semaphore(AT_ONCE)

        async def probe(connection: Connection) -> State:
            async with at_once:
                return await self._prober.probe(connection, named[connection.name])

        found = await asyncio.gather(*map(probe, self._connections.values()))
        return dict(zip(self._connections, found, strict=True))

    async def _tell_classes(self, classes: Sequence[ClassValue], states: Mapping[str, State]) -> None:
        self._looks += 1
        if self._looks % WRITTEN_ANEW == 0:
            self._written.clear()
        for one in classes:
            told = build_told(one, states)
            if self._written.get(one.name, Told((), "")) == told:
                continue
            try:
                await self._classes.tell_connections(one.name, told.connections, told.unusable)
            except NotFound:
                continue
            except KubeError as error:  # a right is missing, or the schema is older: it is no matter for agents
                if one.name not in self._untold:
                    log.warning("connections_not_told", extra={"agent_class": one.name, "error": type(error).__name__})
                self._untold.add(one.name)
                continue
            self._untold.discard(one.name)
            self._written[one.name] = told

    async def _note(self, name: str, state: State) -> None:
        async with self._store.transaction() as tx:
            noted = await tx.connections.note(name, state.reason)
            broken = state.usable == "False"
            if (noted.told == state.reason) if broken else (noted.told is None):
                return
            if broken and noted.times < TOLD_AFTER:
                return
            await tx.connections.mark_told(name, state.reason if broken else None)
            for admin, spoken in await tx.requests.private_chats(self._admins):
                language = spoken or SOURCE
                text = build_lost(language, name, state.reason) if broken else build_found(language, name)
                key = f"connection:{name}:{state.reason}:{noted.since}:{admin}"
                await tx.outbox.put(Address(self._store.bot_id, admin), text, key, kind="notice")
            tx.after(WakeOutbox())
        log.warning("connection_state", extra={"connection": name, "reason": state.reason, "usable": state.usable})


def list_repositories(classes: Iterable[ClassValue], connection: str) -> list[str]:
    """Return the repositories that rules name of a connection, in order of class; not those of a pattern."""
    named = [
        rule.pattern
        for one in sorted(classes, key=lambda one: one.name)
        for rule in one.spec.repositories
        if rule.connection == connection and "*" not in rule.pattern
    ]
    return list(dict.fromkeys(named))


def build_told(found: ClassValue, states: Mapping[str, State]) -> Told:
    """Return what stands on a class."""
    names = sorted({rule.connection for rule in found.spec.repositories})
    each = [(name, states.get(name, _UNKNOWN)) for name in names]
    # rules of its repositories and of its skills may name more than stand there; those that can be used are left out first
    first = sorted(each, key=lambda one: one[1].usable == "True")[:MOST_CONNECTIONS]
    told = [
        ConnectionStatus(name=name, usable=state.usable, reason=state.reason, message=state.message[:_MOST_LINE])
        for name, state in sorted(first, key=itemgetter(0))
    ]
    unusable = ", ".join(f"{name}: {state.reason}" for name, state in each if state.usable == "False")
    return Told(tuple(told), unusable[:_MOST_LINE])
