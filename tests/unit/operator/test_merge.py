from __future__ import annotations

import pytest

from agent_operator.merge import compute_changes
from agent_operator.mine import is_mine


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2, "b": [1]}, {"a": 2, "b": [1]}),
        ({"a": 1, "b": 2}, {"b": 2}, {"a": None}),
        ({"run": {"number": 1, "reason": "x"}}, {"run": {"number": 1}}, {"run": {"reason": None}}),
        ({"run": {"number": 1}}, {"run": {"number": 1}}, {}),
        ({"run": {"number": 1}}, {}, {"run": None}),
        ({"c": [{"a": 1}]}, {"c": [{"a": 2}]}, {"c": [{"a": 2}]}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_a_patch_makes_the_new_of_the_old(old, new, changes):
    assert compute_changes(old, new) == changes


def resource(name="x", labels=None, **spec):
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec}


@pytest.mark.parametrize(
    ("plural", "raw", "mine"),
    [
        ("agentthreads", resource(channel={"bot": "tg"}), True),
        ("agentthreads", resource(channel={}), True),
        ("agentthreads", resource(channel={"bot": "tg-x"}), False),
        ("subagents", resource(labels={"openclaw.dev/thread": "tg-42"}), True),
        ("subagents", resource(labels={"openclaw.dev/thread": "tg-n100-7"}), True),
        ("subagents", resource(labels={"openclaw.dev/thread": "tg-x-42"}), False),
        ("subagents", resource(labels={"openclaw.dev/thread": "tgx-42"}), False),
        ("subagents", resource(parent={"name": "tg-42"}), True),
        ("subagents", resource(parent={"name": "tg-42-r1-k1"}), True),
        ("subagents", resource(parent={"name": "tg-x-42-r1-k1"}), False),
        ("subagents", resource(), True),
        ("subagents", resource(labels={"openclaw.dev/bot": "tg"}), True),
        ("subagents", resource(labels={"openclaw.dev/bot": "tg-x"}), False),
    ],
)
def test_whose_a_resource_is(plural, raw, mine):
    assert is_mine(plural, raw, "tg") is mine
    assert is_mine(plural, raw, "")
