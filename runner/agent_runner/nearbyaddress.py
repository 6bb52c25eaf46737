"""Where pi asks a gateway's tool servers; pure, and free of imports that take time.

Source: pi 1.6.0, its check of `auth` in mcp.json: https, or http on localhost, 127.0.0.1 or [::1].
"""

from __future__ import annotations

from typing import Final

HERE: Final = "127.0.0.1"
PORT: Final = 30_100
"""Beside those that names of services make (20000 to 29999)."""


def split_address(gateway: str) -> tuple[str, int] | None:
    """Return host and port of a gateway that pi shows no token to; None where it does."""
    scheme, _, rest = gateway.partition("://")
    named = rest.partition("/")[0]
    host, _, port = named.rpartition(":")
    if not port.isdecimal():  # of an IPv6 address, too
        host, port = named, "80"
    return None if scheme != "http" or host in ("localhost", HERE, "[::1]") else (host.strip("[]"), int(port))


def name_nearby(gateway: str) -> str:
    """Return the address by which pi asks a gateway's tool servers."""
    return gateway if split_address(gateway) is None else f"http://{HERE}:{PORT}{_find_path(gateway)}"


def _find_path(gateway: str) -> str:
    rest = gateway.partition("://")[2]
    return rest[rest.find("/") :].rstrip("/") if "/" in rest else ""
