"""The store on a real Postgres, with consumers that race."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from agent_gateway.errors import RunClosed, RunRefused
from agent_gateway.store.chatrows import Final
from agent_gateway.store.errors import Raced, Refused, Undone
from agent_gateway.store.purges import Purge, purge_slice
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.store.workspaces import CopyCall
from tests.conftest import BOT_ID
from tests.support.stored import CHAT, count_lines, make_thread, make_turn

pytestmark = pytest.mark.postgres


async def make_live_run(store, thread, number=1, pod="pod-1"):
    await store.runs.want(thread.id, number, "uid-1")
    return await store.runs.accept_hello(thread.id, number, pod, f"uid-{pod}", "job-1")


async def test_an_update_is_stored_once_and_the_cursor_moves_with_it(store):
    await store.inbox.add_updates([(1, "42", "{}"), (2, "42", "{}")], 3)
    await store.inbox.add_updates([(2, "42", "{}"), (3, "42", "{}")], 4)
    assert (await store.inbox.read_cursor())[0] == 4
    assert [r.update_id for r in await store.inbox.next()] == [1]


async def test_a_queue_is_taken_in_order_and_queues_in_parallel(store):
    await store.inbox.add_updates([(1, "a", "{}"), (2, "a", "{}"), (3, "b", "{}")], 4)
    assert sorted(r.update_id for r in await store.inbox.next()) == [1, 3]
    async with store.transaction() as tx:
        assert await tx.inbox.claim(1)
        await tx.inbox.finish(1)
    assert sorted(r.update_id for r in await store.inbox.next()) == [2, 3]


async def test_a_row_has_one_consumer(store):
    await store.inbox.add_updates([(1, "a", "{}")], 2)
    took = 0

    async def consume():
        nonlocal took
        async with store.transaction() as tx:
            if await tx.inbox.claim(1):
                took += 1
                await tx.inbox.finish(1)

    await asyncio.gather(*(consume() for _ in range(20)))
    assert took == 1


async def test_a_unit_in_which_an_error_was_passed_over_does_not_count_as_done(store):
    async def pass_over():
        async with store.transaction() as tx:
            assert await tx.inbox.claim(1)
            await tx.inbox.finish(1)
            with contextlib.suppress(Refused):
                await tx.audit.add(None, "a\0b", "refused by the database")

    await store.inbox.add_updates([(1, "a", "{}")], 2)
    with pytest.raises(Undone):
        await pass_over()
    assert [r.update_id for r in await store.inbox.next()] == [1], "nothing of it is kept, and the store goes on"


async def test_a_cursor_tells_how_long_ago_it_moved(store):
    assert await store.inbox.read_cursor() == (0, 0.0)
    await store.inbox.add_updates([], 900)
    await store.pool.execute("UPDATE cursor SET updated_at = now() - interval '7 days'")
    offset, age = await store.inbox.read_cursor()
    assert (offset, round(age / 86400)) == (900, 7)


async def test_a_question_is_not_given_while_what_follows_it_stands_in_the_inbox(store):
    thread = await make_thread(store)
    await store.inbox.add_updates([(7, "5", "{}"), (8, "5", "{}"), (9, "6", "{}")], 10)
    await store.pool.execute("UPDATE inbox SET state = 'done' WHERE update_id = 7")
    turn = await make_turn(store, thread, 7)
    await make_live_run(store, thread)
    await store.pool.execute("UPDATE turns SET ready_at = now() - interval '1 second'")
    assert await store.turns.deliver_next(thread.id, 1) is None
    await store.pool.execute("UPDATE inbox SET received_at = now() - interval '2 minutes' WHERE update_id = 8")
    assert (
        await store.turns.deliver_next(thread.id, 1)
    ).id == turn.id  # a row that cannot be read holds nothing for ever


async def test_racing_deliveries_give_one_turn_to_one_run(store):
    thread = await make_thread(store)
    for update in range(5):
        await make_turn(store, thread, update)
    await make_live_run(store, thread)
    delivered = await asyncio.gather(
        *(store.turns.deliver_next(thread.id, 1) for _ in range(20)), return_exceptions=True
    )
    turns = [d for d in delivered if d is not None and not isinstance(d, BaseException)]
    assert len(turns) == 1
    assert all(d is None or not isinstance(d, BaseException) or isinstance(d, Raced) for d in delivered)


async def test_the_same_update_is_one_turn(store):
    thread = await make_thread(store)
    first, second = await make_turn(store, thread), await make_turn(store, thread)
    assert first.id == second.id
    assert await store.turns.count_queued(thread.id) == 1


async def test_the_first_pod_of_a_run_keeps_it(store):
    thread = await make_thread(store)
    await make_live_run(store, thread)
    again = await store.runs.accept_hello(thread.id, 1, "pod-1", "uid-pod-1", "job-1")
    assert again.number == 1
    with pytest.raises(RunRefused, match="another pod"):
        await store.runs.accept_hello(thread.id, 1, "pod-2", "uid-pod-2", "job-1")
    with pytest.raises(RunRefused, match="never wanted"):
        await store.runs.accept_hello(thread.id, 2, "pod-1", "uid-pod-1", "job-2")


async def test_only_one_run_is_open_and_an_older_one_is_refused(store):
    thread = await make_thread(store)
    await make_live_run(store, thread)
    with pytest.raises(Raced):
        await store.runs.want(thread.id, 2, "uid-1")
    assert await store.runs.end(thread.id, 1, "Deleted", None)
    assert not await store.runs.end(thread.id, 1, "Deleted", None)
    await store.runs.want(thread.id, 2, "uid-1")
    with pytest.raises(RunRefused, match="over"):
        await store.runs.accept_hello(thread.id, 1, "pod-1", "uid-pod-1", "job-1")


async def test_leave_hands_over_or_closes_and_never_both(store):
    thread = await make_thread(store)
    await make_live_run(store, thread)
    turn = await make_turn(store, thread)
    handed = await store.runs.leave(thread.id, 1, 5)
    assert handed.id == turn.id
    await store.turns.end(turn.id, 1, 6, TurnState.DONE, None, Final("done"))
    assert await store.runs.leave(thread.id, 1, 7) is None
    with pytest.raises(RunClosed):
        await store.runs.accept_hello(thread.id, 1, "pod-1", "uid-pod-1", "job-1")
    assert await store.runs.open(thread.id) is None


async def test_a_message_never_falls_between_a_leaving_runner_and_the_next(store):
    for number in range(1, 21):
        thread = await make_thread(store, Address(BOT_ID, 1000 + number), f"tg-{1000 + number}")
        await make_live_run(store, thread)
        _, handed = await asyncio.gather(make_turn(store, thread), store.runs.leave(thread.id, 1, 1))
        run = await store.runs.open(thread.id)
        assert (handed is not None) == (run is not None)
        assert handed is not None or await store.turns.count_queued(thread.id) == 1


async def test_the_end_of_a_turn_is_one_transaction_and_once(store):
    thread = await make_thread(store)
    await make_live_run(store, thread)
    turn = await make_turn(store, thread)
    await store.turns.deliver_next(thread.id, 1)
    await store.turns.started(turn.id, 1, 1)
    await store.views.save_progress(turn.id, thread.id, 1, ["par"], 2)
    await store.views.save_messages(turn.id, [77])
    assert (await store.views.get(turn.id)).message_ids == (77,)
    await store.turns.end(turn.id, 1, 9, TurnState.DONE, None, Final("answer"))
    await store.turns.end(turn.id, 1, 10, TurnState.FAILED, "agent", Final("other"))
    rows = await store.outbox.claim([])
    assert [(r.text, r.kind, r.preview_ids, r.reply_to) for r in rows] == [("answer", "final", (77,), 7)]
    assert rows[0].preview_age < 60
    assert (await store.runs.get(thread.id, 1)).acked_seq == 10
    assert (await store.turns.by_id(turn.id)).state is TurnState.DONE
    assert (await store.views.get(turn.id)).message_ids == ()


async def test_session_lines_keep_their_order_and_repeats_are_absorbed(store):
    thread = await make_thread(store)
    await make_live_run(store, thread)

    def lines(*ids):
        return [json.dumps({"id": i, "text": "a\u0000b 😀"}) for i in ids]

    await store.sessions.add_entries(thread, 1, 1, lines("a", "b"))
    await store.sessions.add_entries(thread, 1, 2, lines("b", "c"))
    await asyncio.gather(*(store.sessions.add_entries(thread, 1, 3, lines("d", "e")) for _ in range(5)))
    query = "SELECT entry_id FROM session_entries ORDER BY ordinal"
    stored = [row["entry_id"] for row in await store.pool.fetch(query)]
    assert stored == ["a", "b", "c", "d", "e"]
    assert await count_lines(store, thread.session_id) == 5
    with pytest.raises(ValueError, match="no id"):
        await store.sessions.add_entries(thread, 1, 4, ["{}"])


async def test_the_outbox_is_in_order_per_chat_and_the_same_thing_is_said_once(store):
    for key in ("one", "one", "two"):
        await store.outbox.put(CHAT, key, key)
    await store.outbox.put(Address(BOT_ID, 43), "other", "other")
    first = await store.outbox.claim([])
    assert sorted(r.text for r in first) == ["one", "other"]
    assert await store.outbox.claim([]) == []
    await store.outbox.retry(first[0].id, 60, "later")
    assert [r for r in await store.outbox.claim([]) if r.address == first[0].address] == []
    await store.outbox.sent(first[0].id)
    await store.outbox.sent(first[1].id)
    assert [r.text for r in await store.outbox.claim([])] == ["two"]


async def test_a_closing_run_is_given_nothing_more(store):
    for number in range(1, 41):
        thread = await make_thread(store, Address(BOT_ID, 2000 + number), f"tg-{2000 + number}")
        await make_live_run(store, thread)

        async def add_and_deliver(thread=thread):
            await make_turn(store, thread)
            return await store.turns.deliver_next(thread.id, 1)

        await asyncio.gather(add_and_deliver(), store.runs.leave(thread.id, 1, 1), return_exceptions=True)
        has_run, has_turn = await store.runs.open(thread.id), await store.turns.running(thread.id)
        assert (has_run is None) == (has_turn is None)


async def test_failed_starts_count_until_a_turn_is_started(store):
    thread = await make_thread(store)
    for update in (1, 2):
        await make_turn(store, thread, update)
    await store.turns.count_attempt(thread.id)
    await make_live_run(store, thread)
    await store.runs.mark_ready(thread.id, 1)
    turn = await store.turns.deliver_next(thread.id, 1)
    assert turn.attempts == 1
    assert (await store.turns.next(thread.id)).attempts == 1
    await store.turns.started(turn.id, 1, 1)
    assert (await store.turns.next(thread.id)).attempts == 0


async def test_the_first_reason_of_a_stop_stands(store):
    thread = await make_thread(store)
    await make_live_run(store, thread)
    await store.runs.ask_stop(thread.id, 1, "killed")
    await store.runs.ask_stop(thread.id, 1, "lost")
    assert (await store.runs.open(thread.id)).stop == "killed"


async def test_what_was_said_long_ago_is_forgotten_and_what_was_not_stays(store):
    for key in ("old", "new", "waiting"):
        await store.outbox.put(Address(BOT_ID, 42), key, key)
    await store.pool.execute("UPDATE outbox SET state = 'sent' WHERE dedupe_key <> 'waiting'")
    await store.pool.execute("UPDATE outbox SET created_at = now() - interval '15 days' WHERE dedupe_key <> 'new'")
    await purge_slice(store, Purge("purge_outbox", 3600))
    left = await store.pool.fetch("SELECT dedupe_key FROM outbox ORDER BY id")
    assert [row["dedupe_key"] for row in left] == ["new", "waiting"]


async def test_a_workspace_counts_once_it_is_whole_and_the_newest_two_stay(store):
    thread = await make_thread(store)

    async def chunks(*parts):
        for part in parts:
            if part is None:
                raise ConnectionResetError
            yield part

    for number in range(3):
        await store.workspaces.save(thread.id, 1, None, chunks(b"run ", str(number).encode()))
    with pytest.raises(ConnectionResetError):
        await store.workspaces.save(thread.id, 1, None, chunks(b"half", None))
    found = await store.workspaces.of(thread, None)
    assert found.bytes == 5
    assert b"".join([c async for c in store.workspaces.stream(found.id)]) == b"run 2"
    assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 2
    await make_live_run(store, thread)
    await make_turn(store, thread)
    await store.turns.deliver_next(thread.id, 1)
    await store.workspaces.save(thread.id, 1, CopyCall("call-1", 1, "no more"), chunks(b"copy"))
    assert (await store.workspaces.of(thread, None)).id == found.id
    await purge_slice(store, Purge("purge_loose_workspaces", 3600))
    assert await store.pool.fetchval("SELECT count(*) FROM workspaces") == 3
    # its sub-agent was refused, or its pod ended before it asked
    await store.pool.execute("UPDATE workspaces SET created_at = now() - interval '61 minutes'")
    await purge_slice(store, Purge("purge_loose_workspaces", 3600))
    assert await store.pool.fetch("SELECT call_id FROM workspaces") == [(None,)] * 2
