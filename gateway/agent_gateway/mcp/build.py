"""Puts the parts together by which pods reach tool servers."""

from __future__ import annotations

from pathlib import Path

from agent_gateway.apis.settings import read_apis
from agent_gateway.connections.rights import ClassReader, Rights
from agent_gateway.mcp.broker import McpBroker
from agent_gateway.mcp.upstream import McpUpstream
from agent_gateway.store import Store


def build_servers(file: Path | None, store: Store, classes: ClassReader) -> McpBroker:
    """Build the way to tool servers: any connection of kind http may be one.

    Args:
        file: The connections, as the chart writes them.
        store: Who started whom.
        classes: What agents may do.

    Raises:
        BadConnections: the file cannot be used.
    """
    return McpBroker(read_apis(file), Rights(store, classes), McpUpstream())
