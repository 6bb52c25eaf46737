"""Puts the parts together by which pods reach repositories."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from agent_gateway.connections.broker import Broker
from agent_gateway.connections.pushed import Pushed
from agent_gateway.connections.receiving import Receiver
from agent_gateway.connections.rights import ClassReader, Rights
from agent_gateway.connections.settings import read_connections
from agent_gateway.connections.states import Classes, ConnectionStates
from agent_gateway.connections.upstream import Upstream
from agent_gateway.decisions.pushes import PushApprovals
from agent_gateway.effects import WakePush
from agent_gateway.mirrors.mirror import Mirror
from agent_gateway.mirrors.shelf import Shelf
from agent_gateway.store import Store


def build_broker(file: Path | None, store: Store, classes: ClassReader, shelf: Shelf | None = None) -> Broker:
    """Build the way to repositories.

    Args:
        file: The connections, as the chart writes them.
        store: Who started whom, and what people are asked.
        classes: What agents may do, and who decides.
        shelf: Where large repositories are kept warm; None where they are not.

    Raises:
        BadConnections: the file cannot be used.
    """
    upstream = Upstream()
    connections = read_connections(file, upstream.get_session)
    mirror = Mirror(upstream, shelf) if shelf is not None else None
    receiver = Receiver(upstream, PushApprovals(store, classes), Pushed(store))
    return Broker(connections, Rights(store, classes), receiver, upstream, mirror)


def build_states(
    store: Store, broker: Broker, classes: Classes, admins: Collection[int], check: Callable[[], None]
) -> ConnectionStates:
    """Build what looks whether connections can be used, and lets a push that waits go on when it is decided."""
    store.events.on(WakePush, broker.wake)
    return ConnectionStates(store, broker.connections, broker.build_prober(), classes, admins, check)
