"""What a conversation may use, and what people mean when they name a repository."""

from __future__ import annotations

import random

import pytest
from pydantic import ValidationError

from agent_contract.agentthread import AgentThreadSpec
from agent_contract.repositories import NarrowerRule, RepositoryRule
from agent_gateway.connections.pushes import Command, Push
from agent_gateway.connections.rules import Target, find_rules, judge, may_write
from agent_gateway.repositories.allowed import (
    Named,
    build_levels,
    choose_listed,
    find_connections,
    list_exact,
    list_patterns,
    narrow,
    read_named,
)
from agent_gateway.store.repositories import Chosen

NONE, ONE, TWO = "0" * 40, "1" * 40, "2" * 40
HOSTS = {"hub": "github.com", "lab": "git.example:8443"}


def rule(pattern, connection="hub", **more):
    return RepositoryRule(connection=connection, pattern=pattern, **more)


def narrower(pattern, connection="hub", **more):
    return NarrowerRule(connection=connection, pattern=pattern, **more)


def make_push(*commands):
    return Push(commands, frozenset(), "sha1", "", (), ())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("acme/api", Named("acme/api")),
        (" acme/api.git#release/1 ", Named("acme/api", "release/1")),
        ("hub:acme/api", Named("acme/api", "", "hub")),
        ("https://github.com/acme/api", Named("acme/api", "", None, "github.com")),
        ("https://GitHub.com/acme/api.git/#main", Named("acme/api", "main", None, "github.com")),
        ("git@github.com:acme/api.git", Named("acme/api", "", None, "github.com")),
        ("ssh://git@git.example:8443/a/b/c", Named("a/b/c", "", None, "git.example:8443")),
    ],
)
def test_a_repository_is_named_in_each_way_that_people_know(text, named):
    assert read_named(text) == named


@pytest.mark.parametrize(
    "text",
    ["", "acme", "acme/../api", "acme//api", "acme/%61pi", "acme/api#", "-x/api", "acme/api#-x", "acme/api#a b", "a b/c", "Hub:a/b",
     "https://github.com/acme", "https://u:p@github.com/acme/api", "file:///etc/passwd", "/acme/api", "x" * 5000],
)  # fmt: skip
def test_anything_else_is_none(text):
    assert read_named(text) is None


def test_a_name_is_looked_for_on_every_server_that_may_have_it():
    levels = build_levels([rule("acme/*"), rule("acme/api", "lab")], None)
    assert find_connections(levels, Named("acme/api"), HOSTS) == ["hub", "lab"]
    assert find_connections(levels, Named("acme/api", connection="lab"), HOSTS) == ["lab"]
    assert find_connections(levels, Named("ACME/api", host="github.com"), HOSTS) == ["hub"]
    assert find_connections(levels, Named("acme/api", host="elsewhere.example"), HOSTS) == []
    assert find_connections(levels, Named("other/api"), HOSTS) == []
    only = build_levels([rule("acme/*"), rule("acme/api", "lab")], (narrower("acme/docs"),), None)
    assert find_connections(only, Named("acme/api"), HOSTS) == []


def test_what_is_offered_is_what_may_be_used():
    own = [rule("acme/docs"), rule("acme/*", access="Write"), rule("x/y", "gone")]
    levels = build_levels(own, (narrower("acme/docs"), narrower("acme/api")))
    assert list_exact(levels, HOSTS) == [Chosen("hub", "acme/docs"), Chosen("hub", "acme/api")]
    left = [(one.pattern, one.access) for one in list_patterns(levels, HOSTS)]
    assert left == [("acme/docs", "Read"), ("acme/api", "Write")]
    reading = build_levels(own, narrow(own, "read", None))
    left = [(one.pattern, one.access) for one in list_patterns(reading, HOSTS)]
    assert left == [("acme/docs", "Read"), ("acme/*", "Read")]
    assert list_patterns(build_levels(own, ()), HOSTS) == []
    listed = [("hub", "acme/api"), ("hub", "ACME/API"), ("hub", "acme/secret"), ("hub", "../x"), ("gone", "x/y")]
    assert choose_listed(levels, listed, HOSTS) == [Chosen("hub", "acme/api")]


