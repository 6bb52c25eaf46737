"""Bring the schema up to date: `python -m agent_gateway.store.migrate` with the DSN in DATABASE_URL.

A process of its own, so that the migration tool's memory is gone before the gateway serves; `store.schema` runs it. It
ends with its parent, whose end of its standard input it watches. Two gateways that start together take turns by a lock of
the session, which ends with its holder. The tool's own lock is a row, which a killed holder leaves behind for ever.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo
from yoyo import get_backend, read_migrations

from agent_gateway.store.dsn import BadDsn, Dsn, read_dsn
from agent_gateway.store.states import DISK_FULL, READ_ONLY

MIGRATIONS = Path(__file__).parent / "migrations"
WORDS: Final = "schema: "
"""Begins each line that may be shown to people."""
HOLD_SECONDS: Final = 1200
"""Longer than a migration may take: a session that keeps the lock for so long is of a gateway that is lost."""
_CONNECT_SECONDS = 10
_POLL_SECONDS = 0.5
_SESSION_OPTIONS = {
    "lock_timeout": "10s",  # a table that others use is asked for again, and they do not queue behind us
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_END_LOST_HOLDER = """
SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtext('openclaw-migrate')::bigint
  AND a.pid <> pg_backend_pid() AND a.state_change < now() - make_interval(secs => %s)
"""


WITH_PARENT = "--with-parent"


def migrate(dsn: str, tell: Callable[[str], None] = lambda _words: None) -> int:
    """Apply what is missing; return how many were applied.

    Args:
        dsn: Of the database.
        tell: Told how it goes, in words for people.

    Raises:
        BadDsn: it cannot be used.
    """
    read = read_dsn(dsn)
    options = " ".join(
        [*(f"-c {name}={value}" for name, value in _SESSION_OPTIONS.items()), read.keywords.get("options", "")]
    )
    read = Dsn(read.url, {**read.keywords, "options": options.strip()})
    migrations = read_migrations(str(MIGRATIONS))
    with psycopg.connect(
        make_conninfo("", **read.keywords), autocommit=True, connect_timeout=_CONNECT_SECONDS
    ) as guard:
        _wait_for_turn(guard, tell)
        backend = get_backend(read.tool_url)
        backend.break_lock()  # while we hold the session's lock, a row can only be of somebody who was killed
        with backend.lock():
            missing = list(backend.to_apply(migrations))
            for number, migration in enumerate(missing, start=1):
                tell(f"The schema is brought up to date: {number} of {len(missing)}.")
                backend.apply_one(migration)
    return len(missing)


def _wait_for_turn(guard: Any, tell: Callable[[str], None]) -> None:
    waits = False
    while not guard.execute("SELECT pg_try_advisory_lock(hashtext('openclaw-migrate'))").fetchone()[0]:
        if not waits:
            tell("Another gateway brings the schema up to date.")
            waits = True
        guard.execute(_END_LOST_HOLDER, (HOLD_SECONDS,))
        time.sleep(_POLL_SECONDS)


def _end_with_parent() -> None:
    """End when the other end of standard input is gone: whoever asks for this holds it open as long as they live."""

    def wait() -> None:
        while os.read(0, 1024):  # not by sys.stdin, whose lock would stop the end of the interpreter
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _say(words: str) -> None:
    sys.stdout.write(f"{WORDS}{words}\n")
    sys.stdout.flush()


def main() -> int:
    """Run as a process of the gateway's; returns the exit code."""
    if WITH_PARENT in sys.argv:
        _end_with_parent()
    os.environ.setdefault("LOGNAME", "openclaw")  # the tool notes who; a user that the platform chose has no name
    os.environ.setdefault("PGAPPNAME", "openclaw-gateway-schema")
    try:
        migrate(os.environ["DATABASE_URL"], _say)
    except BadDsn as error:
        _say(str(error))
        return 1
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.DiskFull) as error:
        _say(f"{READ_ONLY if isinstance(error, psycopg.errors.ReadOnlySqlTransaction) else DISK_FULL}.")
        return 1
    except psycopg.errors.LockNotAvailable:
        _say("The schema could not be brought up to date yet: others use a table that is to be changed.")
        return 1
    except Exception as error:  # noqa: BLE001  # whatever it is, its class is all that may be said: texts hold the DSN
        _say(f"The schema could not be brought up to date: {type(error).__name__}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
