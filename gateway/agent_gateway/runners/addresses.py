"""Addresses of the other side, each in its one form."""

from __future__ import annotations

import asyncio
import ipaddress


def read_address(transport: asyncio.BaseTransport) -> str:
    """Return the other side's address as the API server writes it; empty where it has none."""
    peer = transport.get_extra_info("peername")
    return normalize(str(peer[0])) if isinstance(peer, tuple) and peer else ""


def normalize(address: str) -> str:
    """Return an IP address in its one form; an IPv4 address that an IPv6 socket shows is itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found)
