"""The database is put back: pods that lived through it are refused in words, and whoever lost something is told."""

from __future__ import annotations

import pytest

from agent_contract import names, wire
from agent_gateway.restored import settle_restore
from agent_gateway.store.rows import RunState
from agent_gateway.wording import keys
from agent_gateway.wording.restored import REFUSED
from tests.support.backup import begin
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.runners import bearer, running_port
from tests.support.stored import count_lines
from tests.support.turns import deliver, entry

pytestmark = pytest.mark.postgres


async def talk(port, thread, runner, *, since=0):
    """Let a runner begin a turn and say something that is acknowledged."""
    turn = await deliver(port, thread)
    await runner.event(since + 1, turn.id, wire.TurnStarted())
    await runner.send(wire.Entries(seq=since + 2, lines=[entry(since + 2)]))
    await runner.acked(since + 2)
    return turn


async def test_the_pod_of_a_run_that_was_open_is_refused_in_words(backup):
    async with running_port(await backup.lead()) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        await port.join()
        await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    async with running_port(store) as port:
        port.kube.add_pod(thread.name, 1, "pod-1", token="token-1")
        runner = await port.connect()
        await runner.hello()
        assert (await runner.get(wire.Refused)).reason == "run 1 is over (Restored)"
        # one of a run that the database never heard of is none of ours
        port.kube.add_pod(thread.name, 2, "pod-2", token="token-2")
        async with port.session.get(port.url + names.PATH_CONNECT, headers=bearer("token-2")) as response:
            assert response.status == 403
            assert f"No run 2 of a thread {thread.name} was ever wanted here." in await response.text()


async def test_a_runner_that_let_go_of_more_than_the_database_holds_is_cut_at_once(backup):
    """As after a snapshot of the volume, of which nobody said that it was put back."""
    async with running_port(await backup.lead()) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.join()
        await port.make_turn(thread)
        turn = await talk(port, thread, runner)
        await port.store.views.save_messages(turn.id, [900])
        await port.store.pool.execute("UPDATE leader SET home = NULL")
        await backup.make()
        await runner.send(wire.Entries(seq=3, lines=[entry(3)]))
        await runner.acked(3)
    await backup.put_back()
    store = await backup.lead()
    assert not await settle_restore(store)
    async with running_port(store) as port:
        port.kube.add_pod(thread.name, 1, "pod-1", token="token-1")
        runner = await port.connect()
        await runner.hello(acked=3, turns_seen=[turn.id], ready=True)
        assert (await runner.get(wire.Refused)).reason == REFUSED
        run = await store.runs.get(thread.id, 1)
        assert (run.state, run.reason) == (RunState.OVER, "Restored")
        assert await count_lines(store, thread.session_id) == 1
        assert (await store.views.get(turn.id)).message_ids == ()  # the answer that may stand there is left alone
        assert thread.id in port.deps.wake.threads


async def test_a_runner_that_let_go_of_what_the_database_holds_goes_on(backup):
    async with running_port(await backup.lead()) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.join()
        await port.make_turn(thread)
        turn = await talk(port, thread, runner)
        await runner.close()
        runner = await port.join(acked=2, turns_seen=[turn.id], ready=True)
        assert (await port.store.runs.open(thread.id)).state is RunState.LIVE


async def test_sub_agents_that_were_open_are_not_begun_again(backup):
    store = await backup.lead()
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/spawn count the stars")
        (row,) = await store.pool.fetch("SELECT thread_id, state FROM subagents")
        assert row["state"] == "wanted"
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    async with running_desk(store) as desk:

        async def finished():
            child = await store.subagents.get(row["thread_id"])
            return child.finished_at and child

        assert (await eventually(finished)).phase == "Cancelled"
        assert desk.subagents.made == 0


# --- files and what was said ---------------------------------------------------------------------------


async def end_run(store, thread, run):
    """Let a run leave with its files kept."""
    await store.pool.execute("UPDATE turns SET state = 'done' WHERE state = 'started'")
    await store.runs.end(thread.id, run, "IdleTimeout", None)
    await store.pool.execute("UPDATE runs SET files = 'kept'")


async def test_agent_and_chat_are_told_that_runs_and_files_are_lost(backup):
    store = await backup.lead()
    async with running_desk(store) as desk:
        thread, _ = await begin(desk, store)
        await end_run(store, thread, 1)
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    async with running_desk(store) as desk:
        await desk.resources.ensure(thread)
        desk.resources.change("tg-42", run=2)  # in the lost time a second run came and went
        await desk.say("after")
        await desk.run_wanted("tg-42", 3)
        runner = await desk.connect(thread, 3, "pod-3")
        await eventually(lambda: runner.turns)
        assert runner.turns[0].text == f"after\n\n[{keys.restored_note('en')}]"
        assert await desk.said("notice") == [keys.restored_note("en")]
        await store.turns.started(runner.turns[0].id, 3, 1)
        await end_run(store, thread, 3)
        _, runner = await begin(desk, store, "and then", run=4)
        assert runner.turns[0].text == "and then"


async def test_agent_and_chat_are_told_of_the_run_that_was_cut(backup):
    store = await backup.lead()
    async with running_desk(store) as desk:
        await begin(desk, store)
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    async with running_desk(store) as desk:
        _, runner = await begin(desk, store, "after", run=2)
        assert runner.turns[0].text == f"after\n\n[{keys.restored_note('en')}]"


async def test_a_conversation_that_lost_nothing_is_told_nothing(backup):
    store = await backup.lead()
    async with running_desk(store) as desk:
        thread, _ = await begin(desk, store)
        await end_run(store, thread, 1)
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    async with running_desk(store) as desk:
        _, runner = await begin(desk, store, "after", run=2)
        assert runner.turns[0].text == "after"
        assert await desk.said("notice") == []
