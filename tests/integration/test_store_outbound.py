"""What the outbox remembers of previews, of sends that nobody confirmed, and of chats to leave alone."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState
from tests.conftest import BOT_ID

pytestmark = pytest.mark.postgres
CHAT, TOPIC = Address(BOT_ID, 5), Address(BOT_ID, -100200, 42)


async def end(store, address, *, update=1, threaded=False, previews=(), **final):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(address, f"tg-{address.chat_id}", "")
        turn = await tx.turns.add(thread.id, update, 7, 5, "ask", threaded=threaded)
    if previews:
        await store.views.save_messages(turn.id, previews)
    await store.turns.end(turn.id, None, None, TurnState.DONE, None, Final("answer", **final))
    return turn


async def test_a_final_knows_its_previews_how_old_they_are_and_where_it_was_asked(store):
    turn = await end(store, TOPIC, threaded=True, previews=(77,), way="Let me look.")
    (row,) = await store.outbox.claim([])
    assert (row.preview_ids, row.message_ids, row.way, row.threaded) == ((77,), (), "Let me look.", True)
    assert 0 <= row.preview_age < 60
    assert await store.outbox.shows(turn.id, 77)
    assert not await store.outbox.shows(turn.id, 78)
    assert await store.outbox.folds([], [], 10) == []  # the final does not stand yet
    await store.outbox.sent(row.id)
    (fold,) = await store.outbox.folds([], [], 10)
    assert (fold.id, fold.message_ids, fold.way, fold.said) == (row.id, (77,), "Let me look.", True)
    assert await store.outbox.folds([row.id], [], 10) == await store.outbox.folds([], [TOPIC.chat_id], 10) == []
    await store.outbox.retry_fold(row.id, 60)
    assert await store.outbox.folds([], [], 10) == []
    await store.outbox.folded(row.id)
    assert await store.pool.fetchval("SELECT preview_ids FROM outbox") == []


async def test_what_takes_the_place_of_its_previews_has_none_left_to_fold(store):
    await end(store, CHAT, previews=(77, 78))
    (row,) = await store.outbox.claim([])
    await store.outbox.take_previews(row.id)
    await store.outbox.sent(row.id)
    assert tuple(await store.pool.fetchrow("SELECT message_ids, preview_ids FROM outbox")) == ([77, 78], [])
    assert await store.outbox.folds([], [], 10) == []


async def test_an_unknown_send_is_counted_until_something_is_confirmed(store):
    await end(store, CHAT)
    (row,) = await store.outbox.claim([])
    for count in (1, 2):
        await store.outbox.unknown(row.id, 0, "no answer")
        (row,) = await store.outbox.claim([])
        assert row.ambiguous == count
    assert await store.pool.fetchval("SELECT ambiguous_since IS NOT NULL FROM outbox")
    await store.outbox.progress(row.id, (9,), ("hash",))
    assert await store.pool.fetchval("SELECT ambiguous FROM outbox") == 0


async def test_a_chat_that_a_preview_was_told_to_leave_alone_is_known_to_the_next_process(store):
    await store.views.rest(5, 5000)
    await store.views.rest(5, 5)  # a shorter pause changes nothing
    await end(store, TOPIC)
    (row,) = await store.outbox.claim([])
    await store.outbox.unknown(row.id, 60, "no answer")  # which is no reason to leave its chat alone
    resting = await store.outbox.resting_chats()
    assert list(resting) == [5]
    assert 4500 < resting[5] <= 5000
