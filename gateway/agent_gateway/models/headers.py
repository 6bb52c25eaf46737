"""Which headers pass the proxy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from multidict import CIMultiDict

HOP_BY_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_FROM_POD: Final = HOP_BY_HOP | {
    "accept-encoding", "api-key", "authorization", "content-length", "cookie", "expect", "forwarded", "host",
    "origin", "referer", "via", "x-api-key", "x-goog-api-key", "x-real-ip",
}  # fmt: skip
_FROM_PROVIDER: Final = HOP_BY_HOP | {"alt-svc", "location", "server", "set-cookie", "strict-transport-security", "via"}


def build_request_headers(headers: Mapping[str, str], key: str, *, anthropic: bool) -> CIMultiDict[str]:
    """Return the headers for the provider: the pod's without its token, and with the real key."""
    named = _named_by_connection(headers)
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        lowered = name.lower()
        if lowered not in _FROM_POD and lowered not in named and not lowered.startswith("x-forwarded-"):
            kept.add(name, value)
    # A compressed answer could not be metered, nor shown before a whole block of it is there.
    kept["Accept-Encoding"] = "identity"
    kept["Authorization"] = f"Bearer {key}"
    if anthropic:
        kept["x-api-key"] = key
    if "Content-Length" in headers:
        kept["Content-Length"] = headers["Content-Length"]
    return kept


def build_response_headers(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return what the pod gets to see of the provider's headers."""
    named = _named_by_connection(headers)
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        lowered = name.lower()
        if lowered not in _FROM_PROVIDER and lowered not in named:
            kept.add(name, value)
    return kept


def _named_by_connection(headers: Mapping[str, str]) -> set[str]:
    return {name.strip().lower() for name in headers.get("Connection", "").split(",")}
