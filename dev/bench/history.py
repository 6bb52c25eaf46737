"""A database as large as a year makes it, for the plans of queries and for how long they take."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg

BOT_ID: Final = 1000000001
_SQL: Final = Path(__file__).with_suffix(".sql")
_BUILD_SECONDS: Final = 300.0


async def build_history(dsn: str) -> None:
    """Fill an empty, migrated database with 400 000 turns and what belongs to them; takes most of a minute."""
    connection = await asyncpg.connect(dsn, command_timeout=_BUILD_SECONDS)
    try:
        # references are right by construction; to check each would double the time. Only a superuser may say so.
        await connection.execute(
            "SELECT set_config('session_replication_role', 'replica', false) FROM pg_roles "
            "WHERE rolname = current_user AND rolsuper"
        )
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
        await connection.execute(_SQL.read_text().replace("$BOT", str(BOT_ID)))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
