"""What is counted of the gateway's calls to the API server: by verb, resource and outcome. No name of an object."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Histogram

CALLS: Final = Counter(
    "openclaw_kube_calls", "Calls to the API server, by verb, resource and outcome.", ["verb", "resource", "outcome"]
)
CALL_SECONDS: Final = Histogram(
    "openclaw_kube_call_seconds",
    "What a call to the API server took; of a watch, until it had begun.",
    ["verb"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)


def count_call(verb: str, resource: str, outcome: str, seconds: float) -> None:
    """Count a call that has ended; both names are of our own paths, of which there are a handful."""
    CALLS.labels(verb, resource, outcome).inc()
    CALL_SECONDS.labels(verb).observe(seconds)
