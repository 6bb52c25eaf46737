"""What an agent may ask of a service: its own rules, and those of every agent above it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_contract.apis import ApiRule, NarrowerApi
from agent_gateway.apis.rules import find_room, knows, list_paths, may_write


def rule(*paths, methods=("GET",), **more):
    return ApiRule(connection="npm", paths=paths or ["**"], methods=list(methods), **more)


def test_rules_add_up():
    levels = [
        [
            rule("@acme/**"),
            rule("@acme/*", methods=["PUT"], max_body="1Ki"),
            rule("@acme/*", methods=["PUT"], max_body="2Ki"),
        ]
    ]
    assert find_room(levels, "npm", "@acme/tools", "GET") == 10 << 20
    assert find_room(levels, "npm", "@acme/tools", "HEAD") == 10 << 20
    assert find_room(levels, "npm", "@acme/tools", "PUT") == 2 << 10
    assert find_room(levels, "npm", "@acme/tools/-/x.tgz", "PUT") is None
    assert find_room(levels, "npm", "@acme/tools", "DELETE") is None
    assert find_room(levels, "npm", "@other/tools", "GET") is None
    assert find_room(levels, "pypi", "@acme/tools", "GET") is None


def test_without_rules_nothing_is_allowed():
    assert find_room([[]], "npm", "x", "GET") is None
    assert find_room([], "npm", "x", "GET") is None
    assert not knows([], "npm")
    assert not knows([[rule()], []], "npm")


def test_a_sub_agent_may_do_what_all_above_it_leave():
    own = [rule(methods=["GET", "PUT"])]
    assert find_room([own, [rule("@acme/**")]], "npm", "@acme/x", "GET") == 10 << 20
    assert find_room([own, [rule("@acme/**")]], "npm", "lodash", "GET") is None
    assert find_room([own, own], "npm", "x", "PUT") is None, "above says nothing of writing"
    above = [rule(methods=["GET", "PUT"], sub_agents="Write", max_body="5")]
    assert find_room([own, above], "npm", "x", "PUT") == 5
    assert find_room([own, above, [rule()]], "npm", "x", "PUT") is None


def left(*paths, **more):
    return NarrowerApi(connection="npm", paths=list(paths) or None, **more).widen()


def test_what_is_absent_in_a_narrower_rule_is_as_the_class_says():
    own = [rule("@acme/**", methods=["GET", "PUT"], max_body="3Ki")]
    for method in ("GET", "PUT"):
        assert find_room([own, [left()]], "npm", "@acme/x", method) == 3 << 10
        assert find_room([own, [left("@acme/x")]], "npm", "@acme/y", method) is None
    assert find_room([own, [left(methods=["GET"])]], "npm", "@acme/x", "PUT") is None
    assert find_room([own, [left(max_body="1Ki")]], "npm", "@acme/x", "PUT") == 1 << 10
    assert find_room([own, []], "npm", "@acme/x", "GET") is None


def test_a_narrower_rule_never_allows_more():
    own = [rule("@acme/**")]
    for method, path in (("PUT", "@acme/x"), ("GET", "lodash"), ("DELETE", "@acme/x")):
        assert find_room([own, [left("**", methods=["GET", "PUT", "DELETE"])]], "npm", path, method) is None


@pytest.mark.parametrize(
    ("own", "narrower", "found"),
    [
        (["**"], ["@acme/**"], ["@acme/**"]),
        (["@acme/**"], ["**"], ["@acme/**"]),
        (["@acme/**", "lodash"], ["@acme/x"], ["@acme/x"]),
        (["@acme/x", "lodash"], ["@acme/**"], ["@acme/x"]),
        (["a/**"], ["b/**"], []),
        (["simple/*/"], ["simple/a/"], ["simple/a/"]),
    ],
)
def test_a_pod_is_told_the_narrower_of_two_patterns(own, narrower, found):
    assert list_paths([[rule(*own)], [left(*narrower)]], "npm") == found


def test_what_is_told_of_changes_is_what_every_level_leaves():
    own = [rule(methods=["GET", "PUT"])]
    assert may_write([own], "npm")
    assert may_write([own, [left()]], "npm")
    assert not may_write([own, [left(methods=["GET"])]], "npm")
    assert not may_write([own, own], "npm"), "above says nothing of writing"
    assert not may_write([own, [left(sub_agents="Read")]], "npm")
    assert not may_write([], "npm")


def test_stars_stay_within_parts():
    assert find_room([[rule("simple/*/")]], "npm", "simple/a/", "GET") is not None
    assert find_room([[rule("simple/*/")]], "npm", "simple/a/b/", "GET") is None
    assert find_room([[rule("v1/issues")]], "npm", "v1/issues/2", "GET") is None
    assert find_room([[rule("v1/issues")]], "npm", "V1/issues", "GET") is None


@pytest.mark.parametrize(
    "wrong", [{"paths": ["/a"]}, {"paths": ["a//b%"]}, {"paths": []}, {"methods": ["TRACE"]}, {"methods": []}]
)
def test_a_wrong_rule_is_refused(wrong):
    with pytest.raises(ValidationError):
        ApiRule(connection="npm", **wrong)
