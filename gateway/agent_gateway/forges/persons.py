"""Whose key is used at a forge: the person's own, where they linked an account, else the connection's."""

from __future__ import annotations

from typing import Protocol

from agent_gateway.connections.settings import Connection


class PersonTokens(Protocol):
    """Knows which people linked an account."""

    async def find_person_token(self, person_id: int, connection: Connection) -> str | None:
        """Return a token that acts as a person at a connection's forge; None where they linked none."""

    async def reject_person_token(self, person_id: int, connection: Connection, token: str) -> None:
        """Take it that the forge did not accept a token."""


class NoPersonTokens:
    """Nobody linked an account."""

    async def find_person_token(self, person_id: int, connection: Connection) -> str | None:  # noqa: ARG002  # of whom ever
        """Return None."""
        return None

    async def reject_person_token(self, person_id: int, connection: Connection, token: str) -> None:
        """Do nothing: there is none."""
