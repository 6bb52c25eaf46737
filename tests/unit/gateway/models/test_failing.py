"""When a run goes on with its next model."""

from __future__ import annotations

import pytest

from agent_gateway.models.failing import GO_ON, Failures, is_passing
from agent_gateway.models.meaning import Meaning, read_error
from agent_gateway.models.resets import with_reset


def test_a_model_is_given_up_when_it_fails_again():
    failures = Failures()
    assert not failures.add("a")
    assert not failures.is_given_up("a")
    assert failures.add("a")
    assert failures.is_given_up("a")
    assert not failures.is_given_up("b")


def test_an_answer_in_between_makes_it_begin_again():
    failures = Failures()
    failures.add("a")
    failures.clear("a")
    assert not failures.add("a")


def test_what_lasts_is_given_up_at_once():
    assert Failures().add("a", lasting=True)


def test_little_is_remembered():
    failures = Failures()
    for key in range(5000):
        failures.add(key)
    assert len(failures._counts) <= 1024


@pytest.mark.parametrize(
    ("status", "passing"), [(429, True), (402, True), (500, True), (529, True), (400, False), (401, False)]
)
def test_what_another_provider_may_do_better(status, passing):
    assert is_passing(status) is passing


def test_people_read_nothing_of_it():
    body = with_reset(b'{"error": {"message": "Overloaded"}}', None, lasting=True, more=" [next model]")
    assert body == b'{"error": {"message": "Overloaded (quota exceeded) [next model]"}}'
    found = read_error(f"503: Overloaded{GO_ON}")
    assert (found.meaning, found.said) == (Meaning.AWAY, "Overloaded")
