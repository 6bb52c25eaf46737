"""Which repositories a workspace begins with, and in which folders."""

from __future__ import annotations

from agent_contract.agentclass import Workspace
from agent_gateway.connections.settings import Connection
from agent_gateway.repositories.preparing import build_checkouts, find_folder
from agent_gateway.store.repositories import Chosen, ChosenState

CONNECTIONS = {"hub": Connection("hub", "github", "https://github.com", None)}
WORKSPACE = Workspace.model_validate({"repositories": [
    {"connection": "hub", "repository": "acme/api", "ref": "main", "depth": 1, "filter": "blob:none"},
    {"connection": "hub", "repository": "acme/tools", "path": "bin"},
    {"connection": "gone", "repository": "acme/x"},
]})  # fmt: skip


def show(made):
    return [(one.repository, one.folder, one.ref, one.fresh) for one in made]


def test_those_of_the_class_come_over_connections_that_there_are():
    made = build_checkouts(WORKSPACE, None, CONNECTIONS)
    assert show(made) == [("acme/api", "api", "main", False), ("acme/tools", "bin", "", False)]
    assert made[0].address == "https://github.com/acme/api.git"
    assert (made[0].depth, made[0].filter) == (1, "blob:none")


def test_a_chosen_one_comes_besides_or_in_its_place():
    chosen = ChosenState(Chosen("hub", "acme/web", "x"), "wanted")
    assert show(build_checkouts(WORKSPACE, chosen, CONNECTIONS))[-1] == ("acme/web", "web", "x", True)
    same = ChosenState(Chosen("hub", "Acme/API", "x"), "ready")
    assert show(build_checkouts(WORKSPACE, same, CONNECTIONS)) == [
        ("Acme/API", "api", "x", False), ("acme/tools", "bin", "", False)
    ]  # fmt: skip
    away = ChosenState(Chosen("gone", "acme/web"), "wanted")
    assert len(build_checkouts(WORKSPACE, away, CONNECTIONS)) == 2


def test_two_of_one_name_have_a_folder_each():
    assert find_folder(WORKSPACE, Chosen("hub", "other/api"), CONNECTIONS) == "other-api"
    assert find_folder(WORKSPACE, Chosen("hub", "other/bin"), CONNECTIONS) == "other-bin"
    assert find_folder(Workspace(), Chosen("hub", "a/-x"), CONNECTIONS) == "x"
