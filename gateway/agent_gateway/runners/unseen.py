"""Views that show nothing."""

from __future__ import annotations

from collections.abc import Sequence

from agent_gateway.store.chatrows import TurnView
from agent_gateway.store.rows import Address, Turn


class _Unseen:
    """The views of a sub-agent: its words are seen in its report."""

    def open(self, turn: Turn, address: Address, reply_to: int | None, restored: TurnView | None) -> None:
        """Show nothing."""

    def update(self, turn_id: int, text: str, activity: str | None, tools: Sequence[str]) -> None:
        """Show nothing."""

    def typing(self, turn_id: int) -> None:
        """Show nothing."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:  # noqa: ARG002  # of the port
        """Nothing stands."""
        return ()


UNSEEN = _Unseen()
