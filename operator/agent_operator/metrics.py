"""What the operator counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RECONCILES = Counter("openclaw_operator_reconciles", "Reconciles of a thread or sub-agent.")
STATUS_WRITES = Counter("openclaw_operator_status_writes", "Status writes of AgentThreads and SubAgents.")
REQUESTS = Counter(
    "openclaw_operator_requests",
    "Calls to the API server, but for lists and watches.",
    ["method", "resource", "outcome"],
)
REQUEST_SECONDS = Histogram(
    "openclaw_operator_request_seconds",
    "What a call to the API server took, lists included; of a watch, until it had begun.",
    ["verb"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
WATCHES = Counter("openclaw_operator_watches", "Lists and watches of the API server.", ["verb", "resource", "outcome"])
CONTAINER_SECONDS = Histogram(
    "openclaw_operator_container_seconds",
    "From the Job of an agent's pod made to its container running: a node found, the image there, the container started. "
    "Pods of warm pools, which run before they are a conversation's, count for nothing.",
    buckets=(0.25, 0.5, 1, 2, 3, 5, 10, 20, 40, 80, 160, 300, 900),
)
PROBLEM = Gauge("openclaw_operator_problem", "1 while it could not work: what /readyz says in words.")
QUEUE_LENGTH = Gauge("openclaw_operator_queue_length", "Threads and sub-agents that wait in a queue.")
QUEUE_WAIT = Gauge("openclaw_operator_queue_wait_seconds", "How long the first of them has waited.")
CHECKED = Gauge("openclaw_operator_last_check_timestamp_seconds", "When the cache was last walked for what is due.")
THREADS = Gauge("openclaw_operator_threads", "AgentThreads by phase.", ["phase"])
POOL = Gauge("openclaw_operator_pool", "Pods of a class's warm pool by state.", ["agent_class", "state"])
POOL_MADE = Counter("openclaw_operator_pool_made", "Jobs made for a class's warm pool.", ["agent_class"])
POOL_DROPPED = Counter(
    "openclaw_operator_pool_dropped",
    "Jobs of a class's warm pool deleted unclaimed: surplus, changed, age or closed.",
    ["agent_class", "why"],
)
CLAIMS = Counter("openclaw_operator_claims", "Claims of pods of warm pools: taken or refused.", ["outcome"])
LEADING = Gauge("openclaw_operator_leading", "1 while this operator works, 0 while it stands by.")
TRACE_SPANS = Counter(
    "openclaw_operator_trace_spans",
    "Spans of traces, by what became of them: exported, failed (the collector did not take them), full "
    "(too many waited), broken.",
    ["result"],
)


def count_call(verb: str, resource: str, outcome: str, seconds: float) -> None:
    """Count a call of the API server; what is neither list nor watch is counted where it is made."""
    REQUEST_SECONDS.labels(verb).observe(seconds)
    if verb in {"LIST", "WATCH"}:
        WATCHES.labels(verb, resource, outcome).inc()


def count_spans(result: str, spans: int) -> None:
    """Count what became of spans of traces."""
    TRACE_SPANS.labels(result).inc(spans)