def test_an_administrator_leaves_all_some_or_nothing():
    own = [rule("acme/docs"), rule("acme/*", access="Write", push=["agent/**"])]
    chosen = Chosen("hub", "acme/api")
    push = make_push(Command(NONE, ONE, "refs/heads/agent/x"))

    def may(how, path):
        found = find_rules(build_levels(own, narrow(own, how, chosen)), Target("hub", path, ""))
        return None if found is None else may_write(found) and not judge(found, push).refused

    assert (may("all", "acme/api"), may("all", "acme/docs"), may("all", "x/y")) == (True, False, None)
    assert (may("read", "acme/api"), may("read", "acme/docs"), may("read", "x/y")) == (False, False, None)
    assert (may("one", "acme/api"), may("one", "acme/web"), may("one", "x/y")) == (True, None, None)
    assert (may("none", "acme/api"), may("none", "acme/docs")) == (None, None)
    with pytest.raises(ValueError, match="no repository is chosen"):
        narrow(own, "one", None)


def test_what_is_absent_in_a_narrower_rule_is_as_the_class_says():
    own = [rule("acme/*", access="Write", push=["agent/**", "refs/tags/v*"], force=["agent/**"], delete=["agent/**"])]
    full = find_rules(build_levels(own, (narrower("acme/api"),)), Target("hub", "acme/api", ""))
    for ref in ("refs/heads/agent/x", "refs/tags/v1"):
        made = make_push(Command(NONE, ONE, ref))
        assert judge(full, made).refused == judge(own, made).refused == {}
    moved = make_push(Command(TWO, ONE, "refs/heads/agent/x"))
    assert judge(full, moved).unproven == judge(own, moved).unproven == []


REFS = ["refs/heads/main", "refs/heads/agent/x", "refs/heads/agent/x/y", "refs/tags/v1"]
REF_PATTERNS = ["**", "agent/**", "agent/*", "main", "refs/tags/*", "refs/**"]
PATTERNS = ["acme/api", "acme/*", "**", "a*/a*", "other/x"]
PATHS = ["acme/api", "acme/web", "other/x", "Acme/Api"]


def some(chance, values):
    return chance.sample(values, chance.randrange(len(values) + 1))


def make_rules(chance, kind, *, absent):
    """Make rules of any content; fields of narrower ones may be absent."""
    made = []
    for _ in range(chance.randrange(4)):
        fields = {
            "access": chance.choice(["Read", "Write"]), "push": some(chance, REF_PATTERNS),
            "force": some(chance, REF_PATTERNS), "delete": some(chance, REF_PATTERNS),
            "approval": chance.choice(["Never", "Ask"]), "sub_agents": chance.choice(["Read", "Write"]),
        }  # fmt: skip
        kept = {name: value for name, value in fields.items() if not absent or chance.random() < 0.5}
        made.append(kind(connection=chance.choice(["hub", "lab"]), pattern=chance.choice(PATTERNS), **kept))
    return made


def allows(levels, target, command):
    """Return what may be done: nothing, read, or what becomes of a push."""
    found = find_rules(levels, target)
    if found is None:
        return None
    verdict = judge(found, make_push(command))
    return not verdict.refused, not verdict.unproven, not verdict.asks


def test_a_narrower_rule_never_allows_more():
    chance = random.Random(13)
    compared = 0
    for _ in range(4000):
        own = make_rules(chance, RepositoryRule, absent=False)
        rules = make_rules(chance, NarrowerRule, absent=True)
        target = Target(chance.choice(["hub", "lab"]), chance.choice(PATHS), "")
        old, new = chance.choice([(NONE, ONE), (ONE, TWO), (ONE, NONE)])
        command = Command(old, new, chance.choice(REFS))
        before = allows(build_levels(own), target, command)
        after = allows(build_levels(own, tuple(rules)), target, command)
        if after is not None:
            assert before is not None
            assert all(was or not now for was, now in zip(before, after, strict=True)) or not after[0]
            compared += 1
    assert compared > 200


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        ([{"connection": "Hub", "pattern": "acme/api"}], "repositories.0.connection"),
        ([{"connection": "hub", "pattern": "acme/api?"}], "repositories.0.pattern"),
        ([{"connection": "hub", "pattern": "acme/api", "access": "All"}], "repositories.0.access"),
        ([{"pattern": "acme/api"}], "repositories.0.connection"),
    ],
)
def test_a_rule_that_is_none_is_refused_where_it_is_wrong(rules, where):
    channel = {"botId": 7, "chatId": 42}
    with pytest.raises(ValidationError) as raised:
        AgentThreadSpec.model_validate({"channel": channel, "repositories": rules})
    assert ".".join(map(str, raised.value.errors()[0]["loc"])) == where
