"""Where people may link accounts, as the connections say."""

from __future__ import annotations

import json

import pytest

from agent_gateway.accounts.linkable import read_linkable, read_unlinkable
from agent_gateway.connections.settings import BadConnections


def write(folder, *connections):
    file = folder / "connections.json"
    file.write_text(json.dumps([{"name": f"c{number}", **one} for number, one in enumerate(connections)]))
    return file


def test_connections_with_a_client_are_those(tmp_path):
    file = write(
        tmp_path,
        {"forge": "github", "url": "https://github.com", "clientId": "Iv1.1", "appId": "7", "tokenFile": "/x"},
        {"forge": "github", "url": "https://git.example/", "clientId": "Iv1.2", "scopes": "repo"},
        {"forge": "gitlab", "url": "https://lab.example/git", "clientId": "abc"},
        {"forge": "gitea", "url": "https://tea.example"},
        {"url": "https://other.example"},
    )
    found = read_linkable(file)
    assert [(one.name, one.api, one.scopes) for one in found.values()] == [
        ("c0", "https://api.github.com", ""), ("c1", "https://git.example/api/v3", "repo"),
        ("c2", "https://lab.example/git/api/v4", "api"),
    ]  # fmt: skip
    assert [one.host for one in found.values()] == ["github.com", "git.example", "lab.example"]
    assert read_unlinkable(file) == ("tea.example",)
    assert read_linkable(None) == {}


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"forge": "gitea", "url": "https://tea.example", "clientId": "x"}, "gitea no way"),
        ({"forge": "github", "url": "https://github.com", "clientId": "x", "name": "n" * 60}, "too long"),
        ({"forge": "github", "url": "nowhere", "clientId": "secret-like"}, "cannot be read"),
        ({"forge": "github", "url": "https://github.com", "clientId": "a b"}, "cannot be read"),
    ],
)
def test_what_cannot_work_is_told_without_what_it_holds(tmp_path, one, words):
    with pytest.raises(BadConnections, match=words) as told:
        read_linkable(write(tmp_path, one))
    assert "secret-like" not in str(told.value)
