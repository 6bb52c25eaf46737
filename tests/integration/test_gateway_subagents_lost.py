"""Tasks, results and effects of sub-agents that were lost on their way, on a real Postgres; the rest is played."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from agent_contract.names import SUBAGENT_RUN
from agent_gateway.events import Events
from agent_gateway.store.rows import Ending, TurnState
from agent_gateway.telegram.errors import NotSent
from agent_gateway.telegram.fakes import FakeChat
from agent_gateway.telegram.outbound.sender import Sender
from tests.support.children import TASK, ask, begin, connect_child, created, reports, results
from tests.support.desk import running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def deliver_unsent(desk, name):
    """Deliver the task as a gateway does that ends before it is sent; return the sub-agent's thread."""
    await created(desk, name)

    async def known():
        child = await desk.store.subagents.by_name(name)
        return child.uid is not None and child

    child = await eventually(known)
    await desk.store.runs.accept_hello(child.thread_id, SUBAGENT_RUN, "pod-k1", "uid-pod-k1", "job")
    assert await desk.store.turns.deliver_next(child.thread_id, SUBAGENT_RUN)
    return await desk.store.threads.by_id(child.thread_id)


async def test_a_task_that_was_delivered_and_never_sent_is_sent(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        own = await deliver_unsent(desk, child.name)
        runner = await desk.connect(own, SUBAGENT_RUN, "pod-k1")
        await eventually(lambda: runner.turns)
        assert runner.turns[0].text == TASK


async def test_a_task_that_its_runner_does_not_begin_is_sent_again_and_at_last_lost(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        own, runner = await connect_child(desk, child.name)
        for sent in range(2, 6):
            await store.pool.execute(
                "UPDATE turns SET delivered_at = now() - interval '31 s' WHERE thread_id = $1", own.id
            )
            desk.wake.thread(own.id)
            await eventually(lambda sent=sent: len(runner.turns) == sent)
        assert results(parent) == []
        await store.pool.execute("UPDATE turns SET delivered_at = now() - interval '31 s' WHERE thread_id = $1", own.id)
        desk.wake.thread(own.id)
        [told] = await eventually(lambda: results(parent))
        assert not told.ok
        assert (await store.subagents.get(own.id)).message == "Its agent did not take the task, which was sent 5 times."
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)


async def test_one_that_begins_is_not_sent_again(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        own, runner = await connect_child(desk, child.name)
        await store.turns.started(runner.turns[0].id, SUBAGENT_RUN, 1)
        await store.pool.execute(
            "UPDATE turns SET delivered_at = now() - interval '10 minutes' WHERE thread_id = $1", own.id
        )
        await desk.children.reconcile(own)
        assert len(runner.turns) == 1


async def test_a_result_whose_commit_was_not_answered_reaches_the_call_that_waits(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        own, _ = await connect_child(desk, child.name)
        store.events = Events()  # with the answer of a commit its effects are lost
        row = await store.subagents.get(own.id)
        await store.subagents.finish(row, Ending("Succeeded", "Completed", None, "seven"), "report", 5)
        await desk.service.settle(own, 5, TurnState.DONE, None, "seven")  # its runner sends it again
        [told] = await eventually(lambda: results(parent))
        assert (told.ok, told.text) == (True, "seven")
        assert len(await reports(desk)) == 1


async def test_a_result_is_sent_once_as_long_as_its_connection_stands(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        child = await ask(desk, thread, turn)
        own, _ = await connect_child(desk, child.name)
        await desk.service.settle(own, 5, TurnState.DONE, None, "seven")
        await eventually(lambda: results(parent))
        for _ in range(3):
            await desk.children.reconcile(own)
        assert len(results(parent)) == 1


async def test_an_effect_that_is_lost_costs_a_look_and_never_a_result(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        store.events = Events()  # whom nobody listens to: every effect is lost
        first = await ask(desk, thread, turn)
        second = await ask(desk, thread, turn, "call-2", seq=3)
        own, _ = await connect_child(desk, first.name)
        await connect_child(desk, second.name)
        await desk.service.settle(own, 5, TurnState.DONE, None, "seven")
        await eventually(lambda: len(results(parent)) == 1)
        await desk.say(f"/cancel {second.name}")
        await eventually(lambda: desk.subagents.cached(second.name).spec.cancel)
        await eventually(lambda: len(results(parent)) == 2)
        assert len(await reports(desk)) == 2


async def test_the_report_of_one_that_a_person_started_is_never_given_up(store):
    async with running_desk(store) as desk:
        await desk.say(f"/spawn {TASK}")
        own, _ = await connect_child(desk, "tg-42-r0-k1")
        await desk.service.settle(own, 5, TurnState.DONE, None, "There are 214 tests.")
    await store.pool.execute("UPDATE outbox SET state = 'sent' WHERE dedupe_key NOT LIKE 'subagent:%'")
    await store.pool.execute("UPDATE outbox SET created_at = now() - interval '2 days', attempts = 99")
    sender = Sender(FakeChat(faults=deque([NotSent("no")])), store.outbox, store.files, check=lambda: None, poll=0.05)
    task = asyncio.create_task(sender.run())

    async def tried():
        return await store.pool.fetchval("SELECT state FROM outbox WHERE error IS NOT NULL")

    assert await eventually(tried) == "pending"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("action", ["ask", "cancel", "settle"])
async def test_what_becomes_due_is_recorded_with_it(store, action):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say(f"/spawn {TASK}")
        [child] = await store.subagents.children((await store.threads.by_name("tg-42")).id)
        own = await store.threads.by_id(child.thread_id)
        if action != "ask":
            await store.pool.execute("UPDATE threads SET due_at = NULL")
            await (desk.say(f"/cancel {child.name}") if action == "cancel" else
                   desk.service.settle(own, 5, TurnState.DONE, None, "seven"))  # fmt: skip
        assert await store.pool.fetchval("SELECT due_at IS NOT NULL FROM threads WHERE id = $1", own.id)
