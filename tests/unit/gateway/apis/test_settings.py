"""The HTTP services that the chart writes, and what an agent is told of them."""

from __future__ import annotations

import json

import aiohttp
import pytest

from agent_contract import wire
from agent_contract.apis import ApiRule
from agent_gateway.apis.offers import build_offers
from agent_gateway.apis.settings import Api, read_apis
from agent_gateway.connections.credentials import NoCredential
from agent_gateway.connections.settings import BadConnections, read_connections

GIT = {"name": "hub", "forge": "github", "url": "https://github.com"}
NPM = {"kind": "http", "name": "npm", "format": "npm", "url": "https://npm.example/api/npm/team/"}


def read(folder, *connections):
    file = folder / "connections.json"
    file.write_text(json.dumps(connections))
    return read_apis(file)


def test_each_kind_takes_its_own(tmp_path):
    assert list(read(tmp_path, GIT, NPM)) == ["npm"]
    assert list(read_connections(tmp_path / "connections.json", aiohttp.ClientSession)) == ["hub"]
    assert read_apis(None) == {}


def test_an_address_has_a_place_within_the_pod(tmp_path):
    npm = read(tmp_path, NPM)["npm"]
    assert (npm.origin, npm.base) == ("https://npm.example", "/api/npm/team")
    assert npm.inside == f"http://127.0.0.1:{npm.port}/api/npm/team"
    assert npm.port == read(tmp_path, GIT, NPM, {**NPM, "name": "other"})["npm"].port, "others do not move it"
    assert read(tmp_path, {**NPM, "port": 4873})["npm"].port == 4873


def test_the_key_is_read_anew_and_goes_where_the_service_wants_it(tmp_path):
    file = tmp_path / "key"
    wanted = {"bearer": {}, "basic": {"user": "robot"}, "own": {"header": "PRIVATE-TOKEN"}}
    apis = read(tmp_path, *({**NPM, "name": name, "tokenFile": str(file), **more} for name, more in wanted.items()))
    with pytest.raises(NoCredential):
        apis["bearer"].key.build_header()
    for key in ("one", "two"):
        file.write_text(f"{key}\n")
        assert apis["bearer"].key.build_header() == {"Authorization": f"Bearer {key}"}
        assert apis["own"].key.build_header() == {"PRIVATE-TOKEN": key}
    assert apis["basic"].key.build_header() == {"Authorization": "Basic cm9ib3Q6dHdv"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "https://me:secret@npm.example"}, "more than a host"), ({"url": "https://npm.example/?a=b"}, "more than a host"),
        ({"url": "https://npm.example/a%2fb"}, "more than a host"), ({"url": "ftp://x"}, "url"), ({"format": "cargo"}, "format"),
        ({"user": "me", "header": "X-Key"}, "into one of them"), ({"header": "X Key"}, "header"), ({"user": "a:b"}, "user"),
        ({"hosts": ["https://x"]}, "hosts"), ({"port": 80}, "port"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_without_a_secret(tmp_path, wrong, words):
    with pytest.raises(BadConnections, match=words) as told:
        read(tmp_path, {**NPM, **wrong})
    assert "secret" not in str(told.value)


def test_two_of_one_name_or_port_are_refused(tmp_path):
    with pytest.raises(BadConnections, match="one name"):
        read(tmp_path, NPM, NPM)
    with pytest.raises(BadConnections, match="one port, 4873"):
        read(tmp_path, {**NPM, "port": 4873}, {**NPM, "name": "other", "port": 4873})


def test_an_agent_is_told_what_all_levels_let_it_reach():
    apis = {name: Api(name, "npm", f"https://{name}.example", 20000) for name in ("npm", "lab", "gone")}
    own = [
        ApiRule(connection="npm", paths=["@acme/**"], methods=["GET", "PUT"]),
        ApiRule(connection="lab"),
        ApiRule(connection="x"),
    ]
    found = {one.name: one for one in build_offers([own], apis)}
    assert set(found) == {"npm", "lab"}
    assert (found["npm"].paths, found["npm"].writes, found["lab"].writes) == (["@acme/**"], True, False)
    [below] = build_offers([own, [ApiRule(connection="npm")]], apis)
    assert (below.name, below.writes) == ("npm", False)
    assert build_offers([[]], apis) == []


def test_however_much_there_is_a_welcome_is_one_frame():
    names = [f"{number:02}".ljust(63, "x") for number in range(64)]
    apis = {name: Api(name, "npm", f"https://{name}.example/".ljust(256, "y"), 20000) for name in names}
    paths = [f"{number:02}/".ljust(250, "z") for number in range(32)]
    offers = build_offers([[ApiRule(connection=name, paths=paths) for name in names]], apis)
    assert len(offers) == 64
    assert len(wire.encode(wire.Welcome(thread="t", session_id="s", apis=offers))) < wire.SMALL_FRAME
