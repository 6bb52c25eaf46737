"""Series of a release that is well, minute by minute, and what each alert is for, in the words of promtool."""

from __future__ import annotations

from typing import NamedTuple

MINUTES = 75
_NONE = f"_x{MINUTES}"
"""Nothing is read."""


class Case(NamedTuple):
    """What is the case.

    Attributes:
        alert: That is called.
        series: That differ from those of a release that is well.
        labels: By which one alert is told from others of its name.
        also: Another alert that is called for the same.
    """

    alert: str
    series: dict[str, str]
    labels: dict[str, str] = {}  # never changed
    also: str = ""


def stays(value: float) -> str:
    """Return a gauge that stays so."""
    return f"{value}+0x{MINUTES}"


def grows(by: float) -> str:
    """Return a counter, or a clock, that grows by so much a minute."""
    return f"0+{by}x{MINUTES}"


def name(metric: str, **labels: str) -> str:
    """Return a series of the release."""
    told = ",".join(f'{key}="{value}"' for key, value in {"namespace": "oc", **labels}.items())
    return f"{metric}{{{told}}}"


_LEADING = name("openclaw_leading", pod="gateway-1")
_WORKING = name("openclaw_operator_leading", pod="operator-1")
_IN_TIME = name("openclaw_first_text_seconds_bucket", le="30.0")
_CHECKED = name("openclaw_operator_last_check_timestamp_seconds")
_WAIT, _LATE = "openclaw_database_wait_seconds_bucket", "openclaw_schedule_lateness_seconds_bucket"
_LLM, _TELEGRAM, _KUBE = "openclaw_llm_requests_total", "openclaw_telegram_calls_total", "openclaw_kube_calls_total"
_REQUESTS, _CLAIMS = "openclaw_operator_requests_total", "openclaw_claims_total"

WELL = {
    _LEADING: stays(1),
    name("openclaw_leading", pod="gateway-2"): stays(0),
    _WORKING: stays(1),
    name("openclaw_problem", part="telegram"): stays(0),
    name("openclaw_operator_problem", pod="operator-1"): stays(0),
    name("openclaw_inbox_age_seconds"): stays(0.2),
    name("openclaw_outbox_age_seconds"): stays(1),
    name("openclaw_messages_lost_total", kind="final"): stays(0),
    name("openclaw_runs_starting_age_seconds"): stays(3),
    name("openclaw_turns_open_age_seconds", state="delivered"): stays(1),
    name("openclaw_turns_open_age_seconds", state="queued"): stays(1000),
    name("openclaw_slots_waiting"): stays(0),
    name(_LLM, provider="zai", status="200"): grows(10),
    name(_TELEGRAM, method="sendmessage", outcome="done"): grows(10),
    name(_TELEGRAM, method="sendmessage", outcome="refused"): grows(5),
    name(_KUBE, verb="GET", resource="agentthreads", outcome="done"): grows(10),
    name(_KUBE, verb="GET", resource="agentthreads", outcome="notfound"): grows(10),
    name(_REQUESTS, method="POST", resource="jobs", outcome="done"): grows(10),
    name("openclaw_operator_queue_wait_seconds"): stays(0),
    _CHECKED: grows(60),
    name("openclaw_loop_failures_total", loop="sender"): stays(2),
    name(_WAIT, le="0.01"): grows(100),
    name(_WAIT, le="10.0"): grows(100),
    name(_WAIT, le="+Inf"): grows(100),
    name("openclaw_database_used_bytes"): stays(10e9),
    name("openclaw_database_quota_bytes"): stays(100e9),
    name("openclaw_budget_level", scope="day", agent_class=""): stays(0.5),
    name(_LATE, le="1.0"): grows(5),
    name(_LATE, le="3600.0"): grows(5),
    name(_LATE, le="+Inf"): grows(5),
    name(_CLAIMS, result="claimed"): grows(5),
    name(_CLAIMS, result="closed"): grows(20),
    name("openclaw_answers_total", outcome="answered"): grows(10),
    name("openclaw_answers_total", outcome="failed"): stays(0),
    name("openclaw_answers_total", outcome="stopped"): grows(10),
    _IN_TIME: grows(10),
    name("openclaw_first_text_seconds_count"): grows(10),
}


