"""The simulated Bot API sends updates to a webhook, which is a real server of its own here."""

from __future__ import annotations

import asyncio

import aiogram.types
import pytest
from aiohttp import web

from agent_simulators.telegram import create_app
from agent_simulators.telegram.bots import Update
from agent_simulators.telegram.server import CLOUD
from tests.support.eventually import eventually
from tests.unit.simulators.hooks import (
    GROUP,
    OTHER,
    PERSON,
    TOKEN,
    Receiver,
    all_settled,
    call,
    info,
    post,
    say,
    serving,
    updates,
)


@pytest.fixture
async def client(serve):
    return await serve(create_app(TOKEN))


@pytest.fixture
async def hook(client):
    async with serving(Receiver()) as receiver:
        yield receiver
        await call(client, "deleteWebhook")
        for event in receiver.held.values():
            event.set()


async def test_an_update_is_posted_with_the_secret_and_gone_when_it_was_taken(client, hook):
    made = await client.post(f"/bot{TOKEN}/setWebhook", json={"url": hook.url, "secret_token": "a-b_C9"})
    assert (await made.json())["description"] == "Webhook was set"
    said = await say(client, "hello")
    await eventually(lambda: all_settled(client))
    assert aiogram.types.Update.model_validate(hook.posts[0]).message.text == "hello"
    assert (hook.posts[0]["update_id"], hook.secrets) == (said["update_id"], ["a-b_C9"])
    (update,) = await updates(client)
    assert (update["update_id"], update["message_id"], update["chat"]) == (
        said["update_id"],
        said["message_id"],
        PERSON,
    )
    assert (update["fate"], update["given"]) == ("webhook", 1)
    assert update["made"] <= update["first_given"] <= update["ended"]
    assert (await info(client)).pending_update_count == 0


async def test_a_chat_waits_for_its_first_update_and_others_do_not(client, hook):
    hook.held[GROUP] = asyncio.Event()
    await call(client, "setWebhook", url=hook.url)
    for text in ("a1", "a2"):
        await say(client, text, chat=GROUP, user=PERSON)
    for text in ("b1", "b2"):
        await say(client, text)
    await eventually(lambda: len(hook.posts) == 3)
    await eventually(lambda: updates_of_person_are_taken(client))
    assert sorted(hook.texts) == ["a1", "b1", "b2"]
    hook.held[GROUP].set()
    await eventually(lambda: hook.texts[-1] == "a2")


async def updates_of_person_are_taken(client):
    return not await updates(client, chat=PERSON, pending=1)


async def test_as_many_chats_at_once_as_there_are_connections(client, hook):
    for chat in (PERSON, OTHER, 44):
        hook.held[chat] = asyncio.Event()
    await call(client, "setWebhook", url=hook.url, max_connections=2)
    for chat in (PERSON, OTHER, 44):
        await say(client, f"from {chat}", chat=chat)
    await eventually(lambda: len(hook.posts) == 2)
    hook.held[PERSON].set()
    await eventually(lambda: len(hook.posts) == 3)
    assert (await info(client)).max_connections == 2
    assert client.app[CLOUD].bots[TOKEN].wanted()[0].chat == OTHER


async def test_what_was_not_taken_comes_again_in_order_and_the_reason_is_told(client, hook):
    hook.answers = [web.Response(status=503), web.Response(status=302, headers={"Location": "/hook"})]
    await post(client, "settings", webhook_pause=0.05)
    await call(client, "setWebhook", url=hook.url)
    for text in ("one", "two"):
        await say(client, text)
    await eventually(lambda: all_settled(client))
    assert hook.texts == ["one", "one", "one", "two"]
    told = await info(client)
    assert told.last_error_message == "Wrong response from the webhook: 302 Found"
    assert told.last_error_date is not None
    assert [u["given"] for u in await updates(client)] == [3, 1]


async def test_a_webhook_that_is_not_there_yet_gets_it_later(client):
    receiver = Receiver()
    await post(client, "settings", webhook_pause=0.05)
    async with serving(receiver):
        pass
    await call(client, "setWebhook", url=receiver.url)
    await say(client, "hello")
    await eventually(lambda: fails(client))
    assert (await info(client)).pending_update_count == 1
    async with serving(receiver):
        await call(client, "setWebhook", url=receiver.url)
        await eventually(lambda: all_settled(client))
        await call(client, "deleteWebhook")
    assert receiver.texts == ["hello"]


async def fails(client):
    return (await info(client)).last_error_message


