"""What a class may say, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_contract import names
from agent_kube.errors import Refused
from agent_operator.errors import NameUnknown
from agent_operator.gatewayaddress import GatewayAddress, resolve_gateway
from agent_operator.images import is_allowed
from agent_operator.status import Enforced, compute_class_conditions
from tests.support.kubeclient import World
from tests.support.operator import make_class, make_config, make_lookup

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATTERNS = ["r.example/agents/*", "r.example/one:1"]


@pytest.mark.parametrize(
    ("image", "patterns", "expected"),
    [
        ("anything:1", [], True),
        ("runner:1", PATTERNS, True),
        ("r.example/agents/go:2", PATTERNS, True),
        ("r.example/one:1", PATTERNS, True),
        ("r.example/one:12", PATTERNS, False),
        ("r.example/agents", PATTERNS, False),
        ("r.example/agent/go:2", PATTERNS, False),
        ("x.r.example/agents/go:2", PATTERNS, False),
    ],
)
def test_which_images_a_class_may_name(image, patterns, expected):
    assert is_allowed(image, "runner:1", patterns) is expected


async def reconcile(labels=None, *, readable=True, settings=None, **spec):
    """Return the conditions of a class in a namespace with labels."""
    world = World(config=make_config(**(settings or {})))
    world.client.put("namespaces", {"metadata": {"name": "agents", "labels": labels or {}}})
    if not readable:
        world.client.refusals = {"GET namespaces": [Refused("no", 403)]}
    world.add("agentclasses", {"metadata": {"name": "own", "generation": 3}, "spec": spec})
    await world.context._classes.reconcile("own")
    found = world.client.get("agentclasses", "own")["status"]["conditions"]
    return {c["type"]: c for c in found}, await world.context._classes.find("own")


async def test_a_class_of_an_image_that_is_not_allowed_begins_no_run_and_says_so():
    conditions, lookup = await reconcile(settings={"allowed_images": PATTERNS}, image="docker.example/miner:1")
    assert lookup.found is None
    words = (
        "The image docker.example/miner:1 is none that the chart's agents.allowedImages lets classes name: "
        "r.example/agents/*, r.example/one:1."
    )
    assert (lookup.problem.reason, lookup.problem.message) == ("ClassInvalid", words)
    accepted = conditions["Accepted"]
    assert (accepted["status"], accepted["reason"], accepted["message"]) == ("False", "ClassInvalid", words)


async def test_a_class_that_cannot_be_read_is_told_with_its_fields():
    world = World()
    world.add_class(egress="Everywhere", timeouts={"turn": 0})
    lookup = await world.context._classes.find("default")
    assert (lookup.found, lookup.problem.reason) == (None, "ClassInvalid")
    assert "spec.egress, spec.timeouts.turn" in lookup.problem.message
    await world.context._classes.reconcile("default")
    assert world.calls == [f"GET {names.AGENT_CLASSES}", f"PATCH {names.AGENT_CLASSES}/status"]  # it says so itself


@pytest.mark.parametrize(
    ("labels", "status", "reason"),
    [
        ({"pod-security.kubernetes.io/enforce": "restricted"}, "True", "Restricted"),
        ({"pod-security.kubernetes.io/enforce": "baseline"}, "False", "NotEnforced"),
        ({}, "False", "NotEnforced"),
        (None, "Unknown", "NotReadable"),
    ],
)
async def test_a_class_says_whether_its_namespace_enforces_the_restricted_level(labels, status, reason):
    found = (await reconcile(labels, readable=labels is not None))[0]["PodSecurity"]
    assert (found["status"], found["reason"], found["observedGeneration"]) == (status, reason, 3)


def test_a_namespace_that_enforces_nothing_is_named_with_what_mends_it():
    found = compute_class_conditions(make_class(), 1, None, Enforced("agents", ""), NOW)
    assert "kubectl label namespace agents pod-security.kubernetes.io/enforce=restricted" in found[1].message
    assert [c.status for c in found] == ["True", "False"]


async def test_where_the_gateway_is_is_asked_for_pods_that_may_not():
    classes = World(config=make_config(gateway_url="http://localhost:8080")).context._classes
    asked = await classes.with_gateway(make_lookup(egress="GatewayOnly"))
    assert set(asked.gateway) <= {"127.0.0.1", "::1"}
    assert asked.gateway


async def test_other_pods_are_told_where_the_gateway_is_once_it_is_known_and_nobody_waits_for_it():
    classes = World(config=make_config(gateway_url="http://localhost:8080")).context._classes
    assert (await classes.with_gateway(make_lookup())).gateway == ()
    found = await classes.gateway.find()
    assert found
    assert (await classes.with_gateway(make_lookup())).gateway == found


async def test_where_the_gateway_was_is_still_told_while_no_name_service_answers(monkeypatch):
    gateway = GatewayAddress("http://localhost:8080")
    found = await gateway.find()
    monkeypatch.setattr(gateway, "_url", "http://gateway.invalid:8080")
    with pytest.raises(NameUnknown):
        await gateway.find()
    assert gateway.known == found


@pytest.mark.parametrize("url", ["http://10.96.0.7:8080", "http://[fd00::7]:8080"])
async def test_an_address_needs_no_name(url):
    assert await resolve_gateway(url) == ()


async def test_a_gateway_whose_name_nobody_knows_is_looked_for_again():
    with pytest.raises(NameUnknown, match=r"gateway\.invalid"):
        await resolve_gateway("http://gateway.invalid:8080")
