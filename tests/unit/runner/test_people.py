from __future__ import annotations

import pytest

from agent_contract.approvals import ApprovalRule
from agent_contract.decisions import MAX_QUESTION
from agent_runner.asks import Question, build_frame
from agent_runner.people import show_subject
from agent_runner.policy import judge


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("rm x\n\tls", "rm x\n\tls"),
        ("echo \u202etxt.mr", "echo \\u202etxt.mr"),
        ("ls \u200b\u2066x\u2069", "ls \\u200b\\u2066x\\u2069"),
        ("ls\rrm x\x1b[2K", "ls\\u000drm x\\u001b[2K"),
        ("ls\u2028rm", "ls\\u2028rm"),
        ("größe 東京", "größe 東京"),
    ],
)
def test_a_person_reads_what_would_run_and_nothing_turns_it(subject, shown):
    assert show_subject(subject) == shown


@pytest.mark.parametrize("sign", ["x", "\u202e", "\U000e0001"])
def test_how_much_more_there_is_is_told_within_the_bound(sign):
    shown = show_subject(sign * 100_000)
    assert len(shown) <= MAX_QUESTION
    assert shown.endswith(" more characters)")


def test_two_long_rules_that_begin_alike_stay_two():
    rules = [ApprovalRule(tool="write", match=f"/workspace/{'a' * 150}/{name}*") for name in ("x", "y")]
    verdicts = [judge(rules, "write", {"path": rule.match[:-1]}, plan=False) for rule in rules]
    frames = [build_frame(1, "q1", Question("approval", v.subject, tool="write", rule=v.rule)) for v in verdicts]
    assert frames[0].rule != frames[1].rule
    assert [frame.rule for frame in frames] == [f"write: {rule.match}" for rule in rules]
