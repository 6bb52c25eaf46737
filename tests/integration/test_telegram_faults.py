"""What calls of the Bot API come to where they do not succeed, and that nothing of it tells a secret."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_gateway.effects import CallFailed
from agent_gateway.store.rows import Address
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
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.ports import Entity
from agent_simulators.telegram.server import CLOUD
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.simulated import CHAT, FORUM, TOKEN, TOPIC, play


async def test_a_download_that_breaks_off_tells_no_token(sim, api):
    await play(sim, "messages", chat=5, document={"name": "a", "content": "eHg="})
    parts = api.open_file("f1")
    sim.app[CLOUD].files["f1"].data = b"x" * 30_000_000  # refused when it is fetched
    with pytest.raises(Refused) as refused:
        await anext(parts)
    assert TOKEN not in str(refused.value)


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
    api._events.on(CallFailed, lambda failed: told.append((failed.address, getattr(failed.problem, "kind", None))))
    gone, blocked = Address(BOT_ID, FORUM, 99), Address(BOT_ID, 6)
    for call in (
        api.send_message(TOPIC, "a"), api.send_message(gone, "a"), api.edit_message_text(blocked, 1, "a"),
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


async def test_the_newest_poll_wins_and_the_older_is_told(sim, api):
    older = asyncio.create_task(api.get_updates(0, 50))
    other = TelegramApi(TOKEN, api._bot.base_url.rsplit("/bot", 1)[0])
    await eventually(lambda: sim.app[CLOUD].bots[TOKEN].poll)
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
