"""Which repositories an agent may reach and which refs it may change."""

from __future__ import annotations

import pytest

from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.pushes import Command, Push
from agent_gateway.connections.rules import find_rules, judge, may_write, read_target

OLD, NEW, NONE = "1" * 40, "2" * 40, "0" * 40


def rule(**more):
    return RepositoryRule(connection="lab", pattern="acme/**", **more)


def target(path="/git/lab/acme/api.git/info/refs"):
    found = read_target(path)
    assert found is not None
    return found


def push(*commands, options=()):
    return Push(tuple(Command(*command) for command in commands), frozenset(), "sha1", "", (), options)


@pytest.mark.parametrize(
    ("path", "repository", "rest"),
    [
        ("/git/lab/acme/api.git/info/refs", "acme/api", "info/refs"),
        ("/git/lab/acme/api/git-upload-pack", "acme/api", "git-upload-pack"),
        ("/git/lab/a/b/c/d.git/git-receive-pack", "a/b/c/d", "git-receive-pack"),
        ("/git/lab/acme/api.v2.git/info/lfs/objects/batch", "acme/api.v2", "info/lfs/objects/batch"),
    ],
)
def test_a_plain_path_names_a_repository(path, repository, rest):
    found = target(path)
    assert (found.connection, found.path, found.rest) == ("lab", repository, rest)


@pytest.mark.parametrize(
    "path",
    [
        "/git/lab/acme/../other.git/info/refs", "/git/lab/acme/%2e%2e/api.git/info/refs", "/git/lab//acme/api/info/refs",
        "/git/lab/acme/.git/info/refs", "/git/lab/acme/-x/info/refs", "/git/lab/acme/api.git/config", "/git/LAB/a/b/info/refs",
        "/git/lab/api.git/info/refs", "/git/lab/acme/äpi.git/info/refs", "/git/lab/acme/api.git/info/refs/",
        "/git/lab/acme/api.git/info/refs;x", "/git/lab/acme/api.git.git/info/refs", "/git/lab/" + "a/" * 12 + "b/info/refs",
        "/git/lab/acme/" + "x" * 3000 + "/info/refs", "http://other/git/lab/acme/api.git/info/refs",
    ],
)  # fmt: skip
def test_any_other_path_names_none(path):
    assert read_target(path) is None


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("acme/api", "acme/api", True), ("acme/api", "Acme/API", True), ("ACME/*", "acme/api", True),
        ("acme/*", "acme/api/more", False), ("acme/**", "acme/api/more", True), ("acme/*", "acmes/api", False),
        ("*/api", "acme/api", True), ("acme/a*i", "acme/api", True), ("acme/a*i", "acme/ai", False), ("**", "a/b", True),
        ("acme/a.i", "acme/api", False), ("a**b**c", "a/x/b/y/c", True), ("a**b**c", "ab/c", False),
    ],
)  # fmt: skip
def test_a_pattern_names_repositories(pattern, path, fits):
    rules = [RepositoryRule(connection="lab", pattern=pattern)]
    assert (find_rules([rules], target(f"/git/lab/{path}.git/info/refs")) is not None) is fits
    assert find_rules([rules], target(f"/git/other/{path}.git/info/refs")) is None


def test_a_pattern_of_stars_costs_little():
    many = RepositoryRule(connection="lab", pattern="**/" + "*a*" * 70 + "/b")
    assert find_rules([[many]], target("/git/lab/x/" + "a" * 100 + "/c/info/refs")) is None


def test_without_a_rule_nothing_is_reached():
    assert find_rules([[]], target()) is None
    assert find_rules([], target()) is None
    assert find_rules([[rule()], []], target()) is None, "nor by a sub-agent whose parent has none"


@pytest.mark.parametrize(
    ("own", "above", "writes"),
    [
        ({"access": "Write"}, {"access": "Write", "sub_agents": "Write"}, True),
        ({"access": "Write"}, {"access": "Write"}, False),
        ({"access": "Write"}, {"access": "Read", "sub_agents": "Write"}, False),
        ({}, {"access": "Write", "sub_agents": "Write"}, False),
    ],
)
def test_a_sub_agent_may_do_at_most_what_its_parent_leaves_it(own, above, writes):
    assert may_write([rule(**own), rule(**above)]) is writes


@pytest.mark.parametrize(
    ("command", "more", "refused", "unproven"),
    [
        ((NONE, NEW, "refs/heads/agent/x"), {}, None, False),
        ((OLD, NEW, "refs/heads/agent/x"), {}, None, True),
        ((OLD, NEW, "refs/heads/agent/x"), {"force": ["agent/*"]}, None, False),
        ((OLD, NEW, "refs/heads/main"), {}, "may not be changed by an agent: only agent/** may be", False),
        ((NONE, NEW, "refs/heads/topic"), {}, "may not be made by an agent: only agent/** may be", False),
        ((OLD, NONE, "refs/heads/agent/x"), {}, "may not be deleted by an agent: no branch may be", False),
        ((OLD, NONE, "refs/heads/agent/x"), {"delete": ["agent/**"]}, None, False),
        ((NONE, NEW, "refs/tags/v1"), {}, "may not be made by an agent: only agent/** may be", False),
        ((NONE, NEW, "refs/tags/v1"), {"push": ["refs/tags/*"]}, None, False),
        ((NONE, NEW, "refs/agent/x"), {}, "may not be made by an agent: only agent/** may be", False),
    ],
)
def test_a_push_is_compared_with_its_rule(command, more, refused, unproven):
    verdict = judge([rule(access="Write", **more)], push(command))
    assert verdict.refused == ({command[2]: refused} if refused else {})
    assert bool(verdict.unproven) is (unproven or refused == "may not be changed by an agent: only agent/** may be")


def test_what_may_only_be_read_takes_no_push():
    verdict = judge([rule()], push((NONE, NEW, "refs/heads/agent/x")))
    assert verdict.refused == {"refs/heads/agent/x": "this repository may only be read"}


def test_each_level_must_allow_it():
    levels = [rule(access="Write", push=["**"]), rule(access="Write", sub_agents="Write", push=["agent/*"])]
    verdict = judge(levels, push((NONE, NEW, "refs/heads/agent/x"), (NONE, NEW, "refs/heads/other")))
    assert set(verdict.refused) == {"refs/heads/other"}
    assert judge([rule(access="Write"), rule(access="Write", sub_agents="Write", approval="Ask")], push()).asks


def test_push_options_are_refused():
    verdict = judge([rule(access="Write")], push((NONE, NEW, "refs/heads/agent/x"), options=("ci.skip",)))
    assert verdict.refused == {"refs/heads/agent/x": "push options are not passed on"}
