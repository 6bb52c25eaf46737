"""A database server with the template that gateways are given copies of."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import in_database
from tests.support.postgres import execute, running_postgres


@contextmanager
def running_migrated() -> Iterator[str]:
    """Run a server whose database `openclaw_template` is made anew and migrated; yield its DSN."""
    with running_postgres() as dsn:
        asyncio.run(execute(dsn, "DROP DATABASE IF EXISTS openclaw_template", "CREATE DATABASE openclaw_template"))
        # a process of its own, as in the product
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, in_database(dsn, "openclaw_template")], check=True)
        yield dsn
