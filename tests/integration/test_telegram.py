"""The gateway's side of the Bot API against the simulated one over real HTTP, with the real store where it matters."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.ingest import Ingest
from agent_gateway.render.render import render
from agent_gateway.store.chatrows import Button, Final, TurnView
from agent_gateway.store.rows import Address, Turn, TurnState
from agent_gateway.telegram.errors import (
    Ambiguous,
    Conflict,
    Moved,
    NotSent,
    RefusalKind,
    Refused,
    ServerFailed,
    Throttled,
    Unauthorized,
)
from agent_gateway.telegram.fakes import FakeStore
from agent_gateway.telegram.inbound.updates import Pressed, Prompt, parse
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.menus import LANGUAGES, Menu, fill_menus
from agent_gateway.telegram.outbound.reactions import Reactions
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from agent_gateway.telegram.ports import BotIdentity, Entity, OutgoingFile
from agent_gateway.wording.commands import MENU
from agent_gateway.wording.subagents import ChildLine, SubAgentFacts, build_line, parse_cancel
from agent_simulators.telegram.server import CLOUD, create_app
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

TOKEN = f"{BOT_ID}:secret-of-the-test"
CHAT = Address(BOT_ID, 5)
FORUM = -100200
TOPIC = Address(BOT_ID, FORUM, 42)
BOT = BotIdentity(BOT_ID, "demo_bot")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def sim():
    """A simulated Telegram with a private chat, and a forum with topic 42."""
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        await play(client, "chats", chat=5)
        await play(client, "topics", chat=FORUM, topic=42, name="deploy")
        next(iter(client.app[CLOUD].bots.values())).updates.clear()
        yield client


@pytest.fixture
async def api(sim):
    api = TelegramApi(TOKEN, str(sim.make_url("")))
    yield api
    await api.close()


async def play(sim, what, **body):
    answer = await sim.post(f"/sim/{what}", json=body)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def seen(sim, chat=5):
    answer = await (await sim.get(f"/sim/chats/{chat}")).json()
    return [m for m in answer["messages"] if m["bot"]]


async def texts(sim, chat=5):
    return [m["text"] for m in await seen(sim, chat)]


def calls(sim, name):
    return [c for c in sim.app[CLOUD].calls if c["method"].lower() == name.lower()]


def turn(turn_id=1):
    now = datetime.now(UTC)
    return Turn(turn_id, 1, None, 5, "ask", TurnState.STARTED, 1, 0, None, now, now, now, None)


# --- calls -------------------------------------------------------------------------------------------------------------


async def test_who_the_bot_is(api):
    assert await api.get_me() == replace(BOT, reads_groups=True)  # the simulated bot's privacy mode is off


async def test_a_message_with_entities_and_a_reply_is_edited_and_deleted(sim, api):
    asked = await play(sim, "messages", chat=5, text="hi")
    entity = Entity("pre", 0, 3, language="python")
    message_id = await api.send_message(CHAT, "abc", [entity], reply_to=asked["message_id"])
    (message,) = await seen(sim)
    assert message["message_id"] == message_id
    assert message["entities"] == [{"type": "pre", "offset": 0, "length": 3, "language": "python"}]
    assert message["reply_to"] == asked["message_id"]
    await api.edit_message_text(CHAT, message_id, "abd")
    await api.edit_message_text(CHAT, message_id, "abd")  # not modified is success
    assert await texts(sim) == ["abd"]
    await api.delete_message(CHAT, message_id)
    await api.delete_message(CHAT, message_id)
    assert await texts(sim) == []


async def test_a_reply_to_what_was_deleted_is_sent_all_the_same(sim, api):
    await api.send_message(CHAT, "a", reply_to=12345)
    assert await texts(sim) == ["a"]


def outgoing(name, media_type, data):
    return OutgoingFile(name, media_type, len(data), io.BytesIO(data))


async def test_a_file_is_sent_as_what_it_is(sim, api):
    await api.send_file(CHAT, outgoing("a.pdf", "application/pdf", b"one"), "look", None)
    await api.send_file(TOPIC, outgoing("a.png", "image/png", PNG), "", None)
    await api.send_file(CHAT, outgoing("odd.png", "image/png", b"no picture"), "", None)
    first, second = await seen(sim)
    assert (first["text"], first["files"][0]["kind"], first["files"][0]["name"]) == ("look", "document", "a.pdf")
    assert (second["files"][0]["kind"], second["files"][0]["name"]) == ("document", "odd.png")
    [picture] = await seen(sim, FORUM)
    assert (picture["files"][0]["kind"], picture["topic"]) == ("photo", 42)


async def test_what_a_person_sent_is_fetched_in_parts(sim, api):
    content = base64.b64encode(b"x" * 600_000).decode()
    await play(sim, "messages", chat=5, document={"name": "a", "content": content})
    parts = [part async for part in api.open_file("f1")]
    assert b"".join(parts) == b"x" * 600_000
    assert len(parts) > 1
    with pytest.raises(Refused, match="Wrong file_id"):
        await anext(api.open_file("f9"))


async def test_a_download_that_breaks_off_tells_no_token(sim, api):
    await play(sim, "messages", chat=5, document={"name": "a", "content": "eHg="})
    parts = api.open_file("f1")
    sim.app[CLOUD].files["f1"].data = b"x" * 30_000_000  # refused when it is fetched
    with pytest.raises(Refused) as refused:
        await anext(parts)
    assert TOKEN not in str(refused.value)


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


async def test_buttons_come_change_and_go(sim, api):
    yes, no = Button("Yes", "y"), Button("No", "é" * 32)
    message_id = await api.send_message(CHAT, "Sure?", buttons=[yes, no])
    assert (await seen(sim))[0]["buttons"] == [{"text": "Yes", "data": "y"}, {"text": "No", "data": "é" * 32}]
    await api.edit_message_text(CHAT, message_id, "Sure?", buttons=[no])
    await api.edit_message_text(CHAT, message_id, "Sure?", buttons=[no])  # not modified is success
    assert [b["text"] for b in (await seen(sim))[0]["buttons"]] == ["No"]
    await api.edit_message_text(CHAT, message_id, "Sure?")
    assert (await seen(sim))[0]["buttons"] == []
    with pytest.raises(Refused, match=r"(?i)button_data_invalid"):
        await api.send_message(CHAT, "a", buttons=[Button("x", "x" * 65)])


async def test_a_press_is_read_and_answered_with_words(sim, api):
    message_id = await api.send_message(TOPIC, "k3 working", buttons=[Button("Cancel k3", "sa:cancel:12")])
    pressed = await play(sim, "press", chat=FORUM, message_id=message_id, user=5, text="Cancel k3")
    (update,) = await api.get_updates(0, 0)
    incoming = parse(update, BOT)
    assert incoming == Pressed(TOPIC, 5, "Person 5", message_id, pressed["callback_id"], "sa:cancel:12")
    await api.answer_callback(incoming.callback_id, "x" * 300)
    await api.answer_callback(incoming.callback_id, "twice")  # too old for Telegram: nobody waits for it
    await api.answer_callback("12345", "unknown")
    (told,) = await (await sim.get("/sim/callbacks")).json()
    assert (told["answered"], told["text"]) == (True, "x" * 200)


async def test_a_press_under_a_message_too_old_has_no_topic(sim, api):
    message_id = await api.send_message(TOPIC, "a", buttons=[Button("x", "x")])
    await play(sim, "press", chat=FORUM, message_id=message_id, user=5, inaccessible=True)
    (update,) = await api.get_updates(0, 0)
    incoming = parse(update, BOT)
    assert isinstance(incoming, Pressed)
    assert incoming.address == Address(BOT_ID, FORUM)


async def test_topics_and_general(sim, api):
    general = Address(BOT_ID, FORUM, 1)
    await api.send_message(TOPIC, "in the topic")
    await api.send_message(general, "in General")
    await api.send_chat_action(TOPIC)
    await api.send_chat_action(general)
    assert [(m["text"], m["topic"]) for m in await seen(sim, FORUM)] == [("in the topic", 42), ("in General", None)]
    assert set(sim.app[CLOUD].chats[FORUM].typing) == {1, 42}


async def test_refusals(sim, api):
    await play(sim, "chats", chat=6, blocked=True)
    await play(sim, "chats", chat=-7, migrated_to=-1007)
    expected = [
        (RefusalKind.THREAD_NOT_FOUND, api.send_message(Address(BOT_ID, FORUM, 99), "a")),
        (RefusalKind.CHAT_GONE, api.send_message(Address(BOT_ID, 404), "a")),
        (RefusalKind.CHAT_GONE, api.send_message(Address(BOT_ID, 6), "a")),
        (RefusalKind.TOO_LONG, api.send_message(CHAT, "x" * 4097)),
        (RefusalKind.CANT_PARSE, api.send_message(CHAT, "x", [Entity("bold", 0, 9)])),
        (RefusalKind.NOT_FOUND, api.edit_message_text(CHAT, 999, "a")),
    ]
    for kind, call in expected:
        with pytest.raises(Refused) as caught:
            await call
        assert caught.value.kind is kind
    with pytest.raises(Moved) as moved:
        await api.send_message(Address(BOT_ID, -7), "a")
    assert moved.value.new_chat_id == -1007


async def test_what_calls_come_to_is_told_with_their_place(sim, api):
    await play(sim, "chats", chat=6, blocked=True)
    await play(sim, "topics", chat=FORUM, topic=42, closed=True)
    told = []
    api.on_problem = lambda place, problem: told.append((place, getattr(problem, "kind", None)))
    gone, blocked = Address(BOT_ID, FORUM, 99), Address(BOT_ID, 6)
    for call in (
        api.send_message(TOPIC, "a"), api.send_chat_action(gone), api.edit_message_text(blocked, 1, "a"),
    ):  # fmt: skip
        with pytest.raises(Refused):
            await call
    assert told == [
        (TOPIC, RefusalKind.TOPIC_CLOSED), (gone, RefusalKind.THREAD_NOT_FOUND), (blocked, RefusalKind.CHAT_GONE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "throttle", "retry_after": 7}, Throttled),
        ({"kind": "throttle", "retry_after": 10**30}, Throttled),
        ({"kind": "error", "code": 429, "description": "Too Many Requests"}, Throttled),
        ({"kind": "error", "code": 500}, ServerFailed),
        ({"kind": "error", "code": 502, "description": "Bad Gateway"}, ServerFailed),
        ({"kind": "cut"}, Ambiguous),
    ],
)
async def test_faults_become_outcomes_that_tell_no_secret(sim, api, fault, outcome):
    await play(sim, "faults", method="sendMessage", **fault)
    with pytest.raises(outcome) as caught:
        await api.send_message(CHAT, "private words")
    assert type(caught.value) is outcome
    assert "secret" not in repr(caught.value)
    assert "private words" not in repr(caught.value)
    if "retry_after" in fault:
        assert caught.value.retry_after == min(fault["retry_after"], 86_400)


async def test_an_address_where_nobody_listens_is_surely_not_sent():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        api = TelegramApi(TOKEN, f"http://127.0.0.1:{probe.getsockname()[1]}")
        with pytest.raises(NotSent):
            await api.send_message(CHAT, "a")
        await api.close()


async def test_an_answer_that_is_not_telegrams_is_ambiguous_and_not_logged(caplog):
    async def odd(_request):
        return web.Response(text="<html>private words</html>")

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", odd)
    async with TestServer(app) as server:
        api = TelegramApi(TOKEN, str(server.make_url("")))
        with caplog.at_level(logging.DEBUG), pytest.raises(Ambiguous):
            await api.send_message(CHAT, "private words")
        await api.close()
    assert_discreet(caplog)


@pytest.mark.parametrize("token", [f"{BOT_ID}:another", "nonsense"])
async def test_a_wrong_token_is_told(sim, token):
    api = TelegramApi(token, str(sim.make_url("")))
    for call in (api.get_me(), api.get_updates(0, 0), api.send_message(CHAT, "a")):
        with pytest.raises(Unauthorized, match="Telegram refuses the bot token"):
            await call
    await api.close()


async def test_the_menu_of_commands(sim, api):
    await api.set_my_commands(Menu(MENU, "default"))
    (menu,) = sim.app[CLOUD].bots[TOKEN].commands.values()
    assert [c["command"] for c in menu] == [name for name, _ in MENU]


async def test_each_scope_has_its_menu_and_a_chat_that_is_not_there_is_passed_over(sim, api):
    await play(sim, "messages", chat=9, user=9, text="hello")
    await fill_menus(api, [9, 99])
    menus = sim.app[CLOUD].bots[TOKEN].commands
    names = {scope: {c["command"] for c in menu} for scope, menu in menus.items()}
    scopes = {"default", "all_private_chats", "all_group_chats", "chat 9"}
    assert set(names) == {f"{scope} {language or ''}".strip() for scope in scopes for language in LANGUAGES}
    for language in LANGUAGES:
        assert {"kill", "cleanup", "approve"} <= names[f"chat 9 {language or ''}".strip()]


async def test_the_newest_poll_wins_and_the_older_is_told(api):
    older = asyncio.create_task(api.get_updates(0, 10))
    other = TelegramApi(TOKEN, api._bot.base_url.rsplit("/bot", 1)[0])
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(other.get_updates(0, 10))
    with pytest.raises(Conflict, match="another program polls"):
        await older
    newer.cancel()
    await other.close()


async def test_nothing_of_a_token_or_text_is_logged(sim, api, caplog):
    with caplog.at_level(logging.DEBUG):
        await play(sim, "messages", chat=5, text="private words")
        await api.get_updates(0, 0)
        await api.send_message(CHAT, "private words")
    assert_discreet(caplog)


def assert_discreet(caplog):
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("aiohttp")]  # of the simulator's server
    assert not any("secret" in line or "private words" in line for line in ours)


# --- ingest ------------------------------------------------------------------------------------------------------------


async def until_polled(source, task):
    """Wait until a poll was answered, or the loop ended."""
    await eventually(lambda: task.done() or source.last_poll is not None or source.problem)


@pytest.mark.postgres
async def test_updates_reach_the_inbox_once_and_junk_stops_nothing(sim, api, store):
    wakes = []
    source = Ingest(api, store.inbox, check=lambda: None, wake=lambda: wakes.append(1), timeout=1, pause=0.01)
    await play(sim, "messages", chat=5, text="first")
    await play(sim, "updates", update={"message": "junk"})
    await play(sim, "updates", update={"message": {"chat": {"id": "x"}, "entities": 5}})
    await play(sim, "messages", chat=FORUM, topic=42, text="@demo_bot second")
    await play(sim, "messages", chat=5, text="nul \u0000 and \ud83d half")
    task = asyncio.create_task(source.run())
    await eventually(lambda: sim.app[CLOUD].bots[TOKEN].updates == [])
    rows = {row.queue_key: row for row in await store.inbox.next()}
    assert sorted(rows) == ["-", "-100200/42", "5"]
    incoming = parse(json.loads(rows["-100200/42"].payload), BOT)
    assert isinstance(incoming, Prompt)
    assert (incoming.address, incoming.text) == (TOPIC, "second")
    following = sim.app[CLOUD].bots[TOKEN].next_update
    assert (await store.inbox.read_cursor())[0] == following
    assert wakes
    task.cancel()
    # What Telegram sends a second time is passed over.
    again = await store.pool.fetchval("SELECT count(*) FROM inbox")
    await store.inbox.add_updates([(following - 1, "5", "{}")], following)
    assert await store.pool.fetchval("SELECT count(*) FROM inbox") == again == 5


@pytest.mark.postgres
async def test_what_was_not_committed_is_delivered_again(sim, api, store):
    fence, store.fence = store.fence, None
    await play(sim, "messages", chat=5, text="first")
    with pytest.raises(LeadershipLost):
        await Ingest(api, store.inbox, check=lambda: None, wake=lambda: None, timeout=1).run()
    store.fence = fence
    task = asyncio.create_task(Ingest(api, store.inbox, check=lambda: None, wake=lambda: None, timeout=1).run())
    await eventually(store.inbox.next)
    task.cancel()


async def test_ingest_goes_on_after_every_fault(sim, api):
    for fault in ({"kind": "error", "code": 502}, {"kind": "cut"}, {"kind": "throttle", "retry_after": 1}):
        await play(sim, "faults", method="getUpdates", **fault)
    store = FakeStore()
    source = Ingest(api, store, check=lambda: None, wake=lambda: None, timeout=1, pause=0.01)
    task = asyncio.create_task(source.run())
    await play(sim, "messages", chat=5, text="first")
    await eventually(lambda: store.inbox)
    await eventually(lambda: source.problem is None)
    task.cancel()


async def test_a_refused_token_is_ingests_problem(sim):
    api = TelegramApi(f"{BOT_ID}:another", str(sim.make_url("")))
    source = Ingest(api, FakeStore(), check=lambda: None, wake=lambda: None, timeout=1, pause=0.01)
    task = asyncio.create_task(source.run())
    await until_polled(source, task)
    assert source.problem.startswith("Telegram refuses the bot token")
    task.cancel()
    await api.close()


# --- previews and finals -----------------------------------------------------------------------------------------------


@pytest.mark.postgres
async def test_a_streamed_answer_is_previewed_and_its_final_takes_the_same_messages(sim, api, store):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(CHAT, "tg-5", "t")
        asked = await tx.turns.add(thread.id, 1, 7, 5, "ask")
    views = Views(api, store.views, check=lambda: None, budgets=Budgets(minute=1.5), typing_interval=0.05)
    views.open(asked, CHAT, asked.message_id)
    await eventually(lambda: sim.app[CLOUD].chats[5].typing)
    answer = "# Plan\n\n" + "\n\n".join(f"Step **{n}** of `many` with x<y> and $HOME" for n in range(100))
    for end in range(1, len(answer), 97):
        views.update(asked.id, answer[:end], "bash: ls")
        await asyncio.sleep(0.002)
    views.update(asked.id, answer)
    expected = [chunk.text for chunk in render(answer)]
    await eventually(lambda: len(sim.app[CLOUD].chats[5].messages) == len(expected))
    ids = await views.finish(asked.id)
    assert (await store.views.get(asked.id)).message_ids == ids
    previews = len(calls(sim, "editMessageText"))
    await put_final(store, answer, ids)
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    messages = await seen(sim)
    assert [m["message_id"] for m in messages] == list(ids)
    assert [m["text"] for m in messages] == expected
    assert len(calls(sim, "editMessageText")) <= previews + len(expected)
    await views.close()


async def test_an_answer_too_long_for_a_chat_is_a_file_below_its_beginning(sim, api, store):
    ids = [await api.send_message(CHAT, f"preview {n}") for n in range(3)]
    answer = "\n\n".join(f"# Part {n}\n\n{'words ' * 150}" for n in range(25))
    await put_final(store, answer, ids)
    await play(sim, "faults", method="sendDocument", kind="error", code=502)
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    beginning, file = await seen(sim)
    assert beginning["message_id"] == ids[0]
    assert beginning["text"].startswith("Part 0\n\nwords")
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
    api.on_problem = lambda _place, problem: told.append(problem.kind)
    answer = "\n\n".join(f"Part {n}: {'words ' * 150}" for n in range(25))
    await play(sim, "faults", method="sendDocument", kind="error", **fault)
    await put_final(store, answer, [await api.send_message(CHAT, "preview")])
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert " ".join(await texts(sim)).split() == answer.split()
    assert told
    assert RefusalKind.CHAT_GONE not in told  # which would end all that is asked there


async def test_an_answer_begins_as_a_draft_where_that_is_wished(sim, api, store):
    views = Views(api, FakeStore(), check=lambda: None, budgets=Budgets(minute=1.5), drafts=True)
    for address, text in ((CHAT, "in private"), (TOPIC, "in a forum")):
        views.open(turn(abs(address.chat_id)), address, None)
        views.update(abs(address.chat_id), f"**words** {text}")
    await eventually(lambda: [d.text for d in sim.app[CLOUD].chats[5].drafts.values()] == ["words in private"])
    await eventually(lambda: calls(sim, "sendMessage"))
    assert await texts(sim) == []
    assert await texts(sim, FORUM) == ["words in a forum"]
    assert await views.finish(5) == ()
    await put_final(store, "**words** in private, all of them")
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert await texts(sim) == ["words in private, all of them"]
    assert sim.app[CLOUD].chats[5].drafts == {}
    with pytest.raises(Refused):
        await api.send_draft(TOPIC, 1, "no")
    await views.close()


async def send_all(store, sender):
    running = asyncio.create_task(sender.run())
    await eventually(lambda: is_sent(store), timeout=20)
    sender.stop()
    await running


async def put_final(store, text, message_ids=(), address=CHAT):
    await store.outbox.put(address, text, f"test:{text[:20]}", kind="final", format="markdown")
    async with store.transaction() as tx:
        await tx._connection.execute("UPDATE outbox SET message_ids = $1 WHERE state = 'pending'", list(message_ids))


async def is_sent(store):
    return await store.pool.fetchval("SELECT count(*) = 0 FROM outbox WHERE state IN ('pending', 'sending')")


@pytest.mark.postgres
async def test_a_final_outlives_throttling_outage_and_cut_connections(sim, api, store):
    for fault in (
        {"kind": "throttle", "retry_after": 1},
        {"kind": "error", "code": 502},
        {"kind": "cut"},
    ):
        await play(sim, "faults", method="sendMessage", **fault)
    await put_final(store, "the answer")
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05, repeat_after=0.01))
    assert await texts(sim) == ["the answer"]


@pytest.mark.postgres
async def test_a_chat_that_is_to_be_left_alone_is_left_alone_by_the_next_process(sim, api, store):
    await play(sim, "faults", method="sendMessage", kind="throttle", retry_after=50)
    await put_final(store, "the answer")

    async def waits():
        return await store.outbox.resting_chats()

    first = asyncio.create_task(Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05).run())
    await eventually(waits)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    budgets = Budgets()
    views = Views(api, FakeStore(), check=lambda: None, budgets=budgets)
    second = asyncio.create_task(
        Sender(api, store.outbox, store.files, check=lambda: None, budgets=budgets, poll=0.05).run()
    )
    await eventually(lambda: budgets.left(CHAT.chat_id) > 30)
    views.open(turn(5), CHAT, None)
    views.update(5, "a preview")
    views.open(turn(6), TOPIC, None)
    views.update(6, "elsewhere")
    await eventually(lambda: texts(sim, FORUM))
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await views.close()
    assert len([c for c in calls(sim, "sendMessage") if c["chat"] in (CHAT.chat_id, str(CHAT.chat_id))]) == 1


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


async def test_a_restarted_preview_edits_what_stands(sim, api):
    message_id = await api.send_message(CHAT, "half an ans")
    store = FakeStore()
    views = Views(api, store, check=lambda: None, budgets=Budgets(minute=1.5))
    views.open(turn(), CHAT, None, TurnView(1, ("half an ans",), (message_id,)))
    views.update(1, "half an answer")
    await eventually(lambda: texts_are(sim, ["half an answer"]))
    assert await views.finish(1) == (message_id,)
    await views.close()


async def texts_are(sim, expected):
    return await texts(sim) == expected


async def test_edits_of_a_chat_are_two_seconds_apart_and_the_first_text_is_not_held(sim, api):
    views = Views(api, FakeStore(), check=lambda: None)
    views.open(turn(), CHAT, None)
    begun = asyncio.get_running_loop().time()
    views.update(1, "a")
    await eventually(lambda: calls(sim, "sendMessage"))
    assert asyncio.get_running_loop().time() - begun < 1
    for n in range(30):
        views.update(1, "a" * (n + 2))
        await asyncio.sleep(0.01)
    await eventually(lambda: texts_are(sim, ["a" * 31]), timeout=5)
    await views.finish(1)
    (sent,), (edited,) = calls(sim, "sendMessage"), calls(sim, "editMessageText")
    assert edited["t"] - sent["t"] >= 1900
    await views.close()


async def test_sub_agents_below_an_answer_are_cancelled_by_their_buttons_and_the_final_takes_these_away(sim, api):
    views = Views(api, FakeStore(), check=lambda: None, budgets=Budgets(minute=1.5), typing_interval=0.05)
    views.open(turn(), TOPIC, None)
    children = [SubAgentFacts(n, f"tg-5-r1-k{n}", "tg-5", "Running", None, f"task {n}", 0.0) for n in (1, 2)]
    views.children(1, [build_line(child) for child in children])
    await eventually(lambda: buttons_are(sim, ["Cancel k1", "Cancel k2"]))
    await play(sim, "press", chat=FORUM, message_id=(await seen(sim, FORUM))[0]["message_id"], text="Cancel k2")
    (update,) = await api.get_updates(0, 0)
    assert parse_cancel(parse(update, BOT).data) == 2
    views.update(1, "Both work.")
    views.children(1, [build_line(children[0]), ChildLine("k2 cancelled")])
    await eventually(lambda: buttons_are(sim, ["Cancel k1", "⏹ Stop"]))
    ids = await views.finish(1)
    store = FakeStore()
    store.put(TOPIC, "Both are done.", message_ids=ids)
    await send_fakes(store, Sender(api, store, store, check=lambda: None, poll=0.05))
    (message,) = await seen(sim, FORUM)
    assert (message["text"], message["buttons"]) == ("Both are done.", [])
    await views.close()


async def send_fakes(store, sender):
    running = asyncio.create_task(sender.run())
    await eventually(lambda: not store.pending)
    sender.stop()
    await running


async def buttons_are(sim, expected):
    return [b["text"] for m in await seen(sim, FORUM) for b in m["buttons"]] == expected


@pytest.mark.postgres
async def test_a_row_of_the_outbox_brings_its_buttons(sim, api, store):
    async with store.transaction() as tx:
        button = Button("Cancel k1", "sa:cancel:1")
        await tx.outbox.put(CHAT, "Sub-agent k1 works.", "spawned:1", buttons=[button])
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    (message,) = await seen(sim)
    assert message["buttons"] == [{"text": "Cancel k1", "data": "sa:cancel:1"}]


# --- reactions ---------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def reacting(api, store, sender=None):
    reactions = Reactions(api, store.reactions, check=lambda: None, poll=0.05)
    tasks = [asyncio.create_task(loop.run()) for loop in (reactions, sender) if loop is not None]
    try:
        yield reactions
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def prompt(sim, store, text="hi", chat=5, thread=CHAT):
    """Say something, and queue its turn; return the turn."""
    message_id = (await play(sim, "messages", chat=chat, text=text))["message_id"]
    async with store.transaction() as tx:
        row = await tx.threads.get_or_create(thread, f"tg-{abs(chat)}", "t")
        return await tx.turns.add(row.id, message_id, message_id, 5, text)


async def reactions_are(sim, expected, chat=5):
    async def stand():
        answer = await (await sim.get(f"/sim/chats/{chat}")).json()
        return [m["reactions"] for m in answer["messages"] if not m["bot"]] == expected

    await eventually(stand)


async def settled(store):
    async def all_are():
        return await store.pool.fetchval("SELECT count(*) > 0 AND bool_and(settled) FROM reactions")

    await eventually(all_are)


async def test_eyes_stand_until_the_answer_does(sim, api, store):
    first = await prompt(sim, store, "one")
    second = await prompt(sim, store, "two")
    sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05, repeat_after=0.01)
    async with reacting(api, store):
        await reactions_are(sim, [["👀"], ["👀"]])
        await store.turns.end(first.id, None, None, TurnState.DONE, None, Final("All done."))
        await store.turns.end(second.id, None, None, TurnState.FAILED, "provider", Final("It failed."))
        assert await store.reactions.due((), (), 9) == []  # the answers are not there yet
    async with reacting(api, store, sender):
        await reactions_are(sim, [["👌"], ["💔"]])
        await settled(store)
    events = [e["kind"] for e in sim.app[CLOUD].events if e["kind"] == "reaction" or e.get("by") == BOT_ID]
    assert events.index("message") == 2  # both eyes, then an answer, and only then an outcome
    assert await store.reactions.due((), (), 9) == []


async def test_a_cancelled_turn_loses_its_eyes_after_a_restart(sim, api, store):
    await prompt(sim, store)
    async with reacting(api, store):
        await reactions_are(sim, [["👀"]])
    async with store.transaction() as tx:
        thread = await tx.threads.by_address(CHAT)
        assert await tx.turns.cancel_queued(thread.id)
    async with reacting(api, store):
        await reactions_are(sim, [[]])
        await settled(store)


async def test_a_chat_without_our_reactions_is_left_alone(sim, api, store):
    await play(sim, "chats", chat=5, reactions=["👍"])
    async with reacting(api, store):
        for number in range(3):
            await prompt(sim, store, str(number))
            await settled(store)
        await reactions_are(sim, [[], [], []])
    assert [c["status"] for c in calls(sim, "setMessageReaction")] == [400]


async def test_a_prompt_that_was_deleted_is_no_fault(sim, api, store):
    await prompt(sim, store)
    sim.app[CLOUD].chats[5].messages.clear()
    async with reacting(api, store):
        await settled(store)
    assert [c["status"] for c in calls(sim, "setMessageReaction")] == [400]


async def test_reactions_that_do_not_work_hold_up_no_final(sim, api, store):
    sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05, repeat_after=0.01)
    await play(sim, "faults", method="setMessageReaction", kind="throttle", count=1, retry_after=30)
    turn_row = await prompt(sim, store)
    async with reacting(api, store, sender):
        await eventually(lambda: calls(sim, "setMessageReaction"))
        await store.turns.end(turn_row.id, None, None, TurnState.DONE, None, Final("All done."))
        sender.notify()
        await eventually(lambda: texts_are(sim, ["All done."]))
    assert len(calls(sim, "setMessageReaction")) == 1
