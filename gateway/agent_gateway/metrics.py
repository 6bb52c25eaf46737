"""What the gateway counts, besides what the model proxy counts itself."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

UPDATES = Counter("openclaw_updates", "Updates taken from the inbox, by what they were.", ["kind"])
WEBHOOK_UPDATES = Counter(
    "openclaw_webhook_updates", "Updates that Telegram brought, by what became of them.", ["outcome"]
)
TURNS = Counter("openclaw_turns", "Turns that ended, by how.", ["state", "reason"])
RUNS = Counter("openclaw_runs", "Runs that ended, by why.", ["reason"])
SUBAGENTS = Counter("openclaw_subagents", "Sub-agents that ended, by how.", ["phase"])
FIRST_TEXT = Histogram(
    "openclaw_first_text_seconds",
    "From a message taken to the first text of its answer, waiting and pod start included.",
    buckets=(0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300),
)
OUTBOX_PENDING = Gauge("openclaw_outbox_pending", "Answers that are not yet in the chat.")
OUTBOX_AGE = Gauge("openclaw_outbox_age_seconds", "Age of the oldest answer that is not yet in the chat.")
LOOP_FAILURES = Counter(
    "openclaw_loop_failures", "Failures of the gateway's loops, each begun again, by loop.", ["loop"]
)
THREADS_SET_ASIDE = Counter(
    "openclaw_threads_set_aside", "Looks at threads that the database refused something of, for good."
)
RUNS_OPEN = Gauge("openclaw_runs_open", "Runs that are wanted or live.")
RUNNERS_CONNECTED = Gauge("openclaw_runners_connected", "Runners that are connected.")
LEADING = Gauge("openclaw_leading", "1 while this gateway leads.")
