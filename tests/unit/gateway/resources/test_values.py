"""What is kept of a resource, what that costs, and which differences count."""

from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import replace

import pytest

from agent_contract import names
from agent_contract.agentthread import AgentThread
from agent_gateway.resources.packing import pack_subagent, pack_thread, unpack_subagent, unpack_thread
from agent_gateway.resources.reading import read_class, read_subagent, read_thread
from agent_gateway.resources.threadspec import build_settings
from agent_gateway.resources.values import ModelValue, find_run, same_subagent, same_thread
from agent_kube.cache import Cache
from dev.bench.outside import build_thread

COUNT = 2_000
MOST_BYTES = 1024


def build_subagent(number=1, **status):
    metadata = {"name": f"tg-1-r1-k{number}", "uid": f"00000000-0000-0000-0000-{number:012}", "resourceVersion": "7",
                "labels": {names.LABEL_CALL: "call-1"}}  # fmt: skip
    return {"metadata": metadata, "spec": {"task": "x" * 8000}, "status": {"phase": "Succeeded", **status}}


def measure(read, build):
    """Return the bytes that one object of many costs in a cache."""
    cache = Cache("Thing", read, lambda *_: None)
    read(build(COUNT))
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(COUNT):
            cache.take(json.loads(json.dumps(build(number))))
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / COUNT
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(300)
def test_a_thread_costs_less_than_a_kibibyte_and_the_whole_model_many():
    """It was some 22 kB of memory each."""
    slim = measure(lambda raw: pack_thread(read_thread(raw)), build_thread)
    whole = measure(AgentThread.model_validate, build_thread)
    assert slim < MOST_BYTES < whole / 3


@pytest.mark.timeout(300)
def test_a_sub_agent_costs_less_than_a_kibibyte_beside_its_result():
    cost = measure(
        lambda raw: pack_subagent(read_subagent(raw)), lambda n: build_subagent(n, result="done", reason="Completed")
    )
    assert cost < MOST_BYTES


@pytest.mark.parametrize("number", range(3))
def test_what_is_kept_is_no_work_for_the_garbage_collector(number):
    kept = [
        pack_thread(read_thread(build_thread(42, model={"name": "glm-5"}))),
        pack_thread(read_thread(build_refused())),
        pack_subagent(read_subagent(build_subagent(result="done"))),
    ][number]
    for _ in range(4):  # a tuple is let go once what it holds was
        gc.collect()
    assert not gc.is_tracked(kept)


