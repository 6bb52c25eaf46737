"""Sub-agents where something goes wrong or odd words come, on a real Postgres; the rest is played."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_contract.agentclass import AgentClass
from agent_contract.names import SUBAGENT_RUN
from agent_gateway.store.rows import Ending, TurnState
from agent_kube.errors import Away
from tests.support.children import TASK, ask, begin, connect_child, created, reports, results
from tests.support.desk import running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
NUL, MARK = "\x00", "\N{REPLACEMENT CHARACTER}"


async def begin_below(desk):
    """Begin a conversation with a child that has a child; return the child's runner and both rows."""
    desk.resources.found_class = AgentClass.model_validate({"spec": {"subAgents": {"maxDepth": 2}}})
    thread, turn, _ = await begin(desk)
    child = await ask(desk, thread, turn)
    own, runner = await connect_child(desk, child.name)
    await desk.store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
    below = await ask(desk, own, runner.turns[0], "call-2", run=SUBAGENT_RUN, seq=2)
    return own, runner, child, below


async def test_a_task_that_postgres_cannot_hold_is_asked_for_all_the_same(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn, task=f"count{NUL}stars")
        assert (await created(desk, child.name)).spec.task == f"count{MARK}stars"


async def test_what_a_pod_says_that_postgres_cannot_hold_ends_it_all_the_same(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        first, second = await ask(desk, thread, turn), await ask(desk, thread, turn, "call-2", seq=3)
        await created(desk, first.name)
        desk.subagents.report(first.name, phase="Pending", reason="CreateRefused", message=f"no{NUL}no")
        own, _ = await connect_child(desk, second.name)
        await desk.service.settle(own, 5, TurnState.FAILED, "agent", f"bro{NUL}ken")
        ended = {"finishedAt": "2026-01-01T00:00:00Z", "reason": "TaskFailed", "message": f"half{NUL}done"}
        desk.subagents.report(first.name, phase="Failed", **ended)
        told = await eventually(lambda: len(results(parent)) == 2 and results(parent))
        assert {f"bro{MARK}ken" in frame.text or f"half{MARK}done" in frame.text for frame in told} == {True}


async def test_a_task_by_hand_that_postgres_cannot_hold_is_taken_up_all_the_same(store):
    async with running_desk(store) as desk:
        desk.subagents.put({"metadata": {"name": "nightly"}, "spec": {"task": f"count{NUL}stars"}})
        _, runner = await connect_child(desk, "nightly")
        assert runner.turns[0].text == f"count{MARK}stars"


async def test_the_end_of_one_is_the_end_of_those_below_it_even_if_the_gateway_ends_then(store):
    async with running_desk(store) as desk:
        _, _, child, below = await begin_below(desk)
        row = await store.subagents.get(child.thread_id)
    assert await store.subagents.finish(row, Ending("TimedOut", "DeadlineExceeded", "It timed out."), None)
    assert (await store.subagents.get(below.thread_id)).cancel == "parent"


async def test_nothing_is_started_for_a_turn_that_ends_in_the_same_moment(store):
    async with running_desk(store) as desk:
        own, runner, child, _ = await begin_below(desk)
        found = desk.resources.found_class

        async def end_meanwhile(name):
            row = await store.subagents.get(child.thread_id)
            await store.subagents.finish(row, Ending("Cancelled", "Cancelled", "It was cancelled."), None)
            return found

        desk.resources.find_class = end_meanwhile
        refused = await ask(desk, own, runner.turns[0], "call-3", run=SUBAGENT_RUN, seq=3)
        assert isinstance(refused, wire.SubAgentResult)
        assert not refused.ok
        assert len(await store.subagents.children(own.id)) == 1


async def test_the_status_message_of_one_that_ended_before_the_chat_had_it_is_closed_once_it_has(store):
    async with running_desk(store) as desk:
        await desk.say(f"/spawn {TASK}")
        await created(desk, "tg-42-r0-k1")
        await desk.say("/cancel tg-42-r0-k1")
        await eventually(lambda: reports(desk))
        line = await store.pool.fetchval("SELECT id FROM outbox WHERE dedupe_key LIKE 'spawned:%'")
        await store.outbox.progress(line, [77], ["x"])
        await store.outbox.sent(line)

        async def closed():
            return await store.pool.fetchrow("SELECT * FROM outbox WHERE dedupe_key LIKE 'spawned-end:%'")

        row = await eventually(closed)
        assert (row["message_ids"], row["buttons"]) == ([77], "[]")
        assert "cancelled" in row["text"]


async def test_one_that_is_asked_for_before_any_message_has_a_parent_that_its_limits_count_by(store):
    async with running_desk(store) as desk:
        desk.resources.faults.append(Away("no", None, "NoAnswer"))  # nor is it made without where that fails
        await desk.say(f"/spawn {TASK}")
        resource = await created(desk, "tg-42-r0-k1")
        parent = desk.resources.cached("tg-42")
        assert parent.spec.run is None
        assert resource.spec.parent.uid == resource.metadata["ownerReferences"][0]["uid"] == parent.uid
        await desk.say("hello")
        await desk.run_wanted("tg-42", 1)


async def test_a_suspended_conversation_starts_none(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        desk.resources.change("tg-42", suspend=True)
        await desk.say(f"/spawn {TASK}")
        assert "has paused this conversation" in (await desk.said())[-1]
        assert await store.subagents.children(thread.id) == []


async def test_a_suspended_conversation_takes_its_sub_agents_along(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        await connect_child(desk, child.name)
        desk.resources.change("tg-42", suspend=True)
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="Suspended")
        desk.registry.detach(thread.id, desk.registry.link(thread.id).connection)
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)
        assert any("was cancelled" in text for text in await reports(desk))


async def test_a_stop_that_the_parents_pod_did_not_live_to_hear_ends_its_sub_agents_too(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        await connect_child(desk, child.name)
        await desk.say(f"/spawn {TASK}")
        asked = await created(desk, "tg-42-r1-k2")
        desk.registry.detach(thread.id, desk.registry.link(thread.id).connection)
        await desk.say("/stop")
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="OOMKilled")
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)
        assert (await store.subagents.by_name(asked.name)).cancel is None  # a person's own is none of the turn's


async def test_one_whose_deletion_somebody_holds_up_is_told_at_once(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        await created(desk, child.name)
        desk.subagents.report(child.name, phase="Pending", reason="Unschedulable")
        desk.subagents.change_metadata(child.name, deletionTimestamp="2026-01-01T00:00:00Z")
        [told] = await eventually(lambda: results(parent))
        assert told.text == f"Sub-agent {child.name} was cancelled."


async def test_a_name_that_somebody_took_by_hand_is_passed_over(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        for name in ("tg-42-r1-k1", "tg-42-r1-k2"):
            desk.subagents.put({"metadata": {"name": name}, "spec": {"task": TASK}})
            await connect_child(desk, name)
        child = await ask(desk, thread, turn)
        other = await ask(desk, thread, turn, "call-2", seq=3)
        assert [child.name, other.name] == ["tg-42-r1-k3", "tg-42-r1-k4"]
        await desk.say(f"/spawn {TASK}")
        await created(desk, "tg-42-r1-k5")
