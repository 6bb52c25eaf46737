"""The benchmark's arithmetic."""

from __future__ import annotations

import pytest

from dev.bench.stats import between, split, summarise, verdict


def test_figures_are_nearest_ranks():
    figures = summarise([5, 1, 4, 2, 3, 6, 7, 8, 9, 10])
    assert (figures.n, figures.p50, figures.p90, figures.worst) == (10, 5, 9, 10)
    assert summarise([7]).p90 == 7
    with pytest.raises(ValueError, match="no samples"):
        summarise([])


def test_a_step_that_was_not_seen_is_passed_over():
    found = split([{"a": 1, "c": 5}, {"a": 1, "b": 2, "c": 4}], ["a", "b", "c"])
    assert found["b"].p50 == 1
    assert sorted([found["c"].p50, found["c"].worst]) == [2, 4]


def test_between_needs_both_marks():
    assert between([{"a": 1, "b": 3}, {"a": 1}], "a", "b") == [2]


@pytest.mark.parametrize(("warm", "word"), [(69, "met"), (71, "NOT met")])
def test_the_verdict_says_which_goal_is_missed(warm, word):
    cold_words, warm_words = verdict(1400, 1000, warm, 10)
    assert cold_words.endswith(": met")
    assert warm_words.endswith(f": {word}")
