"""What goes wrong around a conversation ends nothing that it should not, holds no slot, and is told; on a real Postgres."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from agent_contract.agentclass import AgentClass
from agent_gateway.conversations import actions as do
from agent_gateway.conversations import writing
from agent_gateway.metrics import THREADS_SET_ASIDE
from agent_gateway.resources.collection import Unreadable
from agent_gateway.store.errors import Refused
from agent_gateway.store.rows import RunState, TurnState
from agent_gateway.wording import keys
from agent_kube.errors import Away as KubeAway
from agent_kube.errors import NotFound
from agent_kube.errors import Refused as KubeRefused
from agent_kube.known import Unknown
from tests.support.desk import ADMIN, PERSON, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
NAME = f"tg-{PERSON}"
QUOTA = 'agentthreads "x" is forbidden: exceeded quota'


async def begin(desk, *, started=True):
    await desk.say("hello")
    thread = await desk.run_wanted(NAME, 1)
    runner = await desk.connect(thread, 1)
    (turn,) = await eventually(lambda: runner.turns)
    if started:
        await desk.store.turns.started(turn.id, 1, 1)
    return thread, runner, turn


def refuse(desk, *names, error=None):
    """Let the API server refuse the runs of these threads; return how often it was asked."""
    write, asked = desk.resources.want_run, []

    async def want_run(thread, number, found, claim=None, cold=None):
        if thread.name in names:
            asked.append(thread.name)
            raise error or KubeRefused(QUOTA, 403, "Forbidden")
        return await write(thread, number, found)

    desk.resources.want_run = want_run
    return asked


async def told(desk, thread_id):
    turn = await desk.store.turns.next(thread_id)
    return desk.views.texts.get(turn.id, [""])[-1] if turn is not None else ""


# --- a class that cannot be read ---------------------------------------------------------------


async def test_a_class_that_cannot_be_read_ends_no_long_turn(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"timeouts": {"turn": 3600}}})
        thread, _, turn = await begin(desk)
        desk.resources.found_class = None
        await store.pool.execute("UPDATE turns SET started_at = now() - interval '400 seconds'")
        await desk.look(thread)
        assert (await store.turns.by_id(turn.id)).state is TurnState.STARTED
        assert desk.resources.stops == []
        desk.resources.found_class = AgentClass()  # nor does a change of the class apply to what runs
        await desk.look(thread)
        assert (await store.runs.open(thread.id)).limits.turn == 3600
        assert (await store.turns.by_id(turn.id)).state is TurnState.STARTED


async def test_a_run_is_wanted_though_its_class_is_not_known_and_nothing_of_it_is_over_till_it_is(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = None
        thread, _, turn = await begin(desk)
        assert (await store.runs.open(thread.id)).limits is None
        await store.pool.execute("UPDATE turns SET started_at = now() - interval '2 days'")
        await desk.look(thread)
        assert (await store.turns.by_id(turn.id)).state is TurnState.STARTED
        desk.resources.found_class = AgentClass.model_validate({"spec": {"timeouts": {"turn": 10}}})
        await desk.look(thread)
        assert (await store.runs.open(thread.id)).limits.turn == 10
        assert (await store.turns.by_id(turn.id)).reason == "timeout"


# --- words that cannot be stored ---------------------------------------------------------------


async def test_a_run_whose_last_words_cannot_be_stored_is_over_all_the_same(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)
        await store.runs.want(thread.id, 1, None)
        reconciler = desk.conversations.reconciler
        snapshot = await reconciler._reader.read(thread.id)
        await reconciler._applier.apply(snapshot, do.EndRun(1, "AgentFailed", "pi keeps dying. \x00"))
        run = await store.runs.get(thread.id, 1)
        assert (run.state, run.reason, run.message) == (RunState.OVER, "Error", None)
        assert await store.runs.count_open() == 0


async def test_a_nul_in_a_pods_last_words_ends_the_run(store):
    async with running_desk(store, max_runs=1) as desk:
        thread, runner, _ = await begin(desk, started=False)
        desk.registry.detach(thread.id, runner)
        past = datetime(2026, 1, 1, tzinfo=UTC)
        desk.resources.report(NAME, number=1, finishedAt=past, reason="AgentFailed", message="pi keeps dying. \x00\x01")
        run = await eventually(lambda: store.runs.last(thread.id))
        assert run.message.startswith("pi keeps dying.")
        assert "\x00" not in run.message


async def test_what_the_database_refuses_is_told_and_counted_and_not_tried_in_a_circle(store):
    async with running_desk(store) as desk:
        asked = []

        async def find_class(name):
            asked.append(name)
            raise Refused("it cannot be stored")

        before = THREADS_SET_ASIDE._value.get()
        desk.resources.find_class = find_class
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)

        async def said():
            return "Something is wrong with this conversation" in await told(desk, thread.id)

        await eventually(said)
        looks = len(asked)
        await asyncio.sleep(3.5)  # longer than a lost hint takes to be found
        assert (len(asked), THREADS_SET_ASIDE._value.get()) == (looks, before + looks)


# --- a run that the cluster refuses -------------------------------------------------------


async def test_a_refused_run_is_told_withdrawn_by_stop_and_its_slot_is_free(store):
    async with running_desk(store, max_runs=1) as desk:
        asked = refuse(desk, NAME)
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)

        async def refused():
            return keys.cannot_start("en") in await told(desk, thread.id)

        await eventually(refused)
        await desk.say("/stop")
        assert await store.turns.count_queued(thread.id) == 0
        await desk.say("hello too", chat=ADMIN, user=ADMIN)
        await desk.run_wanted(f"tg-{ADMIN}", 1)
        assert (await store.runs.get(thread.id, 1)).state is RunState.OVER
        count = len(asked)
        await asyncio.sleep(1.5)
        assert len(asked) == count


async def test_a_kill_ends_a_refused_run_at_once(store):
    async with running_desk(store, max_runs=1) as desk:
        asked = refuse(desk, NAME)
        await desk.say("hello")
        await eventually(lambda: asked)
        thread = await store.threads.by_name(NAME)
        await desk.say(f"/kill {NAME}")

        async def over():
            return await store.runs.open(thread.id) is None

        await eventually(over)
        assert desk.resources.stops == []


@pytest.mark.parametrize(
    "error",
    [KubeRefused(QUOTA, 403, "Forbidden"), KubeRefused("spec.channel.bot: may not change", 422, "Invalid"), NotFound("x", 404, "NotFound")],
    ids=["quota", "another bot name", "no such kind"],
)  # fmt: skip
async def test_a_run_that_is_refused_again_and_again_is_given_up_with_a_button(store, monkeypatch, error):
    monkeypatch.setattr(writing, "WRITE_PAUSES", (0.01,) * 4)
    async with running_desk(store, max_runs=1) as desk:
        asked = refuse(desk, NAME, error=error)
        await desk.say("hello")
        (words,) = await eventually(lambda: desk.said("final"))
        assert words.startswith("I couldn't start.")
        thread = await store.threads.by_name(NAME)
        assert len(asked) == 5
        run = await store.runs.last(thread.id)
        assert (run.reason, run.state) == ("CreateRefused", RunState.OVER)
        assert await store.pool.fetchval("SELECT buttons::text FROM outbox WHERE kind = 'final'") != "[]"
        assert await store.runs.count_open() == 0


async def test_an_api_server_that_does_not_answer_counts_for_nothing(store):
    async with running_desk(store) as desk:
        asked = refuse(desk, NAME, error=KubeAway("The Kubernetes API does not answer", None, "Unreachable"))
        await desk.say("hello")
        await eventually(lambda: len(asked) >= 2)
        thread = await store.threads.by_name(NAME)
        assert (await store.runs.open(thread.id)).attempts == 0
        assert keys.cannot_start("en") in await told(desk, thread.id)


async def test_a_head_of_the_line_that_cannot_be_read_lets_others_go_first(store):
    async with running_desk(store, max_runs=1) as desk:
        desk.access._allowed = frozenset({11, 12, 13})
        await desk.say("first", chat=11, user=11)
        first = await desk.run_wanted("tg-11", 1)
        get, known = desk.resources.get, desk.resources.known

        async def unreadable(name):
            if name == "tg-12":
                raise Unreadable("its AgentThread is not valid", None, "Unreadable")
            return await get(name)

        desk.resources.get = unreadable
        desk.resources.known = lambda name: Unknown(datetime.now(UTC)) if name == "tg-12" else known(name)
        for chat in (12, 13):
            await desk.say("hi", chat=chat, user=chat)
        await store.pool.execute("UPDATE turns SET state = 'done', ended_at = now() WHERE thread_id = $1", first.id)
        await store.runs.end(first.id, 1, "IdleTimeout", None)
        await desk.run_wanted("tg-13", 1)