def build_refused():
    raw = build_thread(42, stop=3, suspend=True, model={"name": "glm-5", "images": True}, classRef={"name": "big"})
    raw["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    raw["status"]["conditions"][0] |= {"status": "False", "reason": "ClassInvalid", "message": "It is wrong."}
    return raw


NARROWER = [
    {"connection": "hub", "pattern": "acme/*", "access": "Read", "push": []},
    {"connection": "lab", "pattern": "a/b"},
]


LEFT = {
    "apis": [{"connection": "npm", "paths": ["@acme/**"], "methods": ["GET"]}],
    "mcpServers": [{"connection": "tracker", "tools": {"allow": ["add"], "deny": []}, "resources": False}],
}


@pytest.mark.parametrize(
    "raw",
    [build_thread(42), build_refused(), {**build_thread(42), "status": {}}]
    + [build_thread(42, repositories=rules) for rules in (NARROWER, [])]
    + [build_thread(42, apis=[], mcpServers=[]), build_thread(42, **LEFT)],
)
def test_a_thread_that_was_kept_is_given_as_it_was(raw):
    found = read_thread(raw)
    kept = pack_thread(found)
    assert unpack_thread(kept) == found
    for _ in range(4):
        gc.collect()
    assert not gc.is_tracked(kept)


@pytest.mark.parametrize("status", [{}, {"result": "done", "finishedAt": "2026-01-01T00:00:00Z"}, {"phase": None}])
def test_a_sub_agent_that_was_kept_is_given_as_it_was(status):
    found = read_subagent(build_subagent(**status))
    assert unpack_subagent(pack_subagent(found)) == found


def test_a_thread_is_read():
    found = read_thread(build_refused())
    assert (found.name, found.version, found.deleting) == ("tg-42", "5", True)
    assert (found.spec.run, found.spec.stop, found.spec.suspend, found.spec.class_ref.name) == (1, 3, True, "big")
    assert found.spec.model == ModelValue(name="glm-5", images=True)
    assert [(c.type, c.status, c.reason) for c in found.status.conditions] == [("Accepted", "False", "ClassInvalid")]
    assert find_run(found, 1).reason == "IdleTimeout"
    assert find_run(found, 2) is None
    model = {"name": "glm-5", "images": True}
    assert build_settings(found) == {"classRef": {"name": "big"}, "suspend": True, "model": model}


def test_narrower_rules_of_a_moved_conversation_are_settings_though_they_allow_nothing():
    found = [read_thread(build_thread(42, repositories=rules)) for rules in (NARROWER, [], None)]
    assert [build_settings(one).get("repositories") for one in found] == [NARROWER, [], None]
    settings = build_settings(read_thread(build_thread(42, **LEFT)))
    assert {field: settings[field] for field in LEFT} == LEFT
    assert build_settings(read_thread(build_thread(42, apis=[])))["apis"] == []


def test_a_sub_agent_is_read_without_its_task():
    found = read_subagent(build_subagent(result="done"))
    assert (found.name, found.call_id, found.status.result, found.spec.depth) == ("tg-1-r1-k1", "call-1", "done", 1)
    assert "x" * 100 not in repr(found)


def test_a_class_is_read():
    found = read_class({"metadata": {"name": "big"}, "spec": {"timeouts": {"turn": 900}, "model": {"name": "glm"}}})
    assert (found.spec.timeouts.turn, found.spec.model.name, found.spec.sub_agents.max_depth) == (900, "glm", 1)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda raw: raw["metadata"].update(resourceVersion="6", labels={}, annotations={"a": "b"}), True),
        (lambda raw: raw["spec"].update(title="renamed"), True),
        (lambda raw: raw["status"]["run"].update(podName="another"), True),
        (lambda raw: raw["status"]["conditions"][1].update(status="False"), True),
        (lambda raw: raw["status"]["conditions"][0].update(status="False"), False),
        (lambda raw: raw["metadata"].update(uid="another"), False),
        (lambda raw: raw["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z"), False),
        (lambda raw: raw["spec"].update(suspend=True), False),
        (lambda raw: raw["spec"].update(classRef={"name": "big"}), False),
        (lambda raw: raw["spec"].update(run=2), False),
        (lambda raw: raw["status"].update(phase="Running"), False),
        (lambda raw: raw["status"]["run"].update(message="another"), False),
    ],
)
def test_what_a_conversation_acts_on_makes_the_difference(change, same):
    raw = build_thread(42)
    old = read_thread(build_thread(42))
    change(raw)
    assert same_thread(old, read_thread(raw)) is same


def test_coming_and_going_are_differences():
    thread, child = read_thread(build_thread(42)), read_subagent(build_subagent())
    assert not same_thread(None, thread)
    assert not same_thread(thread, None)
    assert same_thread(None, None)
    assert same_subagent(child, replace(child, version="8"))
    assert not same_subagent(child, replace(child, deleting=True))
    assert not same_subagent(child, None)


@pytest.mark.parametrize(("observed", "claimed"), [(None, True), (3, True), (2, False)])
def test_no_pod_is_claimed_that_was_made_of_the_class_before_its_last_change(observed, claimed):
    condition = {"type": "WarmPool", "status": "True", "reason": "Full", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    told = [] if observed is None else [{**condition, "observedGeneration": observed}]
    raw = {
        "metadata": {"name": "default", "generation": 3},
        "status": {"warmPool": {"hash": "0123456789abcdef"}, "conditions": told},
    }
    assert (read_class(raw).pool_hash == "0123456789abcdef") is claimed
