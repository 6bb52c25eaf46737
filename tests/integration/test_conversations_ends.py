"""What was said goodbye to, or told to stop, ends: on a real Postgres, with resources and runners that are played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent_contract import wire
from agent_contract.names import SUBAGENT_RUN
from agent_gateway.runners.identity import Authenticator, Denied, Identity
from agent_gateway.store.rows import RunState, TurnState
from agent_gateway.wording import keys
from tests.support.children import ask, begin, connect_child
from tests.support.desk import message, running_desk
from tests.support.eventually import eventually
from tests.support.runners import NAMESPACE, FakeKube

pytestmark = pytest.mark.postgres


async def leave(desk, chat=42):
    """Bring a conversation to a runner that leaves."""
    await desk.say("hello", chat=chat, user=chat)
    thread = await desk.run_wanted(f"tg-{chat}", 1)
    runner = await desk.connect(thread, 1, f"pod-{chat}")
    (turn,) = await eventually(lambda: runner.turns)
    async with desk.store.transaction() as tx:
        await tx.turns.cancel_queued(thread.id)
    await desk.store.pool.execute("UPDATE turns SET state = 'done', ended_at = now() WHERE id = $1", turn.id)
    assert await desk.store.runs.leave(thread.id, 1, 1) is None
    desk.registry.left(thread.id, 1)
    return thread


async def pass_time(desk, seconds):
    """Let so much time have passed since runs ended and stops were asked for."""
    await desk.store.pool.execute("UPDATE runs SET ended_at = ended_at - make_interval(secs => $1)", float(seconds))
    await desk.store.pool.execute(
        "UPDATE turns SET stop_asked_at = stop_asked_at - make_interval(secs => $1)", float(seconds)
    )


async def test_a_pod_that_left_has_its_slot_until_it_is_gone(store):
    async with running_desk(store, max_runs=1) as desk:
        desk.dispatcher._access._allowed |= {43}
        thread = await leave(desk)
        desk.resources.report("tg-42", number=1)
        assert await store.runs.count_open() == 1
        assert await store.runs.count_open(thread.id) == 0
        await desk.say("hi", chat=43, user=43)
        waiting = await store.turns.next((await store.threads.by_name("tg-43")).id)
        await eventually(lambda: desk.views.texts.get(waiting.id, [""])[-1] == keys.slots_next("en"))
        desk.resources.report("tg-42", number=1, finishedAt=datetime.now(UTC), reason="IdleTimeout")
        await desk.run_wanted("tg-43", 1)
        assert (await store.runs.get(thread.id, 1)).lingering is False


async def test_a_pod_that_stays_after_its_goodbye_is_stopped(store):
    async with running_desk(store) as desk:
        thread = await leave(desk)
        desk.resources.report("tg-42", number=1)
        assert desk.resources.cached("tg-42").spec.stop is None
        await pass_time(desk, 16)
        desk.wake.thread(thread.id)
        await eventually(lambda: desk.resources.cached("tg-42").spec.stop == 1)


async def test_the_next_run_of_the_same_conversation_waits_for_nobody(store):
    async with running_desk(store, max_runs=1) as desk:
        thread = await leave(desk)
        desk.resources.report("tg-42", number=1)
        await desk.say("again", message_id=6)
        await desk.run_wanted("tg-42", 2)
        assert await store.runs.count_open() == 1
        assert (await store.runs.get(thread.id, 1)).lingering is False


async def test_a_stop_that_is_not_answered_ends_the_run(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await desk.take(message("/stop", number=9))
        await eventually(lambda: [frame for frame in runner.sent if isinstance(frame, wire.Abort)])
        assert (await store.turns.by_id(turn.id)).stop_asked_at is not None
        desk.conversations.reconciler._reader._since -= 100
        await pass_time(desk, 16)
        desk.wake.thread(thread.id)
        await eventually(lambda: desk.resources.cached("tg-42").spec.stop == 1)
        assert (await store.runs.get(thread.id, 1)).stop == "killed"
        desk.registry.detach(thread.id, runner)
        past = datetime.now(UTC) - timedelta(seconds=10)
        desk.resources.report("tg-42", number=1, finishedAt=past, reason="Stopped")

        async def ended():
            return (await store.turns.by_id(turn.id)).state is TurnState.FAILED

        await eventually(ended)
        assert (await store.runs.get(thread.id, 1)).state is RunState.OVER
        assert (await desk.said("final"))[-1] == keys.stopped("en")


async def test_a_sub_agent_that_gave_its_answer_is_nobody_any_more_and_goes(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        own, _ = await connect_child(desk, child.name)
        pod = f"pod-{child.name}"
        who = Identity(own.name, own.id, SUBAGENT_RUN, pod, f"uid-{pod}", "job")
        authenticator = Authenticator(FakeKube(), store, namespace=NAMESPACE)
        await authenticator.authorize(who)
        await desk.service.settle(own, 5, TurnState.DONE, None, "seven")
        with pytest.raises(Denied, match="given its answer"):
            await authenticator.authorize(who)
        assert not desk.subagents.cached(child.name).spec.cancel
        await store.pool.execute("UPDATE subagents SET finished_at = finished_at - interval '16 seconds'")
        desk.wake.thread(own.id)
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)