async def test_retry_after_is_heeded_and_pauses_grow_to_a_cap(client, hook):
    await post(client, "settings", webhook_pause=3)
    hook.answers = [web.Response(status=503, headers={"Retry-After": "900"})]
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    (update,) = client.app[CLOUD].bots[TOKEN].updates
    await eventually(lambda: update.failures == 1)
    loop = asyncio.get_running_loop()
    assert update.not_before - loop.time() > 800
    update, pauses = Update({"update_id": 1}), []
    for _ in range(4):
        update.fail("x", 0, 3)
        pauses.append(round(update.not_before - loop.time()))
    assert pauses == [0, 2, 3, 3]


async def test_an_update_is_given_up_after_a_day(client, hook):
    hook.answers = [web.Response(status=503, headers={"Retry-After": "900"})]
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    (update,) = client.app[CLOUD].bots[TOKEN].updates
    await eventually(lambda: update.failures)
    update.made -= 86_401
    assert (await info(client)).pending_update_count == 0
    assert (await updates(client))[0]["fate"] == "expired"


async def test_polling_and_webhook_exclude_each_other(client, hook):
    polling = asyncio.create_task(call(client, "getUpdates", timeout=30))
    await eventually(lambda: client.app[CLOUD].bots[TOKEN].poll)
    await call(client, "setWebhook", url=hook.url)
    assert (await polling)["description"] == "Conflict: terminated by setWebhook request"
    refused = await call(client, "getUpdates")
    assert refused["error_code"] == 409
    assert "use deleteWebhook to delete the webhook first" in refused["description"]
    again = await client.post(f"/bot{TOKEN}/setWebhook", json={"url": hook.url})
    assert (await again.json())["description"] == "Webhook is already set"
    await call(client, "setWebhook", url="")
    assert await call(client, "getUpdates") == []
    assert (await info(client)).url == ""


async def test_switching_either_way_loses_and_doubles_nothing(client, hook):
    numbers = [(await say(client, text))["update_id"] for text in ("one", "two")]
    first = await call(client, "getUpdates")
    await call(client, "getUpdates", offset=first[0]["update_id"] + 1)
    await call(client, "setWebhook", url=hook.url)
    await eventually(lambda: all_settled(client))
    assert hook.texts == ["two"]
    await call(client, "deleteWebhook")
    await say(client, "three")
    assert [u["message"]["text"] for u in await call(client, "getUpdates")] == ["three"]
    assert [u["fate"] for u in await updates(client)] == ["offset", "webhook", None]
    assert numbers == [u["update_id"] for u in await updates(client)][:2]


async def test_what_a_removed_webhook_has_not_answered_waits_for_a_poll(client, hook):
    hook.held[PERSON] = asyncio.Event()
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    await eventually(lambda: hook.posts)
    await call(client, "deleteWebhook")
    assert [u["message"]["text"] for u in await call(client, "getUpdates")] == ["hello"]
    await eventually(lambda: hook.cancelled)
    assert (await updates(client, pending=1))[0]["fate"] is None


async def test_pending_updates_are_dropped_where_that_is_asked_for(client, hook):
    await say(client, "old")
    await call(client, "setWebhook", url=hook.url, drop_pending_updates=True)
    await say(client, "new")
    await eventually(lambda: all_settled(client))
    assert hook.texts == ["new"]
    assert [u["fate"] for u in await updates(client)] == ["dropped", "webhook"]


async def test_only_the_kinds_that_are_allowed_are_sent(client, hook):
    await call(client, "setWebhook", url=hook.url, allowed_updates=["message"])
    said = await say(client, "hello")
    await post(client, "edits", chat=PERSON, message_id=said["message_id"], text="ho")
    await say(client, "next")
    await eventually(lambda: len(hook.posts) == 2)
    assert hook.texts == ["hello", "next"]
    assert (await info(client)).allowed_updates == ["message"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"secret_token": "a" * 257}, "secret token is too long"),
        ({"secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": "ftp://host/hook"}, "invalid webhook URL"),
        ({"url": "http://host:99999/"}, "invalid webhook URL"),
        ({"url": "nothing"}, "invalid webhook URL"),
    ],
)
async def test_webhooks_that_telegram_refuses_are_refused(client, params, words):
    refused = await call(client, "setWebhook", **{"url": "http://host/hook", **params})
    assert words in refused["description"]
    assert (await info(client)).url == ""


async def test_a_call_in_the_answer_is_carried_out(client, hook):
    reply = {"method": "sendMessage", "chat_id": PERSON, "text": "at once"}
    hook.answers = [web.json_response(reply), web.json_response({"method": "deleteWebhook"})]
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    await say(client, "next")
    await eventually(lambda: all_settled(client))
    seen = await (await client.get(f"/sim/chats/{PERSON}")).json()
    assert [m["text"] for m in seen["messages"] if m["bot"]] == ["at once"]
    assert (await info(client)).url == hook.url
    (made,) = await (await client.get("/sim/calls", params={"method": "sendMessage"})).json()
    assert made["status"] == 200
