"""What model calls used."""

from __future__ import annotations

from agent_gateway.store.session import Room


class UsageQueries(Room):
    """Usage of models."""

    async def add(
        self,
        thread_id: int,
        run: int,
        turn_id: int | None,
        provider: str,
        model: str,
        input: int,  # noqa: A002  # the column's name, as providers call it
        output: int,
        cached: int,
        status: int,
        milliseconds: int,
    ) -> None:
        """Record one model call: tokens, the provider's HTTP status, and how long it took."""
        await self._session.execute(
            "add_usage", thread_id, run, turn_id, provider, model, input, output, cached, status, milliseconds
        )

    async def context_used(self, thread_id: int) -> int | None:
        """Return the tokens that the model was given in its last call; None before any."""
        found = await self._session.value("context_used", thread_id)
        return None if found is None else int(found)
