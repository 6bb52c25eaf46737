"""From a turn to a run that takes it, on a real Postgres."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_contract import wire
from agent_contract.agentclass import AgentClass
from agent_gateway.resources.agentthreads import RunConflict
from agent_gateway.store.chatrows import Final
from agent_gateway.store.leadership import take_over
from agent_gateway.store.rows import RunState, TurnState
from agent_gateway.wording import keys
from agent_kube.errors import Away, NotServed, Refused
from tests.support.desk import ADMIN, PERSON, apart, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


def finished(reason, message=None, number=1):
    past = datetime(2026, 1, 1, tzinfo=UTC)
    return {"number": number, "finishedAt": past, "reason": reason, "message": message}


async def begin(desk, text="hello", number=1):
    """Bring a conversation to a ready runner."""
    await desk.say(text)
    thread = await desk.run_wanted("tg-42", number)
    return thread, await desk.connect(thread, number, f"pod-{number}")


async def test_a_message_becomes_a_run_and_is_delivered_when_it_is_ready(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        (turn,) = await eventually(lambda: runner.turns)
        assert (turn.text, turn.state, turn.run) == ("hello", TurnState.DELIVERED, 1)
        await desk.say("and another")
        assert await store.turns.count_queued(thread.id) == 1
        await store.turns.started(turn.id, 1, 1)
        await store.turns.end(turn.id, 1, 2, TurnState.DONE, None, Final("answer"))
        desk.wake.thread(thread.id)
        await eventually(lambda: len(runner.turns) == 2)
        assert runner.turns[1].text == "and another"


async def test_a_conflict_is_computed_again(store):
    async with running_desk(store) as desk:
        desk.resources.faults.extend([RunConflict("one"), RunConflict("two")])
        await desk.say("hello")
        await desk.run_wanted("tg-42", 1)


async def test_a_refusing_cluster_is_told_in_the_chat_and_waited_out(store):
    async with running_desk(store) as desk:
        desk.resources.faults.extend([Refused("no", 403, "Forbidden"), NotServed("no such thing", 404, "NotServed")])
        await desk.say("hello", chat=ADMIN, user=ADMIN)
        await desk.run_wanted(f"tg-{ADMIN}", 1)
        [said] = desk.views.texts.values()
        assert "Role or RoleBinding is missing" in " ".join(said)
        assert "apply the chart's crds/ folder" in " ".join(said)


async def test_one_threads_fault_touches_no_other(store):
    async with running_desk(store) as desk:
        desk.resources.faults.extend([KeyError("a fault of ours"), TimeoutError()])
        await desk.say("hello")
        await desk.run_wanted("tg-42", 1)
        await desk.say("hello", chat=-100200300, user=PERSON)


async def test_a_run_stored_and_not_written_is_written_by_the_next_gateway(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, None)
    await take_over(store, "tg")
    async with running_desk(store) as desk:
        await desk.run_wanted("tg-42", 1)


async def test_a_turn_that_was_delivered_but_could_not_be_sent_is_sent(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted("tg-42", 1)
        await store.pool.execute("ALTER TABLE steers RENAME TO steers_gone")
        runner = await desk.connect(thread, 1)
        await eventually(lambda: store.turns.running(thread.id))
        assert runner.turns == []
        await store.pool.execute("ALTER TABLE steers_gone RENAME TO steers")
        await eventually(lambda: [turn.text for turn in runner.turns] == ["hello"])


async def test_a_run_written_whose_owner_was_not_noted_is_noted(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, None)
        await desk.resources.want_run(thread, 1, None)
        from_before = desk.resources
    async with running_desk(store, reconcile=False, resources=from_before) as desk:
        await desk.look(thread)
    assert (await store.runs.open(thread.id)).thread_uid == "uid-1"


async def test_a_run_that_ends_before_it_starts_the_turn_gives_it_back(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        await eventually(lambda: runner.turns)
        desk.registry.detach(thread.id, runner)
        desk.resources.report("tg-42", **finished("Evicted"))
        await desk.run_wanted("tg-42", 2)
        (again,) = await store.turns.queued(thread.id)
        assert (again.id, again.attempts) == (runner.turns[0].id, 1)
        other = await desk.connect(thread, 2, "pod-2")
        await eventually(lambda: other.turns)


async def test_a_turn_that_ends_each_run_is_given_up(store):
    async with running_desk(store) as desk:
        await desk.say("poison")
        thread = await store.threads.by_name("tg-42")
        await store.pool.execute("UPDATE turns SET attempts = 2")
        await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        desk.registry.detach(thread.id, runner)
        desk.resources.report("tg-42", **finished("OOMKilled", "more than 1Gi"))
        (words,) = await eventually(lambda: desk.said("final"))
        assert words.startswith("I couldn't start.")
        assert await store.runs.open(thread.id) is None


async def test_a_started_turn_keeps_its_text_and_the_chat_is_told(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        (turn,) = await eventually(lambda: runner.turns)
        await store.turns.started(turn.id, 1, 1)
        await store.views.save_progress(turn.id, thread.id, 1, ["half an ans"], 2)
        desk.registry.detach(thread.id, runner)
        desk.resources.report("tg-42", **finished("OOMKilled"))
        (final,) = await eventually(lambda: desk.said("final"))
        assert final.startswith("half an ans\n\n")
        assert "memory" in final
        assert (await store.turns.by_id(turn.id)).reason == "run_lost"
        assert await store.runs.open(thread.id) is None


async def test_a_deleted_resource_ends_its_run_and_the_next_message_makes_another(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        (turn,) = await eventually(lambda: runner.turns)
        await store.turns.started(turn.id, 1, 1)
        desk.resources.delete("tg-42")
        await eventually(lambda: desk.said("final"))
        assert (await store.runs.get(thread.id, 1)).reason == "Deleted"
        await desk.say("again")
        await desk.run_wanted("tg-42", 2)
        assert (await store.runs.open(thread.id)).thread_uid == "uid-2"


async def test_starts_that_fail_are_counted_and_the_third_is_told(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted("tg-42", 1)
        await store.pool.execute("UPDATE turns SET attempts = 1")
        desk.resources.report("tg-42", **finished("Error", "first"))
        await eventually(lambda: store.runs.last(thread.id))
        await store.pool.execute("UPDATE runs SET ended_at = now() - interval '1 minute'")
        await desk.run_wanted("tg-42", 2)
        desk.resources.report("tg-42", **finished("Error", "the image has no pi", number=2))
        (words,) = await eventually(lambda: desk.said("final"))
        assert words.startswith("I couldn't start. The agent failed. · error e")
        assert "the image has no pi" not in words  # that is an administrator's to read
        assert (await store.pool.fetchval("SELECT state FROM turns")) == "failed"


async def test_what_a_start_waits_for_is_shown(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        thread = await desk.run_wanted("tg-42", 1)
        desk.resources.report("tg-42", number=1, reason="Unschedulable", message="0/3 nodes fit")
        desk.wake.thread(thread.id)
        # what was told before was that it starts, where that took longer than a moment
        await eventually(lambda: [said[-1] for said in desk.views.texts.values()] == [keys.wait_room("en")])


async def test_a_kill_cancels_what_waits_and_is_carried_out_though_the_cluster_is_away(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        (turn,) = await eventually(lambda: runner.turns)
        await store.turns.started(turn.id, 1, 1)
        await desk.take(message("two"), apart("three"))
        await desk.settled()
        desk.resources.faults.extend([Away("gone", None, "Unreachable"), Away("still", 500)])
        await desk.say("/kill tg-42")
        assert (await desk.said("reply"))[0] == "Ended: tg-42. I dropped 2 waiting messages."
        await eventually(lambda: [f for f in runner.sent if isinstance(f, wire.Shutdown)])
        await eventually(lambda: desk.resources.stops)
        assert desk.resources.stops == [("tg-42", 1)]
        desk.resources.report("tg-42", **finished("Stopped"))
        desk.wake.thread(thread.id)
        (final,) = await eventually(lambda: desk.said("final"))
        assert "stopped" in final.lower()
        await desk.say("go on")
        await desk.run_wanted("tg-42", 2)
        assert (await store.turns.next(thread.id)).attempts == 0


async def test_a_kill_outlives_the_gateway_that_confirmed_it(store):
    async with running_desk(store) as desk:
        thread, _ = await begin(desk)
        kept = desk.resources
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/kill tg-42")
    assert kept.stops == []
    await take_over(store, "tg")
    async with running_desk(store, reconcile=False, resources=kept) as desk:
        await desk.look(thread)
    assert kept.stops == [("tg-42", 1)]


async def test_a_runner_that_is_away_too_long_is_stopped(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        await eventually(lambda: runner.turns)
        desk.registry.detach(thread.id, runner)
        desk.registry.link(thread.id).lost_at -= 31
        desk.wake.thread(thread.id)
        await eventually(lambda: desk.resources.stops)
        assert (await store.runs.open(thread.id)).stop == "lost"


async def test_a_turn_that_its_runner_never_ends_is_timed_out(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"timeouts": {"turnMax": 1, "grace": 1}}})
        thread, runner = await begin(desk)
        (turn,) = await eventually(lambda: runner.turns)
        await store.turns.started(turn.id, 1, 1)
        await store.pool.execute("UPDATE turns SET started_at = now() - interval '40 minutes'")
        desk.wake.thread(thread.id)
        [final] = await eventually(lambda: desk.said("final"))
        assert final.startswith("⏱ I had worked on this for 4")
        assert final.endswith("\nRequest timed out. Process killed. Try again.")
        await eventually(lambda: desk.resources.stops)


async def test_a_run_that_was_superseded_by_hand_is_over(store):
    async with running_desk(store) as desk:
        thread, _ = await begin(desk)
        desk.resources.change("tg-42", run=9)
        desk.resources.report("tg-42", number=9)
        desk.wake.thread(thread.id)

        async def over():
            return (await store.runs.get(thread.id, 1)).state is RunState.OVER

        await eventually(over)
        await desk.run_wanted("tg-42", 10)
