"""What the operator counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

RECONCILES = Counter("openclaw_operator_reconciles", "Looks at a thread.")
STATUS_WRITES = Counter("openclaw_operator_status_writes", "Status writes of AgentThreads.")
QUEUE_LENGTH = Gauge("openclaw_operator_queue_length", "Threads that wait to be looked at.")
SWEPT = Gauge("openclaw_operator_last_sweep_timestamp_seconds", "When the last sweep ended.")
THREADS = Gauge("openclaw_operator_threads", "AgentThreads by phase.", ["phase"])
