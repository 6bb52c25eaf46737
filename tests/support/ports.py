"""Ports for servers that a test starts later, perhaps in a process that takes seconds to begin."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST = 21_000
_WORKERS = 10
_EACH = 800


def _begin() -> int:
    """Return the first port of this worker; who runs without workers has the last part."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    return _FIRST + _EACH * (int(number) % (_WORKERS - 1) if number.isdecimal() else _WORKERS - 1)


_ours = itertools.cycle(range(_begin(), _begin() + _EACH))
_skipped = [next(_ours) for _ in range(os.getpid() % _EACH)]  # another run's worker of the same number begins elsewhere


def free_port() -> int:
    """Return a port of the loopback that nobody has, and that nobody gets by chance before its server is there.

    The system gives ports of its own choice, to servers and to whoever connects, from a range above these; other workers
    have others; and this process does not give one again for long.

    Raises:
        OSError: none is free.
    """
    for _ in range(_EACH):
        port = next(_ours)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError("no port is free")
