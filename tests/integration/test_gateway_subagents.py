"""Sub-agents from wish to report, on a real Postgres, with resources and runners that are played."""

from __future__ import annotations

import json

import pytest

from agent_contract import wire
from agent_contract.agentclass import AgentClass
from agent_contract.names import SUBAGENT_RUN
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from tests.support.children import TASK, ask, begin, connect_child, created, first_line, reports, results
from tests.support.desk import GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def test_a_wish_becomes_a_resource_and_its_answer_comes_back_everywhere(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn, timeout_seconds=90)
        assert (child.name, child.depth, child.timeout) == ("tg-42-r1-k1", 1, 90)
        resource = await created(desk, child.name)
        owner = desk.resources.cached("tg-42")
        assert (resource.spec.parent.uid, resource.spec.parent.run) == (owner.uid, 1)
        assert resource.metadata["ownerReferences"][0]["uid"] == owner.uid
        desk.subagents.report(child.name, phase="Pending", reason="Unschedulable", message="no room")
        await eventually(lambda: [f for f in parent.sent if isinstance(f, wire.SubAgentUpdate) and "room" in f.text])
        own, runner = await connect_child(desk, child.name)
        assert runner.turns[0].text == TASK
        await desk.service.settle(own, 5, TurnState.DONE, None, "**seven**")
        [told] = await eventually(lambda: results(parent))
        assert (told.ok, told.text, told.name, told.call_id) == (True, "**seven**", child.name, "call-1")
        [report] = await reports(desk)
        assert "**seven**" in report
        assert "Sub-agent k1" in report
        await eventually(lambda: "done" in first_line(desk, turn).text)
        assert first_line(desk, turn).button is None
        assert await desk.store.runs.count_open() == 1  # a sub-agent takes no place of a conversation


async def test_one_that_works_is_told_so_though_the_node_says_so_later(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        own, runner = await connect_child(desk, child.name)
        desk.subagents.report(child.name, phase="Starting")
        await eventually(lambda: "starting" in first_line(desk, turn).text)
        await desk.store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
        desk.wake.thread(own.id)
        await eventually(lambda: "working" in first_line(desk, turn).text)


async def test_the_same_call_gives_the_same_sub_agent(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        first = await ask(desk, thread, turn)
        again = await ask(desk, thread, turn, seq=3)
        other = await ask(desk, thread, turn, "call-2", seq=4)
        assert first.thread_id == again.thread_id
        assert other.name == "tg-42-r1-k2"
        await created(desk, other.name)
        assert desk.subagents.made == 2


async def test_a_child_of_a_child_is_named_and_owned_by_it_and_goes_with_it(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"subAgents": {"maxDepth": 2}}})
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        own, runner = await connect_child(desk, child.name)
        await desk.store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
        below = await ask(desk, own, runner.turns[0], "call-2", run=SUBAGENT_RUN, seq=2)
        assert (below.name, below.depth) == ("tg-42-r1-k1-k1", 2)
        resource = await created(desk, below.name)
        assert (resource.spec.parent.kind, resource.spec.parent.name) == ("SubAgent", child.name)
        assert resource.metadata["labels"]["openclaw.dev/thread"] == "tg-42"
        desk.subagents.delete(child.name)
        await eventually(lambda: results(parent))
        await eventually(lambda: desk.subagents.cached(below.name).spec.cancel)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"phase": "Failed", "reason": "OOMKilled", "message": "It used more memory than 1Gi."}, "ran out of memory"),
        ({"phase": "TimedOut", "reason": "DeadlineExceeded", "message": "It timed out."}, "timed out after"),
        (
            {"phase": "Failed", "reason": "Evicted", "message": "The node was low on disk."},
            "computer that the agent worked on went away",
        ),
    ],
)
async def test_an_end_that_only_the_cluster_knows_is_told_to_all(store, status, words):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        await created(desk, child.name)
        desk.subagents.report(child.name, finishedAt="2026-01-01T00:00:00Z", **status)
        [told] = await eventually(lambda: results(parent))
        assert not told.ok
        assert words in told.text
        [report] = await reports(desk)
        assert words in report


