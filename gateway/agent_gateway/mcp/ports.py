"""What the way to tool servers works with, as narrow as it is used."""

from __future__ import annotations

from typing import Protocol

from agent_gateway.mcp.rules import Levels
from agent_gateway.runners.identity import Identity


class Key(Protocol):
    """The key of a server."""

    def build_header(self) -> dict[str, str]:
        """Return the header that bears it.

        Raises:
            NoCredential: there is none.
        """

    def list_secrets(self) -> tuple[bytes, ...]:
        """Return what no answer may hold.

        Raises:
            NoCredential: there is none.
        """


class Server(Protocol):
    """A connection to a server."""

    @property
    def name(self) -> str:
        """Return the connection's name."""

    @property
    def url(self) -> str:
        """Return the server's address."""

    @property
    def key(self) -> Key | None:
        """Return its key."""


class Rights(Protocol):
    """Knows what each pod may do."""

    async def read_servers(self, identity: Identity) -> Levels:
        """Return the servers of a pod's agent, then those of each agent above it, as they stand now.

        Raises:
            ClassUnknown: they cannot be read now.
        """
