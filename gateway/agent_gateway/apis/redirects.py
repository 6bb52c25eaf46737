"""Where an answer leads, and what is done about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from yarl import URL

from agent_gateway.apis.settings import Api

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MAX_HOPS: Final = 3
_PORTS: Final = {"http": 80, "https": 443}


def resolve(current: str, location: str) -> str | None:
    """Return the whole address that an answer of another leads to; None for one that cannot be read."""
    if len(location) > 8192 or not location.isascii() or not location.isprintable() or " " in location:
        return None
    try:
        found = URL(current, encoded=True).join(URL(location, encoded=True)).with_fragment(None)
        plain = found.scheme in _PORTS and found.host and found.user is None and found.password is None
    except ValueError:
        return None
    return str(found) if plain else None


def mend(url: str, apis: Iterable[Api]) -> str | None:
    """Return what a pod knows an address by; None for one that is at none of its services.

    Args:
        url: A whole address.
        apis: The pod's services.
    """
    for api in apis:
        rest = url.removeprefix(api.url)
        if rest != url and (not rest or rest[0] in "/?"):
            return api.inside + rest
    return None


def is_listed(url: str, api: Api) -> bool:
    """Say whether an address may be asked for a service, without its key: its host is listed, and it is no less safe."""
    found = URL(url, encoded=True)
    if found.scheme != "https" and not api.url.startswith("http://"):
        return False
    host = f"[{found.host}]" if found.host and ":" in found.host else found.host or ""
    usual = found.port == _PORTS[found.scheme]
    return (usual and host.lower() in api.hosts) or f"{host}:{found.port}".lower() in api.hosts


def is_same_origin(url: str, api: Api) -> bool:
    """Say whether an address is at the service's own scheme, host and port."""
    return URL(url, encoded=True).origin() == URL(api.origin, encoded=True).origin()
