"""What administrators are told of connections; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agent_gateway.wording import keys

_WHY: Final[Mapping[str, Callable[[str], str]]] = {
    "KeyRefused": keys.connection_key_refused,
    "KeyMissing": keys.connection_key_missing,
    "KeyLacksRights": keys.connection_key_lacks,
    "HostAway": keys.connection_host_away,
    "CertificateRefused": keys.connection_certificate,
    "NotInstalled": keys.connection_not_installed,
    "NotReached": keys.connection_not_reached,
}


def build_lost(language: str, name: str, reason: str) -> str:
    """Say that a connection cannot be used, and why."""
    why = _WHY.get(reason, keys.connection_other)(language)
    return keys.connection_lost(language, name=name, why=why)


def build_found(language: str, name: str) -> str:
    """Say that it can be used again."""
    return keys.connection_found(language, name=name)
