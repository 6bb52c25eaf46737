"""`schedule`: AgentSchedules, made and shown; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from kubectl_openclaw.errors import Problem
from kubectl_openclaw.show import build_table, clean_line, read_time, show_age

HEAD: Final = ("NAME", "THREAD", "WHEN", "ZONE", "NEXT", "LAST", "STATE", "PROMPT")


def build_schedule(thread: str, when: str, prompt: str, zone: str | None) -> Mapping[str, Any]:
    """Return the resource of a schedule.

    Args:
        thread: Name of the AgentThread.
        when: Cron's five fields, a name such as @daily, or a moment (2026-03-29T09:00+02:00) for once.
        prompt: What is asked.
        zone: In which cron is meant.

    Raises:
        Problem: `when` is neither.
    """
    spec: dict[str, Any] = {"threadRef": {"name": thread}, "prompt": prompt}
    if when.startswith("@") or len(when.split()) == 5:
        spec["cron"] = " ".join(when.split())
        spec |= {"timeZone": zone} if zone else {}
    else:
        moment = _read_moment(when)
        spec["at"] = moment.isoformat()
    return {
        "apiVersion": "openclaw.dev/v1alpha1",
        "kind": "AgentSchedule",
        "metadata": {"generateName": f"{thread[:40].rstrip('-')}-"},
        "spec": spec,
    }


def build_list(schedules: Iterable[Mapping[str, Any]], thread: str, now: datetime) -> list[str]:
    """Return a table of the schedules of a conversation, or of all where none is named."""
    rows = []
    for one in schedules:
        meta, spec, status = (one.get(key) or {} for key in ("metadata", "spec", "status"))
        of = str((spec.get("threadRef") or {}).get("name", ""))
        if thread and of != thread:
            continue
        due, last = read_time(status.get("nextAt")), read_time(status.get("lastAt"))
        rows.append((
            str(meta.get("name", "")), of, clean_line(spec.get("cron") or spec.get("at"), 40), clean_line(spec.get("timeZone"), 64),
            f"in {show_age(now, due)}" if due else "", show_age(last, now), _read_state(spec, status),
            clean_line(spec.get("prompt"), 50),
        ))  # fmt: skip
    return build_table(HEAD, rows)


def _read_state(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    if spec.get("suspend") is True:
        return "Suspended"
    found = {c.get("type"): c for c in status.get("conditions") or []}
    if found.get("Paused", {}).get("status") == "True":
        return "Paused"
    accepted = found.get("Accepted", {})
    return clean_line(accepted.get("reason"), 30) if accepted.get("status") == "False" else "Active"


def _read_moment(when: str) -> datetime:
    try:
        moment = datetime.fromisoformat(when)
    except ValueError as error:
        raise Problem(
            f"{when[:60]!r} is neither cron's five fields nor a moment such as 2026-03-29T09:00+02:00."
        ) from error
    return moment.astimezone() if moment.tzinfo is None else moment
