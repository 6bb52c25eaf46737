"""What an AgentClass allows of sub-agents, on a real Postgres; resources and runners are played."""

from __future__ import annotations

import json

import pytest

from agent_contract.agentclass import AgentClass
from agent_contract.names import SUBAGENT_RUN
from agent_contract.terms import Timeouts
from agent_gateway.errors import ClassUnknown
from agent_gateway.resources.fakes import FakeResources
from agent_gateway.resources.reading import read_class
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.subagents.classes import Classes
from agent_gateway.wording import keys
from tests.support.children import TASK, ask, begin, connect_child, created, results
from tests.support.desk import running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


def make_class(**spec):
    return AgentClass.model_validate({"spec": spec})


async def test_what_a_class_does_not_allow_is_refused_by_the_limits_name(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"subAgents": {"maxChildren": 1}}})
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        refused = await ask(desk, thread, turn, "call-2", seq=3)
        assert not refused.ok
        assert "that is the limit" in refused.text
        own, runner = await connect_child(desk, child.name)
        await desk.store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
        deeper = await ask(desk, own, runner.turns[0], "call-3", run=SUBAGENT_RUN, seq=2)
        assert not deeper.ok
        assert "sub-agent" in deeper.text


async def test_one_lives_no_longer_than_the_turn_that_waits_for_it(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"timeouts": {"turnMax": 60}}})
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn, timeout_seconds=5000)
        assert 50 <= child.timeout <= 60


async def test_one_that_a_late_turn_of_a_run_asks_for_has_its_time(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await store.pool.execute("UPDATE runs SET hello_at = now() - interval '3590 seconds'")
        child = await ask(desk, thread, turn, timeout_seconds=1800)
        assert child.timeout == 1800


async def test_each_message_may_have_as_many(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = make_class(subAgents={"maxChildren": 1})
        thread, turn, runner = await begin(desk)
        await ask(desk, thread, turn)
        refused = await ask(desk, thread, turn, "call-2", seq=3)
        assert "for this message" in refused.text
        await store.turns.end(turn.id, 1, 4, TurnState.DONE, None, Final("done"))
        desk.registry.link(thread.id).turn_id = None
        await desk.say("once more")
        await eventually(lambda: len(runner.turns) == 2)
        second = runner.turns[1]
        await store.turns.started(second.id, 1, 5)
        assert (await ask(desk, thread, second, "call-3", seq=6)).name == "tg-42-r1-k2"
        refused = await ask(desk, thread, second, "call-4", seq=7)
        assert not refused.ok


async def test_what_a_person_starts_is_not_counted(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = make_class(subAgents={"maxChildren": 2})
        thread, turn, _ = await begin(desk)
        for number in (1, 2):
            await desk.say(f"/spawn {TASK}", message_id=100 + number)
            await created(desk, f"tg-42-r1-k{number}")
        assert (await ask(desk, thread, turn)).name == "tg-42-r1-k3"


async def test_limits_that_cannot_be_read_are_not_assumed(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        desk.resources.found_class = None
        refused = await ask(desk, thread, turn)
        assert not refused.ok
        assert refused.text == keys.subagents_limits_unknown("en")
        await desk.say(f"/spawn {TASK}")
        assert (await desk.said())[-1] == keys.subagents_limits_unknown("en")
        assert await store.subagents.children(thread.id) == []


async def test_a_class_of_the_children_that_cannot_be_read_is_not_assumed_either(store):
    async with running_desk(store) as desk:
        known = {"default": read_class(make_class(subAgents={"classRef": {"name": "small"}}))}

        async def find_class(name):
            return known.get(name)

        desk.resources.find_class = find_class
        thread, turn, _ = await begin(desk)
        assert (await ask(desk, thread, turn)).text == keys.subagents_limits_unknown("en")
        known["small"] = read_class(make_class())
        child = await ask(desk, thread, turn, seq=3)
        assert child.class_name == "small"


async def test_one_is_held_to_the_times_that_its_run_was_promised(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = make_class(timeouts={"start": 600})
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        await created(desk, child.name)
        limits = await store.pool.fetchval("SELECT limits FROM runs WHERE thread_id = $1", child.thread_id)
        assert Timeouts.model_validate(json.loads(limits)).start == 600
        desk.resources.found_class = None
        own = await store.threads.by_id(child.thread_id)
        await desk.connect(own, SUBAGENT_RUN, "pod-k1", ready=False)
        for seconds, ended in ((300, False), (601, True)):
            query = "UPDATE runs SET hello_at = now() - make_interval(secs => $2) WHERE thread_id = $1"
            await store.pool.execute(query, own.id, float(seconds))
            await desk.children.reconcile(own)
            assert ((await store.subagents.get(own.id)).finished_at is not None) == ended
        told = await eventually(lambda: results(parent))  # by this look, and by the queue's own
        assert {frame.ok for frame in told} == {False}


async def test_nothing_is_too_large_for_a_limit_that_is_not_known(store):
    resources = FakeResources()
    classes = Classes(store, resources)
    assert (await classes.file_terms("tg-42", 1)).snapshot_limit == 256 << 20
    resources.found_class = None
    with pytest.raises(ClassUnknown, match="try again"):
        await classes.file_terms("tg-42", 1)
