"""Puts the parts together by which pods reach package registries and other HTTP services."""

from __future__ import annotations

from pathlib import Path

from agent_gateway.apis.broker import ApiBroker
from agent_gateway.apis.settings import read_apis
from agent_gateway.apis.upstream import ApiUpstream
from agent_gateway.connections.rights import ClassReader, Rights
from agent_gateway.store import Store


def build_apis(file: Path | None, store: Store, classes: ClassReader) -> ApiBroker:
    """Build the way to HTTP services.

    Args:
        file: The connections, as the chart writes them.
        store: Who started whom.
        classes: What agents may do.

    Raises:
        BadConnections: the file cannot be used.
    """
    return ApiBroker(read_apis(file), Rights(store, classes), ApiUpstream())
