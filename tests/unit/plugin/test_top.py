"""Conversations by what they cost: a thousand of them, in each order, with their sum."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kubectl_openclaw.show import measure
from kubectl_openclaw.top import SORTS, build_top, read_row, sort_rows

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


def make(n, money="0.00", tokens=0, **status):
    spending = {"money": money, "tokens": tokens, "estimated": n % 7 == 0}
    return {
        "metadata": {"name": f"tg-n{n}", "namespace": "a", "creationTimestamp": (NOW - timedelta(hours=n)).isoformat()},
        "spec": {"title": f"部署 {n}", "classRef": {"name": "default"}, "run": 2},
        "status": {"phase": "Running", "spending": spending, **status},
    }


@pytest.mark.parametrize("by", SORTS)
def test_a_thousand_conversations_are_put_in_order_and_summed(by):
    chance = random.Random(15)
    threads = [make(n, f"{chance.randrange(10**6) / 100:.2f}", chance.randrange(10**8)) for n in range(1, 1001)]
    rows = sort_rows(map(read_row, threads), by)
    keys = {
        "cost": [-row.money for row in rows],
        "tokens": [-row.tokens for row in rows],
        "age": [row.created for row in rows],
        "name": [row.name for row in rows],
    }
    assert keys[by] == sorted(keys[by])
    lines = build_top(rows, 20, NOW)
    assert len(lines) == 22
    total = sum(Decimal(one["status"]["spending"]["money"]) for one in threads)
    assert lines[-1].split() == ["1000", "in", "all", f"~${total:,.2f}", f"{sum(row.tokens for row in rows):,}"]
    assert len({measure(line) for line in lines[:-1]}) == 1, "columns stand one below the other, Chinese titles too"


def test_what_is_not_there_or_odd_stops_nothing():
    bare = read_row({"metadata": {"name": "tg-1"}, "spec": {}})
    odd = read_row(
        {"metadata": {}, "spec": {"title": "a\x1b[31m\nb"}, "status": {"spending": {"money": "NaN", "tokens": "x"}}}
    )
    assert (bare.phase, bare.money, bare.tokens, bare.class_name) == ("Idle", 0, 0, "default")
    assert (odd.title, odd.money, odd.tokens) == ("a[31m b", 0, 0)
    assert len(build_top([bare, odd], 20, NOW, namespaces=True)) == 4
