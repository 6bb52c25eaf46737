"""What the outbox holds, sent into the simulated Telegram by the real sender."""

from __future__ import annotations

import pytest

from agent_gateway.effects import CallFailed
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import RefusalKind
from agent_gateway.telegram.outbound.sender import Sender
from tests.conftest import BOT_ID
from tests.support.simulated import CHAT, FORUM, TOPIC, calls, play, put_final, seen, send_all, texts


async def test_a_file_of_the_outbox_stands_in_the_chat_once(sim, api, store):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(CHAT, "tg-5", "")
        file_id = await tx.files.add(thread.id, "notes.md", "text/markdown", b"# hi\n" * 300_000)
        await tx.outbox.put(CHAT, "ä" * 2000, "file:1", file_id=file_id)
        await tx.outbox.put(CHAT, "behind it", "reply:1")
    sender = Sender(api, store.outbox, store.files, check=lambda: None)
    sender.stop()
    await sender.run()
    file, text = await seen(sim)
    assert (file["files"][0]["name"], file["files"][0]["size"], text["text"]) == ("notes.md", 1_500_000, "behind it")
    assert file["text"] == "ä" * 1023 + "…"
    assert await store.pool.fetchval("SELECT count(*) FROM file_chunks") == 0


async def test_an_answer_too_long_for_a_chat_is_a_file_below_its_short_form(sim, api, store):
    ids = [await api.send_message(CHAT, f"preview {n}") for n in range(3)]
    answer = "\n\n".join(f"# Part {n}\n\n{'words ' * 150}" for n in range(25))
    await put_final(store, answer, ids)
    await play(sim, "faults", method="sendDocument", kind="error", code=502)
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    beginning, file = await seen(sim)
    assert beginning["message_id"] == ids[0]
    assert "Part 0" in beginning["text"]
    assert (file["files"][0]["name"], file["files"][0]["size"]) == ("answer.md", len(answer))
    await store.pool.execute("UPDATE outbox SET state = 'pending'")  # as if nobody had noted that it was said
    before = len(calls(sim, "sendDocument"))
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert len(calls(sim, "sendDocument")) == before
    assert len(await seen(sim)) == 2


@pytest.mark.parametrize(
    "fault",
    [{"code": 400, "description": "Bad Request: not enough rights to send documents to the chat"}, {"code": 413}],
)
@pytest.mark.postgres
async def test_an_answer_too_long_for_a_chat_that_takes_no_files_is_said_whole(sim, api, store, fault):
    told = []
    api._events.on(CallFailed, lambda failed: told.append(failed.problem.kind))
    answer = "\n\n".join(f"Part {n}: {'words ' * 150}" for n in range(25))
    await play(sim, "faults", method="sendDocument", kind="error", **fault)
    await put_final(store, answer, [await api.send_message(CHAT, "preview")])
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert " ".join(await texts(sim)).split() == answer.split()
    assert told
    assert RefusalKind.CHAT_GONE not in told  # which would end all that is asked there


@pytest.mark.postgres
async def test_a_final_outlives_throttling_outage_and_cut_connections(sim, api, store):
    for fault in (
        {"kind": "throttle", "retry_after": 1},
        {"kind": "error", "code": 502},
        {"kind": "cut"},
    ):
        await play(sim, "faults", method="sendMessage", **fault)
    await put_final(store, "the answer")
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert await texts(sim) == ["(sent again)\nthe answer"]  # of the connection that was cut nobody knew what it did


@pytest.mark.postgres
async def test_a_final_for_a_topic_that_is_gone_goes_nowhere_else(sim, api, store):
    await play(sim, "topics", chat=FORUM, topic=42, deleted=True)
    await put_final(store, "the answer", address=TOPIC)
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert await seen(sim, FORUM) == []
    row = await store.pool.fetchrow("SELECT state, error FROM outbox")
    assert (row["state"], row["error"]) == ("dead", "the topic is gone")


@pytest.mark.postgres
async def test_a_final_for_a_closed_topic_waits_and_is_said_once_it_is_open(sim, api, store):
    await play(sim, "topics", chat=FORUM, topic=42, closed=True)
    await play(sim, "topics", chat=FORUM, topic=43, name="other")
    await put_final(store, "the answer", address=TOPIC)
    await store.outbox.put(Address(BOT_ID, FORUM, 43), "elsewhere", "other")
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert [m["text"] for m in await seen(sim, FORUM)] == ["elsewhere"]
    assert await store.pool.fetchval("SELECT state FROM outbox WHERE topic_id = 42") == "held"
    await play(sim, "topics", chat=FORUM, topic=42, closed=False)
    async with store.transaction() as tx:
        await tx.outbox.release_held(TOPIC)
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert [(m["text"], m["topic"]) for m in await seen(sim, FORUM)] == [("elsewhere", 43), ("the answer", 42)]


@pytest.mark.postgres
async def test_a_row_of_the_outbox_brings_its_buttons(sim, api, store):
    async with store.transaction() as tx:
        button = Button("Cancel k1", "sa:cancel:1")
        await tx.outbox.put(CHAT, "Sub-agent k1 works.", "spawned:1", buttons=[button])
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    (message,) = await seen(sim)
    assert message["buttons"] == [{"text": "Cancel k1", "data": "sa:cancel:1"}]
