from __future__ import annotations

import time

import pytest

from agent_contract.approvals import ApprovalRule
from agent_runner.policy import fits, judge, only_reads, read_subject

RULES = [
    ApprovalRule(tool="bash", match="git push --dry-run*", action="Always"),
    ApprovalRule(tool="bash", match="*git push*"),
    ApprovalRule(tool="bash", match="rm *", action="Never"),
    ApprovalRule(tool="web*", match="*"),
    ApprovalRule(tool="write", match="/etc/*", action="Never"),
]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True), ("*", "a\nb", True), ("a", "a", True), ("a", "ab", False), ("a*", "ab", True),
        ("*b", "ab", True), ("a*b", "ab", True), ("a*b", "a", False), ("aa*aa", "aaa", False), ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False), ("*x*", "yy", False), ("a**b", "ab", True), (".*", "a", False), ("[a]", "a", False),
    ],
)  # fmt: skip
def test_a_star_stands_for_anything_and_nothing_else_does(pattern, text, expected):
    assert fits(pattern, text) is expected


def test_a_pattern_takes_time_in_the_length_of_the_text_alone():
    began = time.thread_time()
    assert not fits("*a" * 100 + "b", "a" * 1_000_000)
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("tool", "arguments", "action"),
    [
        ("bash", {"command": "git push --dry-run origin"}, "run"),
        ("bash", {"command": "cd x && git push"}, "ask"),
        ("bash", {"command": "rm -rf x"}, "block"),
        ("bash", {"command": "ls"}, "run"),
        ("webfetch", {"url": "http://e"}, "ask"),
        ("write", {"path": "/etc/hosts", "content": "x"}, "block"),
        ("write", {"path": "a", "content": "/etc/x"}, "run"),
        ("bash", None, "run"),
    ],
)
def test_the_first_rule_that_fits_counts(tool, arguments, action):
    assert judge(RULES, tool, arguments, plan=False).action == action


def test_a_person_is_shown_what_would_run_and_which_rule_asks():
    verdict = judge(RULES, "bash", {"command": "git push"}, plan=False)
    assert (verdict.subject, verdict.rule) == ("git push", "bash: *git push*")
    assert judge(RULES, "webfetch", {"b": 1, "a": 2}, plan=False).subject == '{"a": 2, "b": 1}'
    assert read_subject("bash", {"command": ["x"]}) == '{"command": ["x"]}'


@pytest.mark.parametrize(
    ("tool", "arguments", "action"),
    [
        ("read", {"path": "x"}, "run"), ("grep", {"pattern": "x"}, "run"), ("ask_person", {}, "run"),
        ("write", {"path": "x"}, "block"), ("edit", {"path": "x"}, "block"), ("send_file", {}, "block"),
        ("spawn_subagent", {}, "block"), ("mcp__x__y", {}, "block"), ("bash", {"command": "ls"}, "run"),
        ("bash", {"command": "ls > x"}, "block"), ("bash", {}, "block"),
    ],
)  # fmt: skip
def test_a_plan_reads_and_asks_and_does_nothing_else(tool, arguments, action):
    assert judge([], tool, arguments, plan=True).action == action


def test_the_rules_hold_in_a_plan_too():
    rules = [ApprovalRule(tool="read", match="*secret*", action="Never")]
    assert judge(rules, "read", {"path": "a/secret"}, plan=True).action == "block"


@pytest.mark.parametrize(
    "command",
    ["ls", "ls -la src", "cat a b | head -n 3", "git log --oneline -5", "git status && git diff", "grep -rn 'a|b;c' .",
     'rg "x > y"', "find . -name '*.py'", "ls *.py", "grep -n x src/*", "rg 'a{2}' src", "git log -- src/*", "cat a|wc -l",
     "cat ~/x 'a b'\"c\""],
)  # fmt: skip
def test_what_only_reads(command):
    assert only_reads(command)


@pytest.mark.parametrize(
    "command",
    ["", "rm x", "ls; rm x", "ls & rm x", "ls || rm x", "ls > x", "ls >> x", "cat <(rm x)", "ls $(rm x)", "ls `rm x`",
     "ls\nrm x", "cat a | tee b", "cat a |", "| ls", "find . -delete", "find . -exec rm {} +", "find . -fprintf x y",
     "git push", "git -C x log", "git log --output=x", "git diff --ext-diff", "rg --pre rm x", "FOO=1 ls", "sudo ls",
     "xargs rm", "sed -i s/a/b/ x", "ls 'x", "python -c 1", "(ls)", "{ ls", "ls \\; rm x", "x" * 5000,
     "ls|&tee x", "cat a>b", "cat a 2>&1", "find . '|' cat -delete", "git diff '&&' ls --output=x", 'rg x "|" cat --pre=y',
     "find . -{print,delete}", "git log -{-output=x,p}", "find . -d*", "find *", "find . ''*", "git diff ?-output=x",
     "ls ||| cat", "ls &&& cat", "ls && && cat", "''", "cat a\x00b"],
)  # fmt: skip
def test_what_may_write_or_cannot_be_told(command):
    assert not only_reads(command)
