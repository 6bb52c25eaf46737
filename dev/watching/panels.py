"""What the dashboard shows, row by row: each panel asks one question, which is its title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dev.watching.exposed import Metric
from dev.watching.slos import ANSWERED, FIRST_TEXT, FIRST_TEXT_SECONDS

IN: Final = 'namespace=~"$namespace"'
"""What each series is chosen by."""
RATE: Final = "$__rate_interval"
_NAME: Final = re.compile(r"openclaw_[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Line:
    """An expression, and what its lines are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One question.

    Attributes:
        title: The question.
        lines: What answers it.
        unit: Of the values, as Grafana names it.
        kind: timeseries or stat.
        width: Of 24.
        bounds: Values from which a stat is yellow and red.
        exemplars: Points lead to their turns.
    """

    title: str
    lines: tuple[Line, ...]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    bounds: tuple[float, float] | None = None
    exemplars: bool = False


def rate(series: str, by: str, more: str = "") -> Line:
    """Return how often something happens a second, by labels."""
    chosen = f"{IN}, {more}" if more else IN
    names = [name.strip() for name in by.split(",")]
    legend = " ".join(f"{{{{{name}}}}}" for name in names)
    return Line(f"sum by ({by}) (rate({series}{{{chosen}}}[{RATE}]))", legend)


def quantile(q: float, series: str, by: str = "", more: str = "") -> Line:
    """Return a quantile of a histogram, by labels."""
    chosen = f"{IN}, {more}" if more else IN
    labels = f"{by}, le" if by else "le"
    legend = f"p{round(q * 100)}" + (f" {{{{{by}}}}}" if by else "")
    return Line(f"histogram_quantile({q}, sum by ({labels}) (rate({series}_bucket{{{chosen}}}[{RATE}])))", legend)


def gauge(series: str, by: str = "", more: str = "") -> Line:
    """Return the largest value of a gauge, by labels: what a standby does not know stands at nothing there."""
    chosen = f"{IN}, {more}" if more else IN
    legend = " ".join(f"{{{{{name.strip()}}}}}" for name in by.split(",")) if by else series.removeprefix("openclaw_")
    return Line(f"max by ({by}) ({series}{{{chosen}}})" if by else f"max({series}{{{chosen}}})", legend)


def build_rest(metrics: Iterable[Metric]) -> tuple[str, tuple[Panel, ...]]:
    """Return a row with a panel for each metric that no other row shows: a new one is seen before somebody asks about it."""
    shown = {
        name for _, panels in ROWS for panel in panels for line in panel.lines for name in _NAME.findall(line.expr)
    }
    return "Besides", tuple(_build_panel(one) for one in metrics if not shown & set(one.series))


def _build_panel(metric: Metric) -> Panel:
    by = ", ".join(metric.labels)
    match metric.kind:
        case "counter":
            return Panel(metric.words, (rate(metric.shown, by or "namespace"),), "ops")
        case "histogram":
            return Panel(metric.words, (quantile(0.5, metric.name), quantile(0.95, metric.name)), "s")
        case _:
            return Panel(metric.words, (gauge(metric.name, by),))


_WELL: Final = (
    Panel("Answers that failed, of what may (30 m)",
          (Line(f"max({ANSWERED.record('30m')}{{{IN}}}) / {ANSWERED.allowed}"),), "percentunit", "stat", 4, (0.5, 1)),
    Panel(f"First texts after {FIRST_TEXT_SECONDS} s, of what may (30 m)",
          (Line(f"max({FIRST_TEXT.record('30m')}{{{IN}}}) / {FIRST_TEXT.allowed}"),), "percentunit", "stat", 4, (0.5, 1)),
    Panel("Gateways that lead", (Line(f"sum(openclaw_leading{{{IN}}})"),), kind="stat", width=4),
    Panel("Operators that work", (Line(f"sum(openclaw_operator_leading{{{IN}}})"),), kind="stat", width=4),
    Panel("Parts that are unwell", (Line(f"sum(openclaw_problem{{{IN}}}) + sum(openclaw_operator_problem{{{IN}}})"),), kind="stat",
          width=4, bounds=(1, 1)),
    Panel("Loops that stand still", (Line(f"sum(openclaw_loops_stuck{{{IN}}})"),), kind="stat", width=4, bounds=(1, 1)),
    Panel("What became of answers?", (rate("openclaw_answers_total", "outcome"), rate("openclaw_messages_lost_total", "kind")), "ops"),
    Panel("How much of what may fail is used up, over six hours?",
          (Line(f"max({ANSWERED.record('6h')}{{{IN}}}) / {ANSWERED.allowed}", "answers"),
           Line(f"max({FIRST_TEXT.record('6h')}{{{IN}}}) / {FIRST_TEXT.allowed}", "first text")), "percentunit"),
    Panel("How did turns end?", (rate("openclaw_turns_total", "state, reason"),), "ops"),
)  # fmt: skip
_WAY: Final = (
    Panel("How long until the first text?", tuple(quantile(q, "openclaw_first_text_seconds") for q in (0.5, 0.95, 0.99)), "s",
          exemplars=True),
    Panel("Where does the time go? (p50 of each step)", (quantile(0.5, "openclaw_step_seconds", "step"),), "s", width=8, exemplars=True),
    Panel("Where does the time go? (p95 of each step)", (quantile(0.95, "openclaw_step_seconds", "step"),), "s", width=8, exemplars=True),
    Panel("What comes in?", (rate("openclaw_updates_total", "kind"), rate("openclaw_webhook_updates_total", "outcome")), "ops"),
    Panel("What did hooks bring?",
          (rate("openclaw_hook_events_total", "hook, outcome"), rate("openclaw_hook_turns_total", "hook, outcome")), "ops"),
    Panel("Are schedules asked in time?",
          (quantile(0.95, "openclaw_schedule_lateness_seconds"), rate("openclaw_schedule_times_total", "outcome")), "s"),
)  # fmt: skip
_WAITING: Final = (
    Panel("How many turns are open?", (gauge("openclaw_turns_open", "state"),)),
    Panel("For how long has the oldest been there?",
          (gauge("openclaw_turns_open_age_seconds", "state"), gauge("openclaw_inbox_age_seconds"), gauge("openclaw_outbox_age_seconds"),
           gauge("openclaw_runs_starting_age_seconds")), "s"),
    Panel("What waits to be read or said?",
          (gauge("openclaw_inbox_pending"), gauge("openclaw_outbox_pending"), gauge("openclaw_chats_resting"),
           gauge("openclaw_queue_length"))),
    Panel("Are there slots?",
          (gauge("openclaw_slots"), gauge("openclaw_runs_open"), gauge("openclaw_slots_waiting"), gauge("openclaw_runs_starting"))),
    Panel("Which limits are met?", (rate("openclaw_limit_refusals_total", "limit"),), "ops"),
    Panel("What goes wrong on its way?",
          (rate("openclaw_loop_failures_total", "loop"), rate("openclaw_sends_unknown_total", "namespace"),
           rate("openclaw_renderings_failed_total", "renderer"), rate("openclaw_threads_set_aside_total", "namespace")), "ops"),
)  # fmt: skip
_PODS: Final = (
    Panel("How long does a pod take?",
          (quantile(0.5, "openclaw_operator_container_seconds"), quantile(0.95, "openclaw_operator_container_seconds"),
           quantile(0.95, "openclaw_claim_seconds")), "s"),
    Panel("How did runs end?", (rate("openclaw_runs_total", "reason"), rate("openclaw_subagents_total", "phase")), "ops"),
    Panel("How did they begin?", (rate("openclaw_claims_total", "result"), rate("openclaw_operator_claims_total", "outcome")), "ops"),
    Panel("What are threads doing?",
          (gauge("openclaw_operator_threads", "phase"), gauge("openclaw_runners_connected"))),
    Panel("What do warm pools hold?",
          (gauge("openclaw_operator_pool", "agent_class, state"), gauge("openclaw_warm_pods_connected", "agent_class"))),
    Panel("Which pods of pools were made and dropped?",
          (rate("openclaw_operator_pool_made_total", "agent_class"), rate("openclaw_operator_pool_dropped_total", "agent_class, why")),
          "ops"),
)  # fmt: skip
_MODELS: Final = (
    Panel("What do providers answer?", (rate("openclaw_llm_requests_total", "provider, status"),), "ops"),
    Panel("How soon do they begin?",
          (quantile(0.5, "openclaw_llm_first_byte_seconds", "provider"), quantile(0.95, "openclaw_llm_first_byte_seconds", "provider"),
           quantile(0.95, "openclaw_llm_call_seconds", "provider")), "s"),
    Panel("Which calls wait?", (gauge("openclaw_llm_waiting", "limit"),)),
    Panel("What is spent? (dollars an hour)",
          (Line(f"sum by (provider, model, class) (rate(openclaw_llm_spent_dollars_total{{{IN}}}[1h])) * 3600",
                "{{provider}} {{model}} {{class}}"),), "currencyUSD"),
    Panel("Which tokens go?", (rate("openclaw_llm_tokens_total", "provider, kind"), rate("openclaw_llm_settled_tokens_total", "estimated")),
          "ops"),
    Panel("How near are today's budgets to their limits?", (gauge("openclaw_budget_level", "scope, agent_class"),), "percentunit"),
)  # fmt: skip
_CALLS: Final = (
    Panel("What does Telegram answer?", (rate("openclaw_telegram_calls_total", "outcome"),), "ops"),
    Panel("How long does it take? (p95)", (quantile(0.95, "openclaw_telegram_call_seconds", "method"),), "s"),
    Panel("Which methods are called?", (rate("openclaw_telegram_calls_total", "method"),), "ops"),
    Panel("What does the API server answer?",
          (rate("openclaw_kube_calls_total", "verb, outcome"), rate("openclaw_operator_requests_total", "method, outcome"),
           rate("openclaw_operator_watches_total", "verb, outcome")), "ops"),
    Panel("How long does it take? (p95)",
          (quantile(0.95, "openclaw_kube_call_seconds", "verb"), quantile(0.95, "openclaw_operator_request_seconds", "verb")), "s"),
    Panel("Which resources?", (rate("openclaw_kube_calls_total", "resource"), rate("openclaw_operator_requests_total", "resource")), "ops"),
)  # fmt: skip
_PARTS: Final = (
    Panel("Does the database keep up?",
          (quantile(0.99, "openclaw_database_wait_seconds"), quantile(0.5, "openclaw_database_held_seconds"),
           quantile(0.99, "openclaw_database_held_seconds")), "s"),
    Panel("Has it room?", (gauge("openclaw_database_used_bytes"), gauge("openclaw_database_quota_bytes")), "bytes"),
    Panel("Does the operator keep up?",
          (gauge("openclaw_operator_queue_length"), gauge("openclaw_operator_queue_wait_seconds"),
           Line(f"time() - max(openclaw_operator_last_check_timestamp_seconds{{{IN}}} > 0)", "since its last check"))),
    Panel("What does it do?",
          (rate("openclaw_operator_reconciles_total", "namespace"), rate("openclaw_operator_status_writes_total", "namespace")), "ops"),
    Panel("How much memory?", (Line(f"process_resident_memory_bytes{{{IN}}} and on (instance) (openclaw_leading{{{IN}}} or "
                                    f"openclaw_operator_leading{{{IN}}})", "{{pod}}{{instance}}"),), "bytes"),
    Panel("How much processor?", (Line(f"rate(process_cpu_seconds_total{{{IN}}}[{RATE}]) and on (instance) (openclaw_leading{{{IN}}} or "
                                       f"openclaw_operator_leading{{{IN}}})", "{{pod}}{{instance}}"),)),
)  # fmt: skip
ROWS: Final = (
    ("Is it well?", _WELL),
    ("The way of a message", _WAY),
    ("What waits", _WAITING),
    ("Runs and pods", _PODS),
    ("Models and money", _MODELS),
    ("Telegram and the API server", _CALLS),
    ("Database and processes", _PARTS),
)
