"""What is told of connections: on classes, and to administrators once for each change that lasts."""

from __future__ import annotations

import itertools

import pytest

from agent_contract.agentclass import AgentClass
from agent_gateway.connections.probes import USABLE, State
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.states import PROBE_SECONDS, ConnectionStates, list_repositories
from agent_gateway.resources.reading import read_class
from agent_kube.errors import Away
from tests.support.desk import ADMIN

REFUSED = State("False", "KeyRefused", "hub.example does not accept the gateway's key.")


def build_class(name, *rules):
    repositories = [{"connection": connection, "pattern": pattern} for connection, pattern in rules]
    return read_class({"metadata": {"name": name}, "spec": {"repositories": repositories}})


class Classes:
    """AgentClasses, and what stands in their status."""

    def __init__(self, *found):
        self.found = list(found)
        self.told = {}
        self.writes = 0
        self.away = False

    def all(self):
        return self.found

    async def tell_connections(self, name, told, unusable):
        if self.away:
            raise Away("The API server is away.", None, "Away")
        self.writes += 1
        self.told[name] = (tuple((one.name, one.usable, one.reason) for one in told), unusable)


class Asked:
    """What a prober finds."""

    def __init__(self):
        self.states = {}
        self.with_repositories = {}

    async def probe(self, connection, repositories):
        self.with_repositories[connection.name] = repositories
        return self.states.get(connection.name, USABLE)


def build(store, classes):
    asked = Asked()
    connections = {name: Connection(name, "git", f"https://{name}.example", None) for name in ("hub", "lab")}
    clock = itertools.count(0.0, PROBE_SECONDS).__next__  # each look is one at which it is time
    return asked, ConnectionStates(store, connections, asked, classes, {ADMIN}, lambda: None, clock=clock)


async def texts(store):
    return [
        row["text"] for row in await store.pool.fetch("SELECT text FROM outbox WHERE chat_id = $1 ORDER BY id", ADMIN)
    ]


@pytest.mark.postgres
async def test_administrators_are_told_once_of_what_lasts_and_of_its_end(store):
    await store.requests.note_private(ADMIN, "en")
    asked, states = build(store, Classes())
    asked.states["hub"] = REFUSED
    await states.look()
    assert await texts(store) == [], "a host may restart"
    for _ in range(3):
        await states.look()
    assert await texts(store) == ["I cannot use the connection hub: its key is refused."]
    _, another = build(store, Classes())  # a gateway that begins to lead finds it whole again
    for _ in range(3):
        await another.look()
    assert (await texts(store))[1:] == ["I can use the connection hub again."]
    asked.states["hub"] = State("Unknown", "NotTried")
    for _ in range(3):
        await states.look()
    assert len(await texts(store)) == 2, "of what is not known nothing is told"


@pytest.mark.postgres
async def test_a_class_tells_which_connections_it_can_use_and_is_written_when_that_changes(store):
    classes = Classes(build_class("default"), build_class("team", ("hub", "acme/api"), ("lab", "**"), ("gone", "x/y")))
    asked, states = build(store, classes)
    asked.states["hub"] = REFUSED
    for _ in range(3):
        await states.look()
    assert classes.told == {
        "team": (
            (("gone", "False", "NotConfigured"), ("hub", "False", "KeyRefused"), ("lab", "True", "Usable")),
            "gone: NotConfigured, hub: KeyRefused",
        )
    }
    assert classes.writes == 1
    assert asked.with_repositories == {"hub": ["acme/api"], "lab": []}
    classes.away = True
    asked.states.clear()
    await states.look()
    classes.away = False
    await states.look()
    assert classes.told["team"][1] == "gone: NotConfigured", "what was not taken is written at the next look"


@pytest.mark.postgres
async def test_a_new_class_is_told_at_once_and_nobody_is_asked_before_it_is_time(store):
    classes = Classes()
    asked = Asked()
    connections = {"hub": Connection("hub", "git", "https://hub.example", None)}
    states = ConnectionStates(store, connections, asked, classes, (), lambda: None, clock=lambda: 1.0)
    await states.look()
    asked.states["hub"] = REFUSED
    classes.found = [build_class("wide", ("hub", "acme/*"))]
    await states.look()
    assert classes.told["wide"][1] == "", "as it was found last"
    classes.found = [build_class("narrow", ("hub", "acme/api"))]
    await states.look()
    assert classes.told["narrow"][1] == "hub: KeyRefused"


@pytest.mark.postgres
async def test_what_is_no_connection_any_more_is_forgotten(store):
    asked, states = build(store, Classes())
    await states.look()
    await ConnectionStates(
        store, {"lab": Connection("lab", "git", "https://lab", None)}, asked, Classes(), (), lambda: None
    ).look()
    assert [row["name"] for row in await store.pool.fetch("SELECT name FROM connections")] == ["lab"]


def test_repositories_are_named_by_rules_without_a_star():
    classes = [
        build_class("b", ("hub", "x/y"), ("hub", "acme/*")),
        build_class("a", ("hub", "acme/api"), ("lab", "q/r")),
    ]
    assert list_repositories(classes, "hub") == ["acme/api", "x/y"]


def test_the_status_of_a_class_reads_back():
    said = {
        "connections": [{"name": "hub", "usable": "False", "reason": "KeyRefused"}],
        "unusableConnections": "hub: KeyRefused",
    }
    assert AgentClass.model_validate({"status": said}).status.unusable_connections == "hub: KeyRefused"
