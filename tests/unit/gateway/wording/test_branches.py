"""What a message tells of branches: one message, whatever they are called, with links to known forges alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from agent_gateway.connections.settings import Connection
from agent_gateway.diffs.branches import read_branches
from agent_gateway.diffs.report import NoDiff
from agent_gateway.render.render import MAX_ENTITIES, render
from agent_gateway.store.pushedrefs import PushedRef
from agent_gateway.wording.branches import build_branches, build_link
from agent_gateway.wording.say import LANGUAGES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FORGES = {
    "hub": Connection("hub", "github", "https://github.com", None),
    "lab": Connection("lab", "gitlab", "https://gitlab.example", None),
    "tea": Connection("tea", "gitea", "https://gitea.example/sub", None),
    "own": Connection("own", "git", "https://git.example", None),
}


def pushed(connection="hub", path="acme/api", ref="refs/heads/fix/login"):
    return PushedRef(connection, path, ref, NOW)


def repository(*branches, path="api", **more):
    rows = [{"name": name, "current": current, **counts} for name, current, counts in branches]
    return {"path": path, "base": "origin/main", "branches": rows, **more}


def read(*repositories):
    return read_branches(json.dumps({"repositories": repositories}).encode())


def test_branches_and_what_was_pushed_are_one_message():
    told = read(repository(("fix", True, {"ahead": 2, "behind": 1}), ("main", False, {}), more=True))
    (chunk,) = render(build_branches("en", told, [pushed(), pushed("own", "a/b", "refs/heads/x")], FORGES, ["A note."]))
    assert chunk.text.split("\n") == [
        "A note.", "", "In my workspace", "", "api", "▸ fix +2 \N{MINUS SIGN}1", "· main", "…and more", "", "Pushed from here", "",
        "· acme/api fix/login · open", "· a/b x",
    ]  # fmt: skip
    (link,) = [e for e in chunk.entities if e.type == "text_link"]
    assert link.url == "https://github.com/acme/api/compare/fix/login"


@pytest.mark.parametrize(
    ("connection", "ref", "url"),
    [
        ("lab", "refs/heads/a b", "https://gitlab.example/acme/api/-/tree/a%20b"),
        ("tea", "refs/heads/x?y#z", "https://gitea.example/sub/acme/api/src/branch/x%3Fy%23z"),
        ("own", "refs/heads/x", ""),
        ("gone", "refs/heads/x", ""),
        ("hub", "refs/tags/v1", ""),
    ],
)
def test_links_lead_to_the_pages_of_forges(connection, ref, url):
    assert build_link(pushed(connection, ref=ref), FORGES) == url


def test_many_and_long_names_stay_one_message_and_names_are_only_names():
    name = "x`](tg://user?id=1) /stop **" + "y" * 200
    told = read(*(repository(*((name, False, {}) for _ in range(10)), path=name[:200]) for _ in range(10)))
    for language in LANGUAGES:
        (chunk,) = render(build_branches(language, told, [pushed(ref=f"refs/heads/{name}")] * 16, FORGES))
        assert len(chunk.entities) <= MAX_ENTITIES
        assert {e.type for e in chunk.entities} <= {"bold", "code", "text_link"}


def test_nothing_is_said_as_nothing():
    assert build_branches("en", (), [], FORGES) == (
        "There are no repositories in my workspace, and nothing was pushed from here."
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"repositories":[{"path":1}]}',
        b'{"repositories":[{"path":"a","branches":[{"name":""}]}]}',
        b"[" * 10**5,
    ],
)
def test_what_a_pod_tells_that_is_none_is_refused(data):
    with pytest.raises(NoDiff):
        read_branches(data)
