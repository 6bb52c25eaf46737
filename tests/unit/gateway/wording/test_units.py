"""Durations, numbers and sizes."""

from __future__ import annotations

import pytest

from agent_gateway.wording.units import coarse_duration, duration, number, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (100, "1 min 40 s"),
        (754, "12 min 34 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 days"),
    ],
)
def test_durations(seconds, text):
    assert duration("en", seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(9, ""), (19, "10 s"), (61, "1 min"), (119, "1 min")])
def test_an_age_grows_in_steps(seconds, text):
    assert coarse_duration("en", seconds) == text


@pytest.mark.parametrize(("language", "text"), [("en", "30,000"), ("de", "30.000"), ("nowhere", "30,000")])
def test_numbers_have_the_signs_of_the_language(language, text):
    assert number(language, 30_000) == text


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [(999, "999 B", "999 B"), (1500, "1.5 kB", "1,5 kB"), (25_400_000, "25 MB", "25 MB"), (2e9, "2 GB", "2 GB")],
)
def test_sizes(count, english, german):
    assert (size("en", count), size("de", count)) == (english, german)
