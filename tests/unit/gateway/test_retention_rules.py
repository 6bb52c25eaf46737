"""Which rules of classes are written, dropped, or go on without their class."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_contract.retention import MOST_USAGE_DAYS, Retention
from agent_gateway.resources.reading import read_class
from agent_gateway.retention.rules import Differences, compare, read_rule
from agent_gateway.store.retention import Rule


def make_class(name="default", **days):
    return read_class({"metadata": {"name": name}, "spec": {"retention": days}})


@pytest.mark.parametrize(
    ("days", "rule"),
    [
        ({}, None),
        ({"messageDays": 30}, Rule("default", 30, None, None)),
        ({"fileDays": 7, "usageDays": 1}, Rule("default", None, 7, 1)),
    ],
)
def test_a_class_makes_a_rule_where_it_names_any_days(days, rule):
    assert read_rule(make_class(**days)) == rule


def test_what_differs_is_written_and_a_rule_taken_back_is_dropped():
    stored = [Rule("same", 1, None, None), Rule("shorter", 9, None, None), Rule("back", 1, 2, 3)]
    classes = [
        make_class("same", messageDays=1), make_class("shorter", messageDays=5), make_class("back"), make_class("new", fileDays=4),
        make_class("never"),
    ]  # fmt: skip
    assert compare(classes, stored) == Differences(
        (Rule("new", None, 4, None), Rule("shorter", 5, None, None)), ("back",)
    )


def test_a_rule_goes_on_without_its_class():
    assert compare([], [Rule("gone", 30, None, None)]) == Differences((), ())


@pytest.mark.parametrize("days", [{"messageDays": 0}, {"fileDays": 3651}, {"usageDays": MOST_USAGE_DAYS + 1}])
def test_days_have_bounds(days):
    with pytest.raises(ValidationError):
        Retention.model_validate(days)