async def test_a_deleted_one_is_told_as_cancelled_also_by_the_next_gateway(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        first, second = await ask(desk, thread, turn), await ask(desk, thread, turn, "call-2", seq=3)
        for child in (first, second):
            await connect_child(desk, child.name)
        desk.subagents.delete(first.name)
        [told] = await eventually(lambda: results(parent))
        assert told.text == f"Sub-agent {first.name} was cancelled."
        kept = desk.subagents
    kept.delete(second.name)
    async with running_desk(store) as desk:  # which has never seen the resource
        desk.resources.found_class = AgentClass()

        async def both():
            return len(await reports(desk)) == 2

        await eventually(both)


async def test_one_that_was_wanted_when_the_gateway_ended_is_made_by_the_next(store):
    async with running_desk(store) as desk:
        desk.subagents.faults.extend([OSError()] * 50)
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        kept = desk.resources
    async with running_desk(store, resources=kept) as desk:
        assert (await created(desk, child.name)).spec.task == TASK


async def test_a_result_that_came_while_the_parent_was_away_is_told_when_it_is_back(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        own, _ = await connect_child(desk, child.name)
        parent.gone = True
        await desk.service.settle(own, 5, TurnState.DONE, None, "seven")
        sent = []

        async def send(frame):
            sent.append(frame)

        await desk.service.resend(thread, 1, send)
        assert [frame.text for frame in sent] == ["seven"]
        message = {"role": "toolResult", "details": {"subagent": {"callId": "call-1", "name": child.name}}}
        await desk.store.sessions.add_entries(thread, 1, 3, [json.dumps({"id": "e1", "message": message})])
        sent.clear()
        await desk.service.resend(thread, 1, send)
        assert sent == []


async def test_the_next_run_of_a_parent_that_died_is_told_what_its_children_said(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        first, second = await ask(desk, thread, turn), await ask(desk, thread, turn, "call-2", seq=3)
        own, _ = await connect_child(desk, first.name)
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="OOMKilled")
        desk.registry.detach(thread.id, desk.registry.link(thread.id).connection)

        async def over():
            return await desk.store.runs.open(thread.id) is None

        await eventually(over)
        await desk.service.settle(own, 5, TurnState.DONE, None, "seven")
        await desk.say("and now?")
        await desk.run_wanted("tg-42", 2)
        runner = await desk.connect(thread, 2, "pod-2")
        [told] = await eventually(lambda: runner.turns)
        assert first.name in told.text
        assert "seven" in told.text
        assert second.name not in told.text  # it still works
        assert told.text.index("seven") < told.text.index("and now?")


async def test_one_made_by_hand_gets_its_task_and_speaks_nowhere(store):
    async with running_desk(store) as desk:
        for round_ in range(2):  # a later one of the same name is another
            desk.subagents.put({"metadata": {"name": "nightly"}, "spec": {"task": TASK}})
            own, runner = await connect_child(desk, "nightly")
            assert runner.turns[0].text == TASK
            await desk.service.settle(own, 5, TurnState.DONE, None, f"answer {round_}")
            child = await desk.store.subagents.get(own.id)
            assert (child.result, child.parent_id, child.workspace) == (f"answer {round_}", None, "Empty")
            desk.subagents.delete("nightly")
        assert await reports(desk) == []


async def test_a_parent_that_was_not_recorded_gives_no_rights(store):
    async with running_desk(store) as desk:
        await begin(desk)
        parent = {"kind": "AgentThread", "name": "tg-42", "uid": desk.resources.cached("tg-42").uid, "callId": "forged"}
        desk.subagents.put({"metadata": {"name": "forged"}, "spec": {"task": TASK, "parent": parent}})
        own, _ = await connect_child(desk, "forged")
        child = await desk.store.subagents.get(own.id)
        assert child.parent_id is None
        assert await desk.store.workspaces.of(own, child) is None


async def test_one_made_by_hand_may_bear_a_conversations_name(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        desk.subagents.put({"metadata": {"name": "tg-42"}, "spec": {"task": TASK}})
        own, _ = await connect_child(desk, "tg-42")
        assert own.id != thread.id
        assert (await store.threads.by_name("tg-42")).id == thread.id


async def test_a_person_starts_lists_and_cancels_one(store):
    async with running_desk(store) as desk:
        await desk.say(f"/spawn {TASK}")
        resource = await created(desk, "tg-42-r0-k1")
        assert resource.spec.task == TASK
        [line] = await desk.store.pool.fetch("SELECT id, text, buttons FROM outbox")
        assert "Cancel k1" in line["buttons"]
        await desk.store.outbox.progress(line["id"], [77], ["x"])
        await desk.store.outbox.sent(line["id"])
        await connect_child(desk, "tg-42-r0-k1")
        desk.subagents.report("tg-42-r0-k1", phase="Running")
        working = "SELECT text, message_ids, buttons FROM outbox WHERE dedupe_key LIKE 'spawned-Running:%'"
        told = await eventually(lambda: desk.store.pool.fetchrow(working))
        assert (told["text"], told["message_ids"]) == (f"🧩 k1 (working): {TASK}", [77])
        assert "Cancel k1" in told["buttons"]
        await desk.say("/subagents")
        assert "tg-42-r0-k1: " in (await desk.said())[-1]
        await desk.say("/cancel tg-42-r0-k1")
        assert "Cancelled: tg-42-r0-k1" in await desk.said()
        await eventually(lambda: desk.subagents.cached("tg-42-r0-k1").spec.cancel)
        assert any("was cancelled" in text for text in await reports(desk))
        closed = await desk.store.pool.fetchrow("SELECT * FROM outbox WHERE dedupe_key LIKE 'spawned-end:%'")
        assert (closed["message_ids"], closed["buttons"]) == ([77], "[]")
        await desk.say("/cancel tg-42-r0-k1")
        assert (await desk.said())[-1] == keys.subagent_gone("en", name="tg-42-r0-k1")


async def test_a_button_cancels_but_not_from_another_chat(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        await connect_child(desk, child.name)
        button = await eventually(lambda: first_line(desk, turn).button)
        for chat, said in ((GROUP, "does nothing"), (PERSON, "Cancelled")):
            press = message("x", chat=chat)["message"] | {
                "from": {"id": 1, "is_bot": True, "first_name": "b"},
                "date": 1,
            }
            await desk.take(
                {
                    "callback_query": {
                        "id": "9", "from": {"id": PERSON, "first_name": "P"}, "message": press, "chat_instance": "1",
                        "data": button.data,
                    }
                }
            )  # fmt: skip
            await eventually(lambda said=said: desk.callbacks.answers and said in desk.callbacks.answers[-1][1])
            assert len(results(parent)) == (chat == PERSON) or await eventually(lambda: results(parent))


async def test_a_kill_ends_the_children_too_and_they_are_not_told_of_later(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        await connect_child(desk, child.name)
        await desk.say("/kill tg-42")
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)
        assert results(parent) == []
        assert await desk.store.subagents.undelivered(thread.id) == []


async def test_an_abort_of_the_tool_call_ends_its_child(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        await created(desk, child.name)
        await desk.service.cancel_call(thread, 1, 3, "call-1")
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)
        assert (await desk.store.runs.get(thread.id, 1)).acked_seq == 3
