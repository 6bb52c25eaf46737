"""Where people may link accounts: connections whose forge has a client of ours, as the gateway's settings name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from agent_gateway.connections.settings import BadConnections, ConnectionSettings, find_host, read_settings

_LONGEST: Final = 51
"""Characters of a connection's name: it stands in a button's data."""


@dataclass(frozen=True, slots=True)
class Linkable:
    """A forge at which people may link accounts.

    Attributes:
        name: The connection's.
        forge: What answers there.
        url: Its address, without a slash at its end.
        api: Its API's.
        client_id: Ours there: a GitHub App's, an OAuth App's, a GitLab application's.
        scopes: What is asked for.
    """

    name: str
    forge: Literal["github", "gitlab"]
    url: str
    api: str
    client_id: str
    scopes: str

    @property
    def host(self) -> str:
        """Return the host as people know it."""
        return find_host(self.url)


def read_linkable(file: Path | None) -> Mapping[str, Linkable]:
    """Return where people may link accounts, by the connection's name; none without a file.

    Args:
        file: The connections, as the chart writes them.

    Raises:
        BadConnections: one cannot be used.
    """
    return {
        one.name: _build(one, one.client_id)
        for one in read_settings(file, "git", ConnectionSettings)
        if one.client_id is not None
    }


def read_unlinkable(file: Path | None) -> tuple[str, ...]:
    """Return the hosts of connections whose forge has no way to link an account by a code.

    Args:
        file: The connections, as the chart writes them.

    Raises:
        BadConnections: one cannot be used.
    """
    return tuple(
        find_host(one.address) for one in read_settings(file, "git", ConnectionSettings) if one.forge == "gitea"
    )


def _build(one: ConnectionSettings, client_id: str) -> Linkable:
    if len(one.name) > _LONGEST:
        raise BadConnections(f"The name of connection {one.name[:_LONGEST]}… is too long for accounts.")
    if one.forge == "github":
        return Linkable(one.name, "github", one.address, one.api, client_id, one.scopes or "")
    if one.forge == "gitlab":
        scopes = one.scopes if one.scopes is not None else "api"
        return Linkable(one.name, "gitlab", one.address, one.api, client_id, scopes)
    raise BadConnections(f"Connection {one.name} has a clientId, and {one.forge} no way to link accounts by a code.")
