"""What is counted of model calls."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("openclaw_llm_requests", "Model calls, by provider and HTTP status.", ["provider", "status"])
TOKENS = Counter(
    "openclaw_llm_tokens", "Tokens, by provider and kind (input, output, cached, written).", ["provider", "kind"]
)
FIRST_BYTE = Histogram(
    "openclaw_llm_first_byte_seconds",
    "From a model call's arrival to the provider's first byte.",
    ["provider"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
)
CALL_SECONDS = Histogram(
    "openclaw_llm_call_seconds",
    "From a model call's arrival to its end.",
    ["provider"],
    buckets=(0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 300, 600),
)
WAITING = Gauge(
    "openclaw_llm_waiting", "Model calls that wait for their turn, by the limit that holds them.", ["limit"]
)
SPENT = Counter(
    "openclaw_llm_spent_dollars", "Money that model calls cost, as it was settled.", ["provider", "model", "class"]
)
SETTLED = Counter(
    "openclaw_llm_settled_tokens", "Tokens that were settled; estimated: the provider did not tell them.",
    ["provider", "model", "class", "estimated"],
)  # fmt: skip
MOST_LABELS: Final = 200
"""Pairs of model and class that are told apart; what comes after is counted as `other`."""
_OTHER: Final = "other"
_known: set[tuple[str, str, str]] = set()


def count_spent(provider: str, model: str, class_name: str, cost: int, tokens: int, *, estimated: bool) -> None:
    """Count a call that was settled.

    Args:
        provider: Its name in the settings.
        model: As it has a price; empty for one without.
        class_name: The class of the thread that called.
        cost: Micro-dollars.
        tokens: Input and output.
        estimated: The provider did not tell them.
    """
    labels = (provider, model or _OTHER, class_name)
    if labels not in _known and len(_known) >= MOST_LABELS:
        labels = (provider, _OTHER, _OTHER)
    _known.add(labels)
    SPENT.labels(*labels).inc(cost / 1_000_000)
    SETTLED.labels(*labels, "true" if estimated else "false").inc(tokens)
