"""A real Postgres for tests: Debian's, started on a free port, or the one that TEST_DATABASE_URL names."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from dev.shell import apt_install
from tests.support.eventually import LONG, eventually
from tests.support.ports import free_port

_BIN = Path("/usr/lib/postgresql/15/bin")


def install_postgres() -> None:
    """Install the server, unless it is there or TEST_DATABASE_URL names one."""
    if not os.environ.get("TEST_DATABASE_URL"):
        apt_install({str(_BIN / "postgres"): "postgresql"})


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the DSN of a server whose user may create databases."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    install_postgres()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _server_user()
    try:
        shutil.chown(folder, user)
        folder.chmod(0o755)
        data, port = folder / "data", free_port()
        _as(
            user,
            _BIN / "initdb",
            "-D",
            data,
            "-U",
            "test",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        options = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]
        command = [
            str(_BIN / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1",
            *options,
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, user=user, start_new_session=True)
        try:
            _wait_for(port, process, folder / "log")
            yield f"postgresql://test@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def execute(dsn: str, *statements: str) -> None:
    """Execute statements about databases; one whose sessions end later than the server waits for is tried again."""
    connection = await asyncpg.connect(dsn)

    async def is_done(statement: str) -> bool:
        try:
            await connection.execute(statement)
        except asyncpg.ObjectInUseError:
            return False
        return True

    try:
        for statement in statements:
            await eventually(lambda statement=statement: is_done(statement), timeout=LONG, interval=0.5)
    finally:
        await connection.close()


def _server_user() -> str:
    """Postgres refuses to run as root; Debian's package brings a user for it."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _as(user: str, *command: object) -> None:
    subprocess.run([str(c) for c in command], check=True, capture_output=True, user=user if os.geteuid() == 0 else None)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        done = subprocess.run([_BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False)
        if done.returncode == 0:
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Postgres does not start:\n{log.read_text()[-1000:]}")
        time.sleep(0.05)
