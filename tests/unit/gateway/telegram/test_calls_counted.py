"""Calls to Telegram are counted by method and outcome; nothing of an address but the method is a label."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from agent_gateway.telegram.outbound import calls
from agent_gateway.telegram.outbound.calls import CALLS, MOST_METHODS, counted, find_method

ROOT = "https://api.telegram.org/bot1000000001:AAsecret"


def count(method, outcome):
    return REGISTRY.get_sample_value("openclaw_telegram_calls_total", {"method": method, "outcome": outcome}) or 0


def timed(method):
    return REGISTRY.get_sample_value("openclaw_telegram_call_seconds_count", {"method": method}) or 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "done"),
        (400, "refused"),
        (401, "refused"),
        (404, "refused"),
        (429, "throttled"),
        (500, "failed"),
        (502, "failed"),
    ],
)
def test_an_answer_counts_by_its_status(status, outcome):
    before = count("sendmessage", outcome), timed("sendmessage")
    with counted(f"{ROOT}/sendMessage") as call:
        call.status = status
    assert (count("sendmessage", outcome), timed("sendmessage")) == (before[0] + 1, before[1] + 1)


def test_a_call_without_an_answer_counts_as_unanswered():
    before = count("sendmessage", "unanswered")
    with pytest.raises(TimeoutError), counted(f"{ROOT}/sendMessage"):
        raise TimeoutError
    assert count("sendmessage", "unanswered") == before + 1


def test_what_waits_for_updates_is_counted_and_not_timed():
    before = count("getupdates", "done")
    with counted(f"{ROOT}/GetUpdates") as call:
        call.status = 200
    assert count("getupdates", "done") == before + 1
    assert timed("getupdates") == 0


@pytest.mark.parametrize("url", [ROOT, f"{ROOT}/", "AAsecret:1", f"{ROOT}/file?name=x", f"{ROOT}/{'a' * 41}", ""])
def test_what_is_no_method_is_no_label(url):
    assert find_method(url) == "other"


def test_methods_beyond_the_bound_are_counted_together(monkeypatch):
    monkeypatch.setattr(calls, "_known", set())
    names = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(100, 100 + 2 * MOST_METHODS)]
    assert len({find_method(f"{ROOT}/{name}") for name in names}) == MOST_METHODS + 1
    assert find_method(f"{ROOT}/{names[0]}") == names[0]


def test_no_label_holds_a_token():
    labels = [value for metric in CALLS.collect() for sample in metric.samples for value in sample.labels.values()]
    assert not any("secret" in value.lower() or ":" in value for value in labels)
