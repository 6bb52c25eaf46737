"""Which headers pass the proxy: those that are listed, and no other. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from multidict import CIMultiDict

from agent_contract.providers import Api
from agent_gateway.models.redact import redact

USER_AGENT: Final = "openclaw-dispatcher"
ANTHROPIC_VERSION: Final = "2023-06-01"
BETAS: Final = frozenset(
    {
        "fine-grained-tool-streaming-2025-05-14", "interleaved-thinking-2025-05-14", "inline-tools-2026-09-15",
        "mid-conversation-output-config-2026-07-01", "thinking-binding-controls-2026-08-01",
    }
)  # fmt: skip
"""What Anthropic has not released that pi asks for: how an answer is written and thought about, nothing dearer."""
_VERSION: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_ANSWERED: Final = ("Retry-After", "X-Request-Id", "Request-Id")
_LONGEST: Final = 128
_TYPES: Final = frozenset({"text/event-stream", "application/json"})


def build_request_headers(headers: Mapping[str, str], key: str, api: Api, *, stream: bool) -> CIMultiDict[str]:
    """Return the headers for the provider, with the real key in the one that its API reads."""
    kept: CIMultiDict[str] = CIMultiDict()
    kept["Content-Type"] = "application/json"
    kept["Accept"] = "text/event-stream" if stream else "application/json"
    kept["User-Agent"] = USER_AGENT
    # a compressed answer could not be metered, nor shown before a whole block of it is there
    kept["Accept-Encoding"] = "identity"
    match api:
        case "anthropic-messages":
            kept["x-api-key"] = key
            version = headers.get("anthropic-version", "")
            kept["anthropic-version"] = version if _VERSION.fullmatch(version) else ANTHROPIC_VERSION
            betas = [name.strip() for name in headers.get("anthropic-beta", "").split(",")]
            if asked := ",".join(name for name in betas if name in BETAS):
                kept["anthropic-beta"] = asked
        case "google-generative-ai":
            kept["x-goog-api-key"] = key
        case _:
            kept["Authorization"] = f"Bearer {key}"
    return kept


def build_response_headers(headers: Mapping[str, str], key: str) -> CIMultiDict[str]:
    """Return what the pod gets to see of the provider's headers."""
    kept: CIMultiDict[str] = CIMultiDict()
    for name in _ANSWERED:
        value = headers.get(name)
        if value is not None and value.isascii() and value.isprintable():
            kept[name] = redact(value, key)[:_LONGEST]
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    kept["Content-Type"] = kind if kind in _TYPES else "application/octet-stream"
    return kept
