"""Take the API server away from one pod: rules in the network namespace of that pod alone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

_TABLE = "chaos"
_SECONDS = 20.0
"""For each program that is run."""


@dataclass(frozen=True, slots=True)
class Server:
    """The API server as pods see it."""

    address: str
    port: int


@contextlib.contextmanager
def opened_namespace(pid: int) -> Iterator[int]:
    """Hold a process' network namespace open, so that its rules can be removed after the process has ended."""
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def hang(namespace: int, server: Server, seconds: float) -> None:
    """Drop all that goes to and comes from the API server."""
    _with_rules(namespace, _build_rules(server, "drop"), seconds)


def refuse(namespace: int, server: Server, seconds: float) -> None:
    """Answer all that goes to the API server with a reset."""
    _with_rules(namespace, _build_rules(server, "reject with tcp reset"), seconds)


def end_connections(namespace: int, server: Server) -> None:
    """End the connections with the API server that stand."""
    _enter(namespace, "ss", "-K", "dst", server.address, "dport", "=", str(server.port))


def _build_rules(server: Server, verdict: str) -> str:
    incoming = "drop" if verdict == "drop" else "accept"
    return (
        f"table ip {_TABLE} {{\n"
        f"  chain out {{ type filter hook output priority 0; "
        f"ip daddr {server.address} tcp dport {server.port} {verdict}; }}\n"
        f"  chain in {{ type filter hook input priority 0; "
        f"ip saddr {server.address} tcp sport {server.port} {incoming}; }}\n"
        "}\n"
    )


def _with_rules(namespace: int, rules: str, seconds: float) -> None:
    _enter(namespace, "nft", "-f", "-", stdin=rules)
    try:
        time.sleep(seconds)
    finally:
        _enter(namespace, "nft", "delete", "table", "ip", _TABLE)


def _enter(namespace: int, *command: str, stdin: str | None = None) -> None:
    subprocess.run(
        ["nsenter", f"--net=/proc/self/fd/{namespace}", *command],
        pass_fds=(namespace,), input=stdin, text=True, capture_output=True, timeout=_SECONDS, check=True,
    )  # fmt: skip


def read_server(kubectl_get_service: str) -> Server:
    """Read the Service `kubernetes` as `<address> <port>`."""
    address, port = kubectl_get_service.split()
    return Server(address, int(port))
