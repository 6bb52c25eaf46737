"""A message at which the process ends, before anything of it came into the chat."""

from __future__ import annotations

import pytest

from agent_gateway.telegram.outbound.composing import CRASHES
from agent_gateway.telegram.outbound.sender import Sender
from tests.support.simulated import CHAT, put_final, send_all, texts

pytestmark = pytest.mark.postgres


async def begin(store):
    """Claim what is due, as a process does that then ends: the next one makes it due again."""
    await store.outbox.reset_sending()
    (row,) = await store.outbox.claim(())
    return row


async def test_a_message_at_which_processes_end_goes_out_plain(sim, api, store):
    await put_final(store, "**poison** /new", [])
    for crashes in range(CRASHES):
        assert (await begin(store)).crashes == crashes
    sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05)
    await send_all(store, sender)
    assert await texts(sim) == ["**poison** /\u2060new"]
    row = await store.pool.fetchrow("SELECT state, begun FROM outbox")
    assert row["state"] == "sent"


@pytest.mark.parametrize("note", ["retry", "unknown", "hold", "progress", "leave"])
async def test_a_message_that_came_to_something_was_not_what_ended_the_process(sim, api, store, note):
    await put_final(store, "**fine**", [])
    await begin(store)
    row = await begin(store)
    if note == "progress":
        await store.outbox.progress(row.id, (), ())
    elif note == "leave":
        await store.outbox.leave(row.id)
    elif note == "hold":
        await store.outbox.hold(row.id)
        await store.outbox.release_held(CHAT)
    else:
        await getattr(store.outbox, note)(row.id, 0.0, "no answer")
    assert (await begin(store)).crashes == 0
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert (await texts(sim))[0].endswith("fine")
