"""What is left of services and tool servers, and what an administrator's buttons make of it."""

from __future__ import annotations

import pytest

from agent_contract.apis import NarrowerApi
from agent_contract.team import NarrowerServer
from agent_gateway.connections.left import leave_apis, leave_servers, list_reached
from agent_gateway.resources.reading import read_class
from agent_gateway.wording.services import build_service_buttons, parse_service, read_service_thread, services_text

SPEC = read_class({"spec": {
    "apis": [
        {"connection": "npm", "paths": ["@acme/**"]}, {"connection": "npm", "methods": ["PUT"]}, {"connection": "wiki"},
    ],
    "mcpServers": [{"connection": "tracker"}, {"connection": "wiki"}],
}}).spec  # fmt: skip


def shown(apis=None, servers=None):
    return [(one.kind, one.connection, one.left, one.writes) for one in list_reached(SPEC, [apis], [servers])]


def test_without_narrower_rules_all_is_left():
    assert shown() == [
        ("service", "npm", "all", True), ("service", "wiki", "all", False),
        ("server", "tracker", "all", False), ("server", "wiki", "all", False),
    ]  # fmt: skip


def test_what_is_left_is_told_apart():
    apis = (NarrowerApi(connection="npm", methods=["GET"]),)
    servers = (NarrowerServer(connection="tracker", resources=False),)
    assert [left for _, _, left, _ in shown(apis, servers)] == ["read", "none", "less", "none"]
    assert [left for _, _, left, _ in shown((), ())] == ["none"] * 4
    both = (*apis, NarrowerApi(connection="npm"))
    assert shown(both)[0][2] == "all", "rules add up"


def test_what_is_wanted_and_what_stands_both_hold():
    reached = list_reached(SPEC, [None, (NarrowerApi(connection="npm"),)], [(), None])
    assert [one.left for one in reached] == ["all", "none", "none", "none"]


def test_each_target_leaves_the_others_as_they_are():
    own = NarrowerApi(connection="wiki", paths=["pages/**"])
    read = leave_apis(SPEC, (NarrowerApi(connection="npm"), own), "npm", "read")
    assert read == (own, NarrowerApi(connection="npm", methods=["GET"]))
    assert leave_apis(SPEC, read, "npm", "none") == (own,)
    assert leave_apis(SPEC, None, "npm", "none") == (NarrowerApi(connection="wiki"),)
    assert leave_servers(SPEC, None, "tracker", "none") == (NarrowerServer(connection="wiki"),)
    assert leave_servers(SPEC, (), "wiki", "all") == (NarrowerServer(connection="wiki"),)


def test_where_all_is_left_again_there_are_no_rules():
    assert leave_apis(SPEC, (NarrowerApi(connection="wiki"),), "npm", "all") is None
    assert leave_servers(SPEC, (NarrowerServer(connection="wiki"),), "tracker", "all") is None
    assert leave_apis(SPEC, (), "npm", "all") == (NarrowerApi(connection="npm"),)


def test_the_chat_is_told_what_is_reached_and_administrators_what_is_off():
    reached = list_reached(SPEC, [(NarrowerApi(connection="npm", methods=["GET"]),)], [None])
    assert (
        services_text("en", reached, admin=False)
        == "Here I reach:\n- `npm`: read\n- `tracker`: its tools\n- `wiki`: its tools"
    )
    assert "- `wiki`: off" in services_text("en", reached, admin=True)
    assert services_text("en", [], admin=False) == "I reach no services and no tool servers here."
    assert "spec.apis" in services_text("en", [], admin=True)


def test_buttons_offer_what_is_not_so_yet_and_are_read_back():
    [npm, *_] = reached = list_reached(SPEC, [(NarrowerApi(connection="npm", methods=["GET"]),)], [None])
    buttons = build_service_buttons("en", 9, reached)
    assert [one.text for one in buttons] == ["npm: all", "npm: off", "wiki: all", "tracker: off", "wiki: off"]
    assert all(len(one.data) <= 64 for one in buttons)
    pressed = [parse_service(one.data) for one in buttons]
    assert [(kind, target) for _, kind, _, target in pressed] == [
        ("service", "all"), ("service", "none"), ("service", "all"), ("server", "none"), ("server", "none"),
    ]  # fmt: skip
    assert read_service_thread(buttons[0].data) == 9
    assert npm.left == "read"


@pytest.mark.parametrize(
    "data",
    ["sv:1:a:0123456789ab:less", "sv:x:a:0123456789ab:all", "sv:1:z:0123456789ab:all", "rr:1:all", "sv:1:a:0123:all"],
)
def test_other_buttons_are_none_of_these(data):
    assert parse_service(data) is None
    assert read_service_thread(data) is None
