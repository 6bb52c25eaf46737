"""What the gateway counts, besides what the model proxy counts itself."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

UPDATES = Counter("openclaw_updates", "Updates taken from the inbox, by what they were.", ["kind"])
WEBHOOK_UPDATES = Counter(
    "openclaw_webhook_updates", "Updates that Telegram brought, by what became of them.", ["outcome"]
)
HOOK_EVENTS = Counter(
    "openclaw_hook_events", "Events that were brought to hooks, by hook and what became of them.", ["hook", "outcome"]
)
HOOK_TURNS = Counter(
    "openclaw_hook_turns", "Events that hooks took, by what became of their turns.", ["hook", "outcome"]
)
CONSOLE_CALLS = Counter(
    "openclaw_console_calls", "Calls of `kubectl openclaw`, by what for and what became of them.", ["action", "outcome"]
)
TURNS = Counter("openclaw_turns", "Turns that ended, by how.", ["state", "reason"])
RUNS = Counter("openclaw_runs", "Runs that ended, by why.", ["reason"])
SUBAGENTS = Counter("openclaw_subagents", "Sub-agents that ended, by how.", ["phase"])
FIRST_TEXT = Histogram(
    "openclaw_first_text_seconds",
    "From a message taken to the first text of its answer, waiting and pod start included; of one that waited for the "
    "turn before it, from that one's end.",
    buckets=(0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300),
)
SCHEDULED = Counter("openclaw_schedule_times", "Due times of schedules, by what became of them.", ["outcome"])
SCHEDULE_LATENESS = Histogram(
    "openclaw_schedule_lateness_seconds",
    "From the time at which a schedule was due to its turn being queued.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
OUTBOX_PENDING = Gauge("openclaw_outbox_pending", "Answers that are not yet in the chat.")
OUTBOX_AGE = Gauge("openclaw_outbox_age_seconds", "Age of the oldest answer that is not yet in the chat.")
LOST = Counter("openclaw_messages_lost", "Messages that never came into their chat, by what they were.", ["kind"])
for _kind in ("final", "reply", "notice"):  # known from the start, so that the first one counts as an increase
    LOST.labels(_kind)
UNKNOWN = Counter(
    "openclaw_sends_unknown", "Sends of which Telegram confirmed nothing; each is sent again once it answers."
)
RENDERINGS_FAILED = Counter(
    "openclaw_renderings_failed", "Texts that went out plain, as formatting them took too much or failed.", ["renderer"]
)
LOOP_FAILURES = Counter(
    "openclaw_loop_failures", "Failures of the gateway's loops, each begun again, by loop.", ["loop"]
)
THREADS_SET_ASIDE = Counter(
    "openclaw_threads_set_aside", "Looks at threads that the database refused something of, for good."
)
RUNS_OPEN = Gauge("openclaw_runs_open", "Runs that are wanted or live.")
RUNNERS_CONNECTED = Gauge("openclaw_runners_connected", "Runners that are connected.")
WARM_CONNECTED = Gauge(
    "openclaw_warm_pods_connected",
    "Pods of warm pools that are connected and wait for a conversation, by class.",
    ["agent_class"],
)
CLAIMS = Counter(
    "openclaw_claims",
    "Runs of conversations whose class has a warm pool, by how they began: claimed, or cold and why "
    "(empty, closed, last_refused, tool_servers, lost, used).",
    ["result"],
)
CLAIM_SECONDS = Histogram(
    "openclaw_claim_seconds",
    "From the decision to begin a run to its turn sent to a pod of the warm pool.",
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.13, 0.2, 0.3, 0.5, 1, 3),
)
LEADING = Gauge("openclaw_leading", "1 while this gateway leads.")
LIMITS = Counter(
    "openclaw_limit_refusals", "What was refused because a limit was reached, by the limit's name.", ["limit"]
)
RETENTION_REMOVED = Counter("openclaw_retention_removed", "What the rules of classes let go, by what it was.", ["what"])
DATABASE_USED = Gauge("openclaw_database_used_bytes", "Bytes of the database that are in use or reserved.")
DATABASE_QUOTA = Gauge(
    "openclaw_database_quota_bytes", "Bytes of the database that may be in use; 0 where nobody said."
)
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CONNECTION_WAIT = Histogram(
    "openclaw_database_wait_seconds", "How long a query or transaction waited for its connection.", buckets=_FAST
)
CONNECTION_HELD = Histogram(
    "openclaw_database_held_seconds",
    "How long a query or transaction held its connection: what the database took, and what we did meanwhile.",
    buckets=_FAST,
)
TRACE_SPANS = Counter(
    "openclaw_trace_spans",
    "Spans of traces, by what became of them: exported, failed (the collector did not take them), full "
    "(too many waited), broken.",
    ["result"],
)


def count_spans(result: str, spans: int) -> None:
    """Count what became of spans of traces."""
    TRACE_SPANS.labels(result).inc(spans)
