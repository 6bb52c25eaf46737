"""Schedules that the terminal makes: cron or a moment, as the resource has them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_contract.agentschedule import AgentScheduleSpec
from kubectl_openclaw.errors import Problem
from kubectl_openclaw.schedule import build_list, build_schedule

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "field", "value"),
    [
        ("0 9 * * 1-5", "cron", "0 9 * * 1-5"),
        ("0  9 * * MON", "cron", "0 9 * * MON"),
        ("@daily", "cron", "@daily"),
        ("2026-04-01T09:00+02:00", "at", "2026-04-01T09:00:00+02:00"),
    ],
)
def test_a_schedule_is_what_the_resource_takes(when, field, value):
    spec = build_schedule("tg-n1-2", when, "check", "Europe/Berlin")["spec"]
    assert (spec[field], spec["threadRef"]) == (value, {"name": "tg-n1-2"})
    AgentScheduleSpec.model_validate(spec)


def test_a_moment_without_a_zone_is_meant_in_ones_own():
    assert (
        build_schedule("tg-1", "2026-04-01T09:00", "x", None)["spec"]["at"]
        == datetime(2026, 4, 1, 9).astimezone().isoformat()
    )


@pytest.mark.parametrize("when", ["tomorrow", "9 * *", "", "2026-13-01"])
def test_what_is_neither_is_told_as_such(when):
    with pytest.raises(Problem, match="neither cron"):
        build_schedule("tg-1", when, "x", None)


def test_a_list_tells_what_is_next_and_what_stands_still():
    def make(name, thread, **status):
        spec = {
            "threadRef": {"name": thread},
            "cron": "0 9 * * *",
            "prompt": "look\nat it",
            "timeZone": "\x1b]0;x\x07UTC",
        }
        return {"metadata": {"name": name}, "spec": spec, "status": status}

    paused = {"conditions": [{"type": "Paused", "status": "True"}]}
    all_of_them = [make("a", "tg-1", nextAt="2026-03-29T14:30:00Z"), make("b", "tg-2", **paused)]
    head, first, second = build_list(all_of_them, "", NOW)
    assert head.split()[:3] == ["NAME", "THREAD", "WHEN"]
    assert ("in 2h" in first, "Active" in first, "look at it" in first) == (True, True, True)
    assert "Paused" in second
    assert ("\x1b" in first, "]0;xUTC" in first) == (False, True), "nobody's words steer a terminal"
    assert len(build_list(all_of_them, "tg-2", NOW)) == 2
