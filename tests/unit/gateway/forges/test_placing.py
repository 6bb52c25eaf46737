"""Which repository an agent means, and which branches it may ask for."""

from __future__ import annotations

import pytest

from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.rules import explain_pull
from agent_gateway.connections.settings import Connection
from agent_gateway.forges.placing import NotAllowed, check_write, find_repository, read_branch

CONNECTIONS = {
    "hub": Connection("hub", "github", "https://github.com", None, api="https://api.github.com"),
    "lab": Connection("lab", "gitlab", "https://lab.example:8443/git", None),
    "plain": Connection("plain", "git", "https://git.example", None),
}


def rule(connection="hub", pattern="acme/*", access="Write", **more):
    return RepositoryRule(connection=connection, pattern=pattern, access=access, **more)


@pytest.mark.parametrize(
    "text",
    [
        "acme/api", " acme/api.git ", "https://github.com/acme/api", "https://github.com/acme/api.git", "git@github.com:acme/api.git",
        "ssh://git@github.com/acme/api", "HTTPS://github.com/acme/api".lower(),
    ],
)  # fmt: skip
def test_a_name_and_every_address_that_git_takes_mean_the_repository(text):
    asked = find_repository(text, CONNECTIONS, [[rule()]])
    assert (asked.connection.name, asked.path) == ("hub", "acme/api")


def test_a_server_below_a_path_is_known_by_its_address():
    levels = [[rule("lab", "team/**")]]
    for text in ("https://lab.example:8443/git/team/sub/api", "git@lab.example:team/sub/api", "team/sub/api"):
        assert find_repository(text, CONNECTIONS, levels).path == "team/sub/api"


@pytest.mark.parametrize(
    "text",
    ["other/api", "https://evil.example/acme/api", "acme/../secret/api", "acme/%2e%2e/api", "acme//api", "", "acme", "acme/api/x/../y", "ácme/api", "-x/api"],
)  # fmt: skip
def test_what_no_rule_names_is_not_there(text):
    with pytest.raises(NotAllowed, match="is not among the repositories of this agent"):
        find_repository(text, CONNECTIONS, [[rule()]])


def test_every_agent_above_must_name_it_too():
    with pytest.raises(NotAllowed):
        find_repository("acme/api", CONNECTIONS, [[rule()], [rule(pattern="acme/web")]])


def test_of_two_with_one_name_the_address_is_asked_for():
    levels = [[rule(), rule("lab")]]
    with pytest.raises(
        NotAllowed, match=r"as one of https://github.com/acme/api, https://lab.example:8443/git/acme/api"
    ):
        find_repository("acme/api", CONNECTIONS, levels)
    assert find_repository("https://github.com/acme/api", CONNECTIONS, levels).connection.name == "hub"


def test_a_plain_git_server_has_none():
    with pytest.raises(NotAllowed, match="git server without pull requests"):
        find_repository("acme/api", CONNECTIONS, [[rule("plain")]])


@pytest.mark.parametrize(
    ("levels", "may"),
    [
        ([[rule()]], True),
        ([[rule(access="Read")]], False),
        ([[rule()], [rule()]], False),
        ([[rule()], [rule(sub_agents="Write")]], True),
        ([[rule()], [rule(access="Read", sub_agents="Write")]], False),
    ],
)
def test_who_may_only_read_opens_nothing(levels, may):
    asked = find_repository("acme/api", CONNECTIONS, levels)
    if may:
        check_write(asked)
    else:
        with pytest.raises(NotAllowed, match="may only be read"):
            check_write(asked)


@pytest.mark.parametrize(
    "name", ["", "a b", "a..b", "/a", "a/", "a.lock", "-a", "a\nb", "evil:branch", "~x", "a//b", "x" * 251, "ä"]
)
def test_what_is_no_branch_is_refused(name):
    with pytest.raises(NotAllowed, match="no name of a branch"):
        read_branch(name)


def test_a_branch_is_read_with_and_without_its_folder():
    assert read_branch("refs/heads/agent/fix-1") == read_branch(" agent/fix-1 ") == "agent/fix-1"


@pytest.mark.parametrize(
    ("rules", "head", "base", "words"),
    [
        ([rule()], "agent/fix", "main", None),
        ([rule()], "fix", "main", "the branch fix is none of an agent's: only agent/** may be"),
        ([rule(pull_request_bases=["develop"])], "agent/fix", "main", "no pull request may go into main: only develop may be"),
        ([rule(pull_request_bases=[])], "agent/fix", "main", "no pull request may go into main: none may be"),
        ([rule(), rule(push=["agent/x/**"])], "agent/fix", "main", "the branch agent/fix is none of an agent's"),
        ([rule(push=[], force=["try/*"])], "try/one", "release/1.2", None),
    ],
)  # fmt: skip
def test_branches_are_held_against_the_rules(rules, head, base, words):
    found = explain_pull(rules, head, base)
    assert found is None if words is None else found.startswith(words)
