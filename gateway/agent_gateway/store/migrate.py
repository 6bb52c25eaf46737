"""Bring the schema up to date: `python -m agent_gateway.store.migrate` with the DSN in DATABASE_URL.

A process of its own, so that the migration tool's memory is gone before the gateway serves. Two gateways that start
together take turns by a lock of the session, which ends with its holder. The tool's own lock is a row, which a killed
holder leaves behind for ever.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from yoyo import get_backend, read_migrations

MIGRATIONS = Path(__file__).parent / "migrations"
_CONNECT_SECONDS = 10


def migrate(dsn: str) -> int:
    """Apply what is missing; return how many were applied."""
    parts = urlsplit(dsn)
    migrations = read_migrations(str(MIGRATIONS))
    with psycopg.connect(dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS) as guard:
        guard.execute("SELECT pg_advisory_lock(hashtext('openclaw-migrate'))")
        backend = get_backend(urlunsplit(parts._replace(scheme="postgresql+psycopg")))
        backend.break_lock()  # while we hold the session's lock, a row can only be of somebody who was killed
        with backend.lock():
            missing = backend.to_apply(migrations)
            count = len(missing)
            backend.apply_migrations(missing)
    return count


if __name__ == "__main__":
    try:
        migrate(os.environ["DATABASE_URL"])
    except Exception as error:  # noqa: BLE001  # whatever it is, its class is all that may be said: texts hold the DSN
        sys.exit(f"The schema could not be brought up to date: {type(error).__name__}")
