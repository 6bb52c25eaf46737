"""Figures of the scale benchmark, from calls and times."""

from __future__ import annotations

import json

import pytest

from dev.bench.scale.audit import read_calls
from dev.bench.scale.figures import Line, count_calls, summarise_starts
from dev.bench.scale.kwok import EXIT, SOURCES, build_stages
from tests.support.scaling import OPERATOR, build_event

ACCOUNTS = {OPERATOR: "operator"}


def calls(*events):
    return list(read_calls(events, ACCOUNTS))


def test_a_call_is_read_with_who_asked_for_what_and_how_long_it_took():
    (call,) = calls(build_event("create", "jobs", "tg-1-r2", code=201, begun="10.250000", ended="10.300000"))
    assert (call.who, call.words, call.name, call.code) == ("operator", "create jobs", "tg-1-r2", 201)
    assert call.ended - call.begun == pytest.approx(0.05)
    (other,) = calls(build_event("get", "pods", "p", user="system:admin"))
    assert other.who == ""


def test_what_no_run_asks_for_is_not_counted():
    found = count_calls(
        calls(
            build_event("watch", "pods"),
            build_event("list", "agentthreads", query="?limit=500"),
            build_event("update", "leases", "operator"),
            build_event("list", "pods", query="?labelSelector=a%3Db"),
            build_event("create", "jobs", "j"),
            build_event("patch", "agentthreads/status", "tg-1"),
            build_event("update", "subagents/status", "tg-1-r1-k1"),
            build_event("get", "pods", "p", user="system:admin"),
        ),
        "operator",
        2,
    )
    assert (found.requests, found.status_writes) == (2.0, 1.0)
    assert found.by_kind["list pods"] == 0.5


def test_of_few_starts_the_worst_stands_for_all_but_a_hundredth():
    found = summarise_starts([(0.0, 0.1, 0.5), (0.0, 0.2, 1.0), (1.0, 2.0, 4.0)], 0.3)
    assert (found.count, found.p50, found.p99) == (3, 0.2, 1.0)
    assert (found.jobs_a_second, found.pods_a_second, found.api_cpu_ms) == (1.5, 0.75, 100.0)


def test_of_a_hundred_starts_one_may_be_later():
    waits = [(0.0, 0.1, 1.0)] * 99 + [(0.0, 9.0, 10.0)]
    assert summarise_starts(waits, 0.0).p99 == 0.1


def test_a_goal_is_met_at_the_goal():
    assert Line("a", 2.0, "s", 2.0).met
    assert not Line("a", 2.01, "s", 2.0).met
    assert "MISSED" in Line("a", 4.0, "s", 2.0).describe()
    assert "2.00 x" in Line("a", 4.0, "s", 2.0).describe()
    assert Line("a", 9.0, "s").met


def test_a_pod_ends_only_when_it_is_told_to():
    stages = {stage["metadata"]["name"]: stage for stage in map(json.loads, build_stages().split("---\n"))}
    keys = [one["key"] for one in stages["pod-ends"]["spec"]["selector"]["matchExpressions"]]
    assert f'.metadata.annotations["{EXIT}"]' in keys
    assert len(stages) == 3


def test_kwok_is_of_one_version_whose_modules_have_hashes():
    module = (SOURCES / "go.mod").read_text()
    assert "require sigs.k8s.io/kwok v" in module or "\tsigs.k8s.io/kwok v" in module
    assert "sigs.k8s.io/kwok v0.7.0 h1:" in (SOURCES / "go.sum").read_text()
