"""A database that is backed up and put back by the commands of the how-to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from tests.conftest import BOT_ID, in_database
from tests.support.eventually import eventually

_BIN = Path("/usr/lib/postgresql/15/bin")


class Backup:
    """One database, its dump, and the stores that were opened on it."""

    def __init__(self, dsn: str, file: Path) -> None:
        self._dsn, self._file = dsn, file
        self._name = urlsplit(dsn).path.removeprefix("/")
        self._stores: list[Store] = []

    async def lead(self) -> Store:
        """Open a store that leads; as a gateway that starts does it, but for what follows a restore."""
        store = await Store.open(self._dsn, BOT_ID)
        self._stores.append(store)
        await take_over(store, "tg")
        return store

    async def make(self) -> None:
        """Back up."""
        await _run("pg_dump", "-Fc", "-f", self._file, self._dsn)

    async def put_back(self) -> None:
        """Put the database back, with nobody connected."""
        await self.close()
        server = in_database(self._dsn, "postgres")
        await _run("dropdb", "--force", f"--maintenance-db={server}", self._name)
        await _run("createdb", f"--maintenance-db={server}", self._name)
        await _run("pg_restore", "--exit-on-error", "--no-owner", "-d", self._dsn, self._file)

    async def put_back_under_the_feet(self) -> None:
        """Put the tables back while gateways are connected, as nobody should."""
        await _run("pg_restore", "--clean", "--if-exists", "--single-transaction", "-d", self._dsn, self._file)

    async def close(self) -> None:
        """Close the stores."""
        for store in self._stores:
            await store.close()
        self._stores.clear()


async def _run(program: str, *arguments: object) -> None:
    command = [str(_BIN / program), *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, words = await process.communicate()
    assert process.returncode == 0, words.decode()


async def begin(desk, store, text="begin", run=1):
    """Say something and let a runner take it up."""
    await desk.say(text)
    thread = await desk.run_wanted("tg-42", run)
    runner = await desk.connect(thread, run, f"pod-{run}")
    await eventually(lambda: runner.turns)
    await store.turns.started(runner.turns[0].id, run, 1)
    return thread, runner
