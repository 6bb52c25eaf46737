"""A message that waits is told why, whatever it waits for, and nothing waits for ever; on a real Postgres."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import agent_gateway.conversations
from agent_gateway.conversations import slots
from agent_gateway.wording import keys
from tests.support.desk import ADMIN, PERSON, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
NAME = f"tg-{PERSON}"
PAST = datetime(2026, 1, 1, tzinfo=UTC)


async def begin(desk):
    await desk.say("hello")
    thread = await desk.run_wanted(NAME, 1)
    runner = await desk.connect(thread, 1)
    (turn,) = await eventually(lambda: runner.turns)
    return thread, runner, turn


async def until_told(desk, words, *, of=None):
    """Wait until the oldest waiting turn, or this one, is told something."""

    async def told():
        thread = await desk.store.threads.by_name(NAME)
        turn = of or await desk.store.turns.next(thread.id)
        return turn is not None and words in desk.views.texts.get(turn.id, [""])[-1]

    await eventually(told)


async def test_a_cluster_that_cannot_be_read_is_told_and_is_no_load(store):
    async with running_desk(store) as desk:
        desk.resources.unknown_since = datetime.now(UTC)
        desk.resources.problem = "AgentThreads cannot be read: the gateway's Role is missing."
        await desk.say("hello")
        await until_told(desk, keys.cannot_start("en"))
        desk.resources.unknown_since = None
        await desk.run_wanted(NAME, 1)


@pytest.mark.parametrize(("person", "lines"), [(PERSON, 1), (ADMIN, 2)])
async def test_the_words_of_the_cluster_are_for_administrators_alone(store, person, lines):
    async with running_desk(store) as desk:
        desk.resources.unknown_since = datetime.now(UTC)
        desk.resources.problem = "the gateway's Role is missing"
        await desk.say("hello", chat=person, user=person)
        [told] = await eventually(lambda: [said[-1] for said in desk.views.texts.values() if said])
        assert told.splitlines()[0] == keys.cannot_start("en")
        assert len(told.splitlines()) == lines
        assert ("the gateway's Role is missing" in told) == (person == ADMIN)


async def test_a_run_that_is_ended_while_the_operator_is_away_is_told(store):
    async with running_desk(store) as desk:
        await begin(desk)
        await desk.say(f"/kill {NAME}")
        await eventually(lambda: desk.resources.stops)
        await desk.say("are you there?")
        await until_told(desk, keys.agent_stopping("en"))


async def test_a_resource_that_hangs_in_its_deletion_is_told(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted(NAME, 1)
        async with store.transaction() as tx:
            await tx.turns.cancel_queued(thread.id)
        desk.resources.report(NAME, number=1, finishedAt=PAST, reason="IdleTimeout", message="")
        await eventually(lambda: store.runs.last(thread.id))
        desk.resources.change_metadata(NAME, deletionTimestamp="2026-01-01T00:00:00Z")
        await desk.say("again")
        await until_told(desk, keys.conversation_renewing("en"))


async def test_a_stop_above_every_number_is_told_as_held(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted(NAME, 1)
        desk.resources.change(NAME, stop=2**31 - 1)
        desk.resources.report(NAME, number=1, finishedAt=PAST, reason="Stopped", message="")
        await eventually(lambda: store.runs.last(thread.id))
        await store.pool.execute("UPDATE runs SET ended_at = now() - interval '1 minute'")
        await desk.look(thread)
        await until_told(desk, keys.paused("en"))
        assert await store.runs.open(thread.id) is None


async def test_a_turn_that_its_agent_does_not_take_is_told_sent_again_and_lost_in_the_end(store):
    async with running_desk(store) as desk:
        thread, runner, turn = await begin(desk)
        link = desk.registry.link(thread.id)
        for field in ("sent_at", "connected_at"):
            setattr(link, field, getattr(link, field) - 40)
        await store.pool.execute("UPDATE turns SET delivered_at = now() - interval '40 seconds'")
        desk.wake.thread(thread.id)
        await eventually(lambda: len(runner.turns) == 2)
        assert runner.turns[1].id == turn.id
        await until_told(desk, keys.unconfirmed("en"), of=turn)
        link.connected_at -= 200
        await store.pool.execute("UPDATE turns SET delivered_at = now() - interval '200 seconds'")
        await store.pool.execute("UPDATE runs SET ready_at = now() - interval '300 seconds'")
        desk.wake.thread(thread.id)
        await eventually(lambda: desk.resources.stops == [(NAME, 1)])
        assert (await store.runs.open(thread.id)).stop == "lost"


async def test_a_runner_that_comes_back_and_is_not_ready_again_is_stopped(store):
    async with running_desk(store) as desk:
        thread, runner, _ = await begin(desk)
        desk.registry.detach(thread.id, runner)
        await desk.connect(thread, 1, ready=False)
        desk.registry.link(thread.id).unready_at -= 121
        desk.wake.thread(thread.id)
        await eventually(lambda: desk.resources.stops == [(NAME, 1)])
        assert (await store.runs.open(thread.id)).stop == "not_ready"


async def test_whoever_waits_for_a_slot_is_woken_by_an_end_and_not_by_looks(store, monkeypatch):
    monkeypatch.setattr(slots, "REFRESH_SECONDS", 600.0)
    async with running_desk(store, max_runs=1) as desk:
        thread, _, turn = await begin(desk)
        desk.access._allowed = frozenset(range(100, 120))
        await desk.take(*(message("hi", chat=chat, user=chat) for chat in range(100, 120)))
        await desk.settled()

        async def all_wait():
            return len(desk.conversations.slots._queue) == 20 and desk.conversations.queue.length == 0

        await eventually(all_wait)
        assert desk.conversations.queue.delayed == 0 or await store.runs.count_open() == 1
        await store.turns.started(turn.id, 1, 1)
        await store.runs.leave(thread.id, 1, 2, hand_over=False)

        async def next_one():
            return await store.pool.fetchval(
                "SELECT count(*) FROM runs WHERE state <> 'over' AND thread_id <> $1", thread.id
            )

        assert await eventually(next_one) == 1


async def test_deadlines_go_by_the_databases_clock(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)
        before = await store.pool.fetchval("SELECT now()")
        snapshot = await desk.conversations.reconciler._reader.read(thread.id)
        after = await store.pool.fetchval("SELECT now()")
        assert before <= snapshot.now <= after
        assert snapshot.gateway_since <= snapshot.now


def test_nothing_that_decides_reads_this_hosts_wall_clock():
    """A step of it would end every run at once."""
    calls = []
    for path in Path(agent_gateway.conversations.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in {"now", "utcnow", "time"}
                and isinstance(node.value, ast.Name)
            ):
                calls += [(path.name, ast.unparse(node))] if node.value.id in {"datetime", "time"} else []
    assert calls == []
