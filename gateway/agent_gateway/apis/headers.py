"""Which headers pass, either way: a list of what means something to a client, and no other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from multidict import CIMultiDict

from agent_gateway.apis.settings import Api

MAX_VALUE: Final = 4096
"""Characters of a value."""
_SENT: Final = frozenset({
    "accept", "accept-language", "content-type", "content-range", "if-match", "if-modified-since", "if-none-match",
    "if-unmodified-since", "last-event-id", "mcp-protocol-version", "mcp-session-id", "prefer", "range", "user-agent",
})  # fmt: skip
_ANSWERED: Final = frozenset({
    "accept-ranges", "cache-control", "content-disposition", "content-encoding", "content-language", "content-range", "content-type",
    "docker-content-digest", "docker-distribution-api-version", "docker-upload-uuid", "etag", "expires", "last-modified",
    "mcp-session-id", "oci-subject", "range", "ratelimit", "ratelimit-limit", "ratelimit-policy", "ratelimit-remaining",
    "ratelimit-reset", "retry-after", "warning", "x-content-type-options", "x-next-page", "x-page", "x-per-page",
    "x-pypi-last-serial", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-total", "x-total-pages",
})  # fmt: skip
_NEVER: Final = frozenset({
    "authorization", "connection", "content-length", "cookie", "expect", "forwarded", "host", "keep-alive",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade",
    "www-authenticate",
})  # fmt: skip
"""No connection's own list lets these pass."""


def build_request_headers(headers: Mapping[str, str], api: Api) -> CIMultiDict[str]:
    """Return what goes on of a pod's headers. Answers come unpacked, as they are looked through."""
    own = {api.key.header.lower()} if api.key is not None and api.key.header else set()
    allowed = (_SENT | api.request_headers) - _NEVER - own
    kept = _keep(headers, allowed)
    kept["Accept-Encoding"] = "identity"
    kept.setdefault("User-Agent", "openclaw-gateway")
    return kept


def build_answer_headers(headers: Mapping[str, str], api: Api) -> CIMultiDict[str]:
    """Return what comes back of a service's headers; where they lead is mended apart."""
    return _keep(headers, (_ANSWERED | api.response_headers) - _NEVER - {"location", "link"})


def _keep(headers: Mapping[str, str], allowed: frozenset[str] | set[str]) -> CIMultiDict[str]:
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.lower() in allowed and len(value) <= MAX_VALUE and value.isprintable():
            kept.add(name, value)
    return kept
