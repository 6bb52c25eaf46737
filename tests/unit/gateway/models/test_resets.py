from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from agent_gateway.models.resets import find_reset, outlasts, with_reset

NOW = datetime(2026, 11, 23, 14, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "30"}, "", 30),
        ({"retry-after": "Mon, 23 Nov 2026 14:30:00 GMT"}, "", 720),
        ({"x-ratelimit-reset-requests": "6m0s"}, "", 360),
        ({"x-ratelimit-reset-tokens": "1h2m", "x-ratelimit-remaining-tokens": "0"}, "", 3720),
        ({"x-ratelimit-reset-tokens": "9h", "x-ratelimit-remaining-tokens": "500", "Retry-After": "5"}, "", 5),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, "", 90),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-23T15:18:00Z"}, "", 3600),
        ({"Retry-After": "10", "x-ratelimit-reset": "250ms"}, "", 10),
        ({}, "Usage limit reached. Your limit will reset at 2026-11-23 16:18:00 UTC", 7200),
        ({}, "resets at 2026-11-23T22:18:00+08:00", None),  # which is now
        ({}, "resets at 2026-11-23 22:18:00, in whatever zone", None),
        ({"Retry-After": "soon"}, "no time at all", None),
        ({"Retry-After": "0"}, "", None),
        ({"Retry-After": str(10**8)}, "", None),
    ],
)
def test_when_calls_are_taken_again(headers, body, seconds):
    found = find_reset(headers, body, NOW)
    assert found == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("body", [b'{"error": {"message": "limited"}}', b'{"message": "limited", "code": 1}'])
def test_the_time_stands_behind_the_words(body):
    told = json.loads(with_reset(body, NOW))
    assert told.get("error", told)["message"] == "limited [resets 2026-11-23T14:18:00Z]"


@pytest.mark.parametrize("body", [b"limited", b"[1]", b'{"error": 5}'])
def test_an_error_of_another_shape_keeps_it(body):
    assert with_reset(body, NOW) == body + b" [resets 2026-11-23T14:18:00Z]"


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"Retry-After": "3600"}, "", True),
        ({"Retry-After": "60"}, "", False),
        ({}, "limited, resets at 2026-11-23T18:00:00Z", True),
        ({"x-ratelimit-reset-requests": "6h"}, "", False),
        ({}, "", False),
    ],
)
def test_whether_a_limit_outlasts_every_try(headers, body, expected):
    assert outlasts(headers, body, NOW) is expected


def test_a_limit_that_lasts_is_told_so_that_pi_knows_it():
    told = json.loads(with_reset(b'{"error": {"message": "limited"}}', NOW, lasting=True))
    assert told["error"]["message"] == "limited (quota exceeded) [resets 2026-11-23T14:18:00Z]"