def _failing(by: float, window: str) -> Case:
    return Case(
        "OpenclawAnswersFail", {name("openclaw_answers_total", outcome="failed"): grows(by)}, {"window": window}
    )


def _late(in_time: float, window: str) -> Case:
    return Case("OpenclawFirstTextLate", {_IN_TIME: grows(in_time)}, {"window": window})


CASES = (
    _failing(5, "1h"), _failing(1.1, "6h"), _failing(0.4, "1d"), _failing(0.15, "3d"),
    Case("OpenclawAnswersFail", {name("openclaw_messages_lost_total", kind="final"): grows(5)}, {"window": "1h"}, "OpenclawMessagesLost"),
    _late(2, "1h"), _late(5, "6h"), _late(8, "1d"), _late(9.2, "3d"),
    Case("OpenclawNobodyLeads", {_LEADING: stays(0)}),
    Case("OpenclawOperatorStands", {_WORKING: stays(0)}),
    Case("OpenclawPartUnwell", {name("openclaw_problem", part="telegram"): stays(1)}, {"part": "telegram"}),
    Case("OpenclawOperatorUnwell", {name("openclaw_operator_problem", pod="operator-1"): stays(1)}, {"pod": "operator-1"}),
    Case("OpenclawUpdatesWait", {name("openclaw_inbox_age_seconds"): grows(60)}),
    Case("OpenclawAnswersWait", {name("openclaw_outbox_age_seconds"): grows(60)}),
    Case("OpenclawMessagesLost", {name("openclaw_messages_lost_total", kind="final"): f"0+0x{MINUTES - 10} 1+0x9"}, {"kind": "final"}),
    Case("OpenclawRunsDoNotStart", {name("openclaw_runs_starting_age_seconds"): grows(60)}),
    Case("OpenclawPromptNotTaken", {name("openclaw_turns_open_age_seconds", state="delivered"): grows(60)}),
    Case("OpenclawSlotsTaken", {name("openclaw_slots_waiting"): stays(3)}),
    Case("OpenclawModelRefusesKey", {name(_LLM, provider="zai", status="401"): grows(1)}, {"provider": "zai"}),
    Case("OpenclawModelFails", {name(_LLM, provider="zai", status="503"): grows(5)}, {"provider": "zai"}),
    Case("OpenclawModelFails", {name(_LLM, provider="zai", status="429"): grows(5)}, {"provider": "zai"}),
    Case("OpenclawTelegramFails", {name(_TELEGRAM, method="sendmessage", outcome="unanswered"): grows(10)}),
    Case("OpenclawKubeFails", {name(_KUBE, verb="GET", resource="agentthreads", outcome="away"): grows(10)}),
    Case("OpenclawOperatorKubeFails", {name(_REQUESTS, method="POST", resource="jobs", outcome="away"): grows(10)}),
    Case("OpenclawOperatorBehind", {name("openclaw_operator_queue_wait_seconds"): grows(60)}),
    Case("OpenclawOperatorNotChecking", {_CHECKED: f"0+60x{MINUTES - 30} {60 * (MINUTES - 30)}+0x29"}),
    Case("OpenclawLoopFails", {name("openclaw_loop_failures_total", loop="sender"): grows(1)}, {"loop": "sender"}),
    Case("OpenclawDatabaseSlow", {name(_WAIT, le="0.01"): grows(0)}),
    Case("OpenclawDatabaseFull", {name("openclaw_database_used_bytes"): stays(95e9)}),
    Case("OpenclawBudgetNear", {name("openclaw_budget_level", scope="day", agent_class=""): stays(0.95)}, {"scope": "day"}),
    Case("OpenclawSchedulesLate", {name(_LATE, le="1.0"): grows(0)}),
    Case("OpenclawPoolsCold", {name(_CLAIMS, result="empty"): grows(10)}),
)  # fmt: skip
NOBODY = {series: _NONE for series in WELL if series.startswith(("openclaw_leading", "openclaw_operator_leading"))}
"""Neither a gateway nor an operator is read: it is nowhere, or may not be read."""


def move(series: dict[str, str], namespace: str) -> dict[str, str]:
    """Return the series of another release."""
    return {key.replace('namespace="oc"', f'namespace="{namespace}"'): values for key, values in series.items()}
