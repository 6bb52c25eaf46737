"""The database is put back to how it was: what Telegram, live pods and files know since then does no harm, and is told."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.ingest import Ingest
from agent_gateway.leader import Leader
from agent_gateway.restored import settle_restore
from agent_gateway.store.rows import RunState, TurnState
from agent_gateway.store.transaction import Fence
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.wording import keys
from tests.conftest import BOT_ID
from tests.support.backup import begin
from tests.support.desk import address, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press
from tests.support.simulated import TOKEN, play

pytestmark = pytest.mark.postgres


async def outbox(store):
    rows = await store.pool.fetch("SELECT text, buttons, message_ids, reply_to FROM outbox ORDER BY id")
    return [(r["text"], json.loads(r["buttons"]), list(r["message_ids"]), r["reply_to"]) for r in rows]


# --- who leads ----------------------------------------------------------------------------------------


async def test_a_backup_that_is_read_in_is_known_and_settled_once(backup, dsn):
    await backup.lead()
    await backup.make()
    assert not await settle_restore(await backup.lead())
    await backup.put_back()
    await backup.lead()
    again = await backup.lead()  # the one before ended before it could settle
    assert await settle_restore(again)
    assert not await settle_restore(again)
    assert not await settle_restore(await backup.lead())
    assert await again.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'restored'") == 1


async def test_who_takes_the_lead_settles_before_anything_else(backup, dsn):
    await backup.lead()
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await store.pool.execute("UPDATE leader SET home = 'elsewhere'")  # as who put a snapshot of the volume back does
    leader = Leader(store, lambda: dsn, "tg")
    await leader.acquire()
    assert not await store.restores.pending()
    assert await store.pool.fetchval("SELECT restored_at IS NOT NULL FROM leader")
    await leader.release()


async def test_a_database_that_is_declared_complete_goes_on_as_it_is(backup):
    async with running_desk(await backup.lead()) as desk:
        thread, _ = await begin(desk, desk.store)
        await desk.store.pool.execute("UPDATE leader SET home = NULL")
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    assert not await settle_restore(store)
    assert (await store.runs.open(thread.id)).state is RunState.LIVE


async def test_a_former_leader_writes_nothing_into_a_database_that_was_put_back(backup):
    await backup.lead()
    await backup.make()
    former = [(await backup.lead()).fence.epoch for _ in range(5)]
    await backup.put_back()
    for _ in range(6):  # with epochs that count from the backup's on, one of these would be a former leader's
        late = await backup.lead()
        for epoch in former:
            late.fence = Fence(BOT_ID, epoch)
            with pytest.raises(LeadershipLost):
                await late.audit.add(None, "late", "write")


async def test_a_leader_under_whose_feet_the_tables_were_put_back_leads_no_more(backup):
    """Its epoch is that of the backup: it would go on with what it remembers of the lost time."""
    store = await backup.lead()
    await backup.make()
    await store.audit.add(None, "late", "write")
    await backup.put_back_under_the_feet()
    with pytest.raises(LeadershipLost):
        await store.audit.add(None, "late", "write")
    assert await settle_restore(await backup.lead())


# --- Telegram -----------------------------------------------------------------------------------------


async def test_updates_confirmed_since_are_gone_and_others_come(backup, sim):
    async def poll(store, until):
        api = TelegramApi(TOKEN, str(sim.make_url("")))
        ingest = Ingest(api, store.inbox, check=lambda: None, wake=lambda: None, timeout=1)
        task = asyncio.create_task(ingest.run())

        async def texts():
            rows = await store.pool.fetch("SELECT payload FROM inbox ORDER BY update_id")
            found = [json.loads(r["payload"])["message"]["text"] for r in rows]
            return found if until in found else None

        async def confirmed():
            offset, _ = await store.inbox.read_cursor()
            return offset and ingest.last_poll

        found = await eventually(texts)
        await eventually(confirmed)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await api.get_updates((await store.inbox.read_cursor())[0], 0)  # the next poll, which confirms
        await api.close()
        return found

    store = await backup.lead()
    await play(sim, "messages", chat=5, user=7, text="before")
    assert await poll(store, "before") == ["before"]
    await backup.make()
    await play(sim, "messages", chat=5, user=7, text="lost")
    assert await poll(store, "lost") == ["before", "lost"]
    await play(sim, "messages", chat=5, user=7, text="not fetched yet")
    await backup.put_back()
    assert await poll(await backup.lead(), "not fetched yet") == ["before", "not fetched yet"]


async def test_a_button_of_the_lost_time_does_nothing_to_what_came_after(backup):
    async with running_desk(await backup.lead()) as desk:
        await begin(desk, desk.store)
        await desk.store.runs.end(1, 1, "Stopped", None)
    await backup.make()
    store = await backup.lead()
    async with running_desk(store) as desk:
        await desk.say("lost")
        lost = await store.pool.fetchval("SELECT max(id) FROM turns")
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    async with running_desk(store) as desk:
        _, runner = await begin(desk, store, "after", run=2)
        (turn,) = runner.turns
        assert await press(desk, f"st:{lost}") == keys.turn_over("en")
        assert not (await store.turns.by_id(turn.id)).stop_asked
        assert await press(desk, f"st:{turn.id}") == keys.stop_pressed("en")


async def test_what_was_open_is_told_with_a_button_and_not_asked_again_by_itself(backup):
    store = await backup.lead()
    async with running_desk(store) as desk:
        thread, runner = await begin(desk, store, "running")
        await store.views.save_messages(runner.turns[0].id, [900])
        await desk.say("waiting")
        await store.outbox.put(address(), "an answer", "some", message_ids=[901])
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    assert await settle_restore(store)
    running, waiting = [r["id"] for r in await store.pool.fetch("SELECT id FROM turns ORDER BY id")]
    assert await outbox(store) == [
        (f"{keys.restored_repeated('en')}\n\nan answer", [], [], None),
        (keys.restored_cut("en"), [["🔁 Try again", f"re:{running}"]], [], 5),
        (keys.restored_cut("en"), [["🔁 Try again", f"re:{waiting}"]], [], 5),
    ]
    assert (await store.turns.by_id(running)).state is TurnState.FAILED
    assert (await store.runs.get(thread.id, 1)).reason == "Restored"
    assert await store.pool.fetchval("SELECT count(*) FROM turn_views") == 0  # or what stands would be overwritten
    assert await store.pool.fetchval("SELECT count(*) FROM reactions WHERE settled") == 2
    assert await store.turns.next(thread.id) is None
    async with running_desk(store) as desk:
        assert await press(desk, f"re:{waiting}") == keys.again_asked("en")
        await desk.run_wanted("tg-42", 2)


async def test_words_for_an_answer_of_the_backup_are_not_asked_of_a_later_one(backup):
    store = await backup.lead()
    async with running_desk(store) as desk:
        await begin(desk, store)
        await desk.say("/steer be brief")
        assert await store.pool.fetchval("SELECT count(*) FROM steers WHERE state = 'wanted'") == 1
    await backup.make()
    await backup.put_back()
    store = await backup.lead()
    await settle_restore(store)
    assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE state = 'queued'") == 0
    assert await store.pool.fetchval("SELECT count(*) FROM steers WHERE state = 'wanted'") == 0
