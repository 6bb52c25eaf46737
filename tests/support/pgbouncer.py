"""PgBouncer, Debian's, before a Postgres of the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from dev.shell import apt_install
from tests.support.eventually import eventually_sync
from tests.support.ports import free_port

_PROGRAM = Path("/usr/sbin/pgbouncer")


@contextlib.contextmanager
def running_pgbouncer(dsn: str, mode: str, *, ignored: str = "") -> Iterator[str]:
    """Yield the DSN that leads through a pooler.

    Args:
        dsn: Of the database behind it.
        mode: session or transaction.
        ignored: Start-up parameters that it takes and drops.
    """
    apt_install({str(_PROGRAM): "pgbouncer"})
    behind = urlsplit(dsn)
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    folder.chmod(0o755)
    port = free_port()
    (folder / "users").write_text(f'"{behind.username}" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={behind.hostname} port={behind.port} user={behind.username}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
        f"auth_file = {folder}/users\npool_mode = {mode}\nignore_startup_parameters = {ignored}\n"
    )
    user = "postgres" if os.geteuid() == 0 else None
    process = subprocess.Popen(
        [_PROGRAM, folder / "pgbouncer.ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user
    )
    try:
        eventually_sync(lambda: _is_open(port))
        yield f"postgresql://{behind.username}@127.0.0.1:{port}{behind.path}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
