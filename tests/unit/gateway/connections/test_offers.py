"""What a pod's git is told to send over the gateway."""

from __future__ import annotations

from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.offers import build_offers
from agent_gateway.connections.settings import Connection

CONNECTIONS = {name: Connection(name, "git", f"https://{name}.example", None) for name in ("lab", "hub")}


def offers(*rules):
    found = build_offers([RepositoryRule(connection=name, pattern=pattern) for name, pattern in rules], CONNECTIONS)
    return {one.name: (one.host, one.prefixes) for one in found}


def test_what_rules_name_goes_over_the_gateway_and_all_else_out_by_itself():
    found = offers(("lab", "acme/*"), ("lab", "acme/api"), ("hub", "**"), ("hub", "x/y"), ("gone", "a/b"))
    assert found == {"lab": ("lab.example", ["acme/"]), "hub": ("hub.example", [""])}


def test_without_a_rule_nothing_does():
    assert offers() == {}


def test_a_pattern_within_a_part_begins_there():
    assert offers(("lab", "acme/api-*"), ("lab", "acme/docs")) == {"lab": ("lab.example", ["acme/api-", "acme/docs"])}
