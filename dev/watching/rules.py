"""The rules of Prometheus: what is recorded, and when somebody is called. Each alert has a runbook in `docs/how-to/alerts.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import yaml

from dev.watching import slos

_HEADER: Final = "# Written by `make generate` (dev/watching). For any Prometheus: rule_files. The chart makes a PrometheusRule of it.\n"


@dataclass(frozen=True, slots=True)
class Alert:
    """When somebody is called.

    Attributes:
        name: Of the alert, and of its runbook.
        expr: What is true then.
        wait: For how long it is to be true.
        severity: critical: people get no answers. warning: they soon will not, or some do not.
        words: What is the case, in a sentence.
    """

    name: str
    expr: str
    wait: str
    severity: str
    words: str

    def build(self) -> dict[str, Any]:
        """Return it as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.wait,
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.words, "runbook_url": slos.build_runbook(self.name)},
        }


def _share(series: str, bad: str, by: str) -> str:
    """Return the part of a counter's increase that has bad labels."""
    return f"sum by ({by}) (rate({series}{{{bad}}}[10m])) / sum by ({by}) (rate({series}[10m]))"


_NS: Final = "namespace"
_LEADS: Final = "sum by (namespace) (openclaw_leading)"
_WORKS: Final = "sum by (namespace) (openclaw_operator_leading)"
_DUE: Final = "time() - max by (namespace) (openclaw_operator_last_check_timestamp_seconds > 0) > 300"

ALERTS: Final = (
    Alert("OpenclawNobodyLeads", f"{_LEADS} < 1 or absent(openclaw_leading)", "2m", "critical",
          "No gateway leads: no message is taken and no answer is sent."),
    Alert("OpenclawOperatorStands", f"{_WORKS} < 1 or absent(openclaw_operator_leading)", "5m", "critical",
          "No operator works: no pod is started and none is ended."),
    Alert("OpenclawPartUnwell", "max by (namespace, part) (openclaw_problem) == 1", "5m", "critical",
          "The gateway's part {{ $labels.part }} keeps it from serving; /readyz says why in words."),
    Alert("OpenclawOperatorUnwell", "max by (namespace, pod) (openclaw_operator_problem) == 1", "5m", "warning",
          "An operator could not work; /readyz says why in words."),
    Alert("OpenclawUpdatesWait", "max by (namespace) (openclaw_inbox_age_seconds) > 60", "2m", "critical",
          "A message has waited for {{ $value | humanizeDuration }} and nobody has read it."),
    Alert("OpenclawAnswersWait", "max by (namespace) (openclaw_outbox_age_seconds) > 300", "5m", "critical",
          "An answer has waited for {{ $value | humanizeDuration }} and does not stand in its chat."),
    Alert("OpenclawMessagesLost", "sum by (namespace, kind) (increase(openclaw_messages_lost_total[15m])) > 0", "0m", "warning",
          "Messages ({{ $labels.kind }}) were given up: Telegram does not take them."),
    Alert("OpenclawRunsDoNotStart", "max by (namespace) (openclaw_runs_starting_age_seconds) > 300", "2m", "warning",
          "A pod was wanted {{ $value | humanizeDuration }} ago and has not called."),
    Alert("OpenclawPromptNotTaken", 'max by (namespace) (openclaw_turns_open_age_seconds{state="delivered"}) > 300', "5m", "warning",
          "A run was given a message {{ $value | humanizeDuration }} ago and its agent has not taken it."),
    Alert("OpenclawSlotsTaken", "max by (namespace) (openclaw_slots_waiting) > 0", "10m", "warning",
          "{{ $value }} conversations wait for a slot: all runs that there may be (MAX_THREADS) are there."),
    Alert("OpenclawModelRefusesKey",
          'sum by (namespace, provider) (increase(openclaw_llm_requests_total{status=~"401|402|403"}[10m])) > 2', "0m", "critical",
          "The provider {{ $labels.provider }} refuses the key or the account."),
    Alert("OpenclawModelFails",
          _share("openclaw_llm_requests_total", 'status=~"429|5.."', "namespace, provider") + " > 0.2", "10m", "warning",
          "{{ $value | humanizePercentage }} of the calls to {{ $labels.provider }} fail or are limited."),
    Alert("OpenclawTelegramFails",
          _share("openclaw_telegram_calls_total", 'outcome=~"failed|unanswered|throttled"', _NS) + " > 0.2", "10m", "warning",
          "{{ $value | humanizePercentage }} of the calls to Telegram fail, are limited or are not answered."),
    Alert("OpenclawKubeFails",
          _share("openclaw_kube_calls_total", 'outcome=~"away|throttled|refused"', _NS) + " > 0.2", "10m", "warning",
          "{{ $value | humanizePercentage }} of the gateway's calls to the API server fail."),
    Alert("OpenclawOperatorKubeFails",
          _share("openclaw_operator_requests_total", 'outcome=~"away|throttled|refused"', _NS) + " > 0.2", "10m", "warning",
          "{{ $value | humanizePercentage }} of the operator's calls to the API server fail."),
    Alert("OpenclawOperatorBehind", "max by (namespace) (openclaw_operator_queue_wait_seconds) > 60", "5m", "warning",
          "What is queued first has waited for the operator for {{ $value | humanizeDuration }}."),
    Alert("OpenclawOperatorNotChecking", _DUE, "5m", "warning",
          "The operator has not walked through what it knows for five minutes."),
    Alert("OpenclawLoopFails", "sum by (namespace, loop) (increase(openclaw_loop_failures_total[15m])) > 3", "0m", "warning",
          "The gateway's loop {{ $labels.loop }} fails again and again."),
    Alert("OpenclawDatabaseSlow",
          "histogram_quantile(0.99, sum by (namespace, le) (rate(openclaw_database_wait_seconds_bucket[10m]))) > 1", "10m", "warning",
          "One in a hundred queries waits for a connection longer than {{ $value | humanizeDuration }}."),
    Alert("OpenclawDatabaseFull",
          "max by (namespace) (openclaw_database_used_bytes) / max by (namespace) (openclaw_database_quota_bytes > 0) > 0.85",
          "10m", "warning", "{{ $value | humanizePercentage }} of the database's room are in use."),
    Alert("OpenclawBudgetNear", "max by (namespace, scope, agent_class) (openclaw_budget_level) >= 0.9", "0m", "warning",
          "{{ $value | humanizePercentage }} of today's budget ({{ $labels.scope }} {{ $labels.agent_class }}) are spent."),
    Alert("OpenclawSchedulesLate",
          "histogram_quantile(0.95, sum by (namespace, le) (rate(openclaw_schedule_lateness_seconds_bucket[15m]))) > 60", "5m", "warning",
          "Scheduled prompts are asked later than {{ $value | humanizeDuration }} after they were due."),
    Alert("OpenclawPoolsCold",
          'sum by (namespace) (rate(openclaw_claims_total{result!~"claimed|closed"}[30m])) / '
          'sum by (namespace) (rate(openclaw_claims_total{result!="closed"}[30m])) > 0.5', "30m", "warning",
          "{{ $value | humanizePercentage }} of the runs whose class has a warm pool begin without one."),
)  # fmt: skip


def build_rules() -> str:
    """Return the file of rules."""
    groups = [
        {"name": "openclaw-objectives", "interval": "30s", "rules": slos.build_records()},
        {"name": "openclaw-burn-rates", "rules": slos.build_alerts()},
        {"name": "openclaw-alerts", "rules": [alert.build() for alert in ALERTS]},
    ]
    return _HEADER + yaml.safe_dump({"groups": groups}, sort_keys=False, width=120)
