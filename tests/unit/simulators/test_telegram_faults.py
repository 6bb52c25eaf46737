"""Faults of the simulated Bot API over real connections, and what a checker can read about them afterwards."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from aiohttp import ClientConnectionError, ClientError, ClientPayloadError, ClientTimeout, ServerDisconnectedError

from agent_simulators.faults import MAX_FAULTS, Faults
from agent_simulators.telegram import create_app
from agent_simulators.telegram.faultspec import TelegramFault
from tests.support.eventually import eventually

TOKEN = "1000000001:demo-token-of-the-simulator"
PERSON, OTHER, GROUP = 42, 43, -100


@pytest.fixture
async def client(serve):
    client = await serve(create_app(TOKEN))
    for chat in (PERSON, OTHER):
        await post(client, "messages", chat=chat, text="hello")
    return client


async def call(client, name, seconds=30, **params):
    response = await client.post(f"/bot{TOKEN}/{name}", json=params, timeout=ClientTimeout(total=seconds))
    return response.status, await response.json()


async def send(client, text="x", chat=PERSON, seconds=30):
    return (await call(client, "sendMessage", seconds, chat_id=chat, text=text))[0]


async def post(client, path, **body):
    return await (await client.post(f"/sim/{path}", json=body)).json()


async def get(client, path, **query):
    return await (await client.get(f"/sim/{path}", params=query)).json()


async def shown(client, chat=PERSON):
    return [m for m in (await get(client, f"chats/{chat}"))["messages"] if m["bot"]]


async def test_a_cut_before_loses_the_request(client):
    await post(client, "faults", method="sendMessage", kind="cut")
    with pytest.raises(ServerDisconnectedError):
        await send(client)
    assert await shown(client) == []
    assert await send(client) == 200


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "cut", "at": "after"}, ServerDisconnectedError),
        ({"kind": "cut", "at": "middle"}, ClientPayloadError),
        ({"kind": "silence", "at": "after", "seconds": 0.1}, ClientError),
    ],
)
async def test_an_answer_is_lost_and_the_message_stands(client, fault, error):
    await post(client, "faults", method="sendMessage", **fault)
    with pytest.raises(error):
        await send(client, "said")
    (message,) = await shown(client)
    assert (message["text"], message["lost"], message["edit_lost"]) == ("said", fault["kind"], None)
    (made,) = await get(client, "calls", method="sendMessage")
    assert (made["status"], made["fault"]) == (0, f"{fault['kind']} {fault['at']}")
    assert made["message_id"] == message["message_id"]
    assert await send(client, "said") == 200
    assert [m["lost"] for m in await shown(client)] == [fault["kind"], None]


async def test_an_error_may_come_after_the_call_was_carried_out(client):
    await post(client, "faults", method="sendMessage", kind="error", code=502, at="after")
    await post(client, "faults", method="editMessageText", kind="error", at="after")
    assert await send(client) == 502
    (message,) = await shown(client)
    edit = {"chat_id": PERSON, "message_id": message["message_id"], "text": "y"}
    assert (await call(client, "editMessageText", **edit))[0] == 500
    (message,) = await shown(client)
    assert (message["text"], message["lost"], message["edit_lost"]) == ("y", "error", "error")
    await call(client, "editMessageText", **{**edit, "text": "z"})
    (message,) = await shown(client)
    assert (message["edits"], message["lost"], message["edit_lost"]) == (2, "error", None)


@pytest.mark.parametrize("at", ["before", "after"])
async def test_silence_lasts_until_the_client_gives_up(client, at):
    await post(client, "faults", method="sendMessage", kind="silence", at=at, seconds=3000)
    with pytest.raises(TimeoutError):
        await send(client, seconds=0.2)
    assert len(await shown(client)) == (at == "after")
    (made,) = await eventually(lambda: get(client, "calls", method="sendMessage"))
    assert made["took"] < 20_000


async def test_who_hangs_up_before_the_answer_did_not_learn_of_the_message(client):
    await post(client, "faults", method="sendMessage", kind="slow", seconds=0.5)
    with pytest.raises(TimeoutError):
        await send(client, seconds=0.1)
    (message,) = await eventually(lambda: shown(client))
    assert message["lost"] == "hung up"


async def test_a_fault_may_be_of_one_chat(client):
    await post(client, "faults", kind="throttle", chat=PERSON, retry_after=7, count=2)
    assert await send(client, chat=OTHER) == 200
    assert (await call(client, "getMe"))[0] == 200
    status, body = await call(client, "sendMessage", chat_id=str(PERSON), text="x")
    assert (status, body["parameters"]) == (429, {"retry_after": 7})


async def test_a_share_of_the_calls_is_struck_while_the_fault_lasts_and_a_seed_says_which(client):
    await post(client, "faults", method="sendChatAction", kind="error", probability=0.25, seed=7, seconds_active=600)
    draw = random.Random(7)
    expected = [500 if draw.random() < 0.25 else 200 for _ in range(40)]
    found = [(await call(client, "sendChatAction", chat_id=PERSON, action="typing"))[0] for _ in range(40)]
    assert found == expected
    (fault,) = await get(client, "faults")
    assert (fault["active"], fault["matched"], fault["strikes"]) == (True, 40, expected.count(500))
    assert fault["until"] > time.time() * 1000
    assert (fault["method"], fault["kind"], fault["probability"]) == ("sendChatAction", "error", 0.25)


def test_a_fault_ends_by_its_count_and_by_its_time():
    now = [1000.0]
    faults = Faults(lambda: now[0])
    faults.add(TelegramFault(kind="error", seconds_active=10))
    faults.add(TelegramFault(kind="cut", count=2, until=1_015_000))

    def strike():
        return [fault.spec.kind for fault in faults.strike(lambda spec: spec.strikes_call("getMe", None))]

    assert [strike() for _ in range(3)] == [["error"]] * 3
    now[0] = 1010
    assert [strike() for _ in range(3)] == [["cut"], ["cut"], []]
    assert [(f["active"], f["strikes"]) for f in faults.describe()] == [(False, 3), (False, 2)]
    faults.add(TelegramFault(kind="cut", until=1_015_000))
    now[0] = 1015
    assert strike() == []


def test_slowness_comes_on_top_of_another_fault():
    faults = Faults()
    for kind in ("slow", "error", "cut"):
        faults.add(TelegramFault(kind=kind))
    struck = [[f.spec.kind for f in faults.strike(lambda spec: spec.strikes_call("getMe", None))] for _ in range(3)]
    assert struck == [["slow", "error"], ["cut"], []]


def test_faults_are_not_without_number():
    faults = Faults()
    for _ in range(MAX_FAULTS):
        faults.add(TelegramFault(kind="cut"))
    with pytest.raises(ValueError, match="at most"):
        faults.add(TelegramFault(kind="cut"))
    faults.end()
    faults.add(TelegramFault(kind="error"))
    assert (len(faults.describe()), faults.describe()[-1]["kind"]) == (MAX_FAULTS, "error")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explode"},
        {"kind": "cut", "counts": 3},
        {"kind": "error", "at": "middle"},
        {"kind": "throttle", "at": "after"},
        {"kind": "throttle", "method": "webhook"},
        {"kind": "double", "method": "sendMessage"},
        {"kind": "cut", "probability": 0},
        {"kind": "cut", "seconds_active": 5, "until": 5},
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(client, body):
    response = await client.post("/sim/faults", json=body)
    assert response.status == 400
    assert await get(client, "faults") == []


async def test_faults_are_ended_with_their_counts_kept_or_all_forgotten(client):
    await post(client, "faults", method="sendMessage", kind="silence", seconds=3000, seconds_active=600)
    sending = asyncio.create_task(send(client))
    await eventually(lambda: strikes(client))
    assert await (await client.delete("/sim/faults")).json() == {"ended": 1}
    with pytest.raises(ClientConnectionError):
        await sending
    assert [(f["active"], f["strikes"]) for f in await get(client, "faults")] == [(False, 1)]
    assert await send(client) == 200
    await post(client, "faults", kind="cut", count=5)
    await post(client, "reset")
    assert (await send(client), await get(client, "faults")) == (200, [])


async def strikes(client):
    return sum(f["strikes"] for f in await get(client, "faults"))


async def test_deleted_messages_are_listed_apart_with_their_times(client):
    await send(client, "kept")
    await send(client, "gone")
    kept, gone = await shown(client)
    await call(client, "deleteMessage", chat_id=PERSON, message_id=gone["message_id"])
    found = await get(client, f"chats/{PERSON}")
    assert [m["text"] for m in found["messages"]] == ["hello", "kept"]
    (deleted,) = found["deleted"]
    assert (deleted["message_id"], deleted["text"]) == (gone["message_id"], "gone")
    assert deleted["shown"] == gone["shown"] <= deleted["deleted"]
    assert (kept["deleted"], kept["edited"], kept["lost"]) == (None, None, None)
    edit = {"chat_id": PERSON, "message_id": kept["message_id"], "text": "better"}
    await call(client, "editMessageText", **edit)
    (kept,) = await shown(client)
    assert kept["shown"] <= kept["edited"] <= time.time() * 1000


async def test_all_chats_are_listed_with_their_topics(client):
    topic = (await post(client, "topics", chat=GROUP, name="deploy"))["topic"]
    await post(client, "messages", chat=GROUP, topic=topic, text="hi")
    await call(client, "deleteForumTopic", chat_id=GROUP, message_thread_id=topic)
    other = (await post(client, "topics", chat=GROUP, name="build"))["topic"]
    found = {chat["chat"]: chat for chat in await get(client, "chats")}
    assert set(found) == {PERSON, OTHER, GROUP}
    assert found[GROUP]["topics"] == [{"topic": other, "name": "build", "closed": False}]
    assert (found[GROUP]["messages"], found[GROUP]["deleted"]) == (1, 2)


async def test_an_update_tells_when_it_was_confirmed_and_keeps_the_words_of_its_time(client):
    said = await post(client, "messages", chat=PERSON, topic=5, text="first words")
    await post(client, "edits", chat=PERSON, message_id=said["message_id"], text="other words")
    _, body = await call(client, "getUpdates")
    assert [u["message"]["text"] for u in body["result"] if "message" in u][-1] == "first words"
    await call(client, "getUpdates", offset=said["update_id"] + 1)
    *_, update, edited = await get(client, "updates", chat=PERSON)
    assert (update["update_id"], update["message_id"], update["topic"]) == (said["update_id"], said["message_id"], 5)
    assert (update["kind"], update["fate"]) == ("message", "offset")
    assert update["made"] <= update["first_given"] <= update["ended"]
    assert (edited["kind"], edited["fate"], edited["ended"]) == ("edited_message", None, None)
    assert [u["kind"] for u in await get(client, "updates", pending=1)] == ["edited_message"]
