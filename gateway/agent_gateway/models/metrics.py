"""What is counted of model calls."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("openclaw_llm_requests", "Model calls, by provider and HTTP status.", ["provider", "status"])
TOKENS = Counter("openclaw_llm_tokens", "Tokens, by provider and kind (input, output, cached).", ["provider", "kind"])
FIRST_BYTE = Histogram(
    "openclaw_llm_first_byte_seconds",
    "From a model call's arrival to the provider's first byte.",
    ["provider"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
)
