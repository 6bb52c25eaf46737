"""How the store's connections are asked for."""

from __future__ import annotations

from agent_gateway.store import Store


async def test_what_a_session_has_made_ready_is_kept_through_pauses(monkeypatch):
    """The driver lets sessions go that rest for five minutes, and each statement five minutes after it was made ready."""
    asked = {}

    async def create_pool(_dsn, **settings):
        asked.update(settings)

    monkeypatch.setattr("agent_gateway.store.database.asyncpg.create_pool", create_pool)
    await Store.open("postgresql://openclaw@localhost/openclaw", 1)
    assert (asked["max_inactive_connection_lifetime"], asked["max_cached_statement_lifetime"]) == (0, 0)
