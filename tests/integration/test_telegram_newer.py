"""Calls that the library does not know: what an older server, a silent one and a revoked token come to."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Ambiguous, Refused, Unauthorized, Unsupported
from agent_gateway.telegram.outbound.api import ALLOWED_UPDATES, TelegramApi
from agent_gateway.telegram.outbound.richform import RichPolicy
from agent_gateway.telegram.outbound.sender import Sender
from tests.conftest import BOT_ID
from tests.support.simulated import TOKEN, calls, put_final, seen, send_all, simulated

PRIVATE = Address(BOT_ID, 5)


class OlderServer:
    """Answers as told, 404 where it is told nothing, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, tuple[int, object]] = {}

    async def serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        self.asked.append((method, {name: str(value) for name, value in (await request.post()).items()}))
        status, result = self.answers.get(method, (404, "Not Found: method not found"))
        if status == 0:
            await asyncio.sleep(3600)
        body = (
            {"ok": True, "result": result}
            if status == 200
            else {"ok": False, "error_code": status, "description": result}
        )
        return web.json_response(body, status=status)


@pytest.fixture
async def older():
    server = OlderServer()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", server.serve)
    async with TestServer(app) as running:
        server.url = str(running.make_url(""))
        yield server


@pytest.fixture
async def api(older):
    api = TelegramApi(TOKEN, older.url)
    yield api
    await api.close()


async def test_a_method_that_a_server_lacks_is_no_revoked_token_and_is_asked_for_once(older, api):
    for _ in range(3):
        with pytest.raises(Unsupported):
            await api.newer.send_rich_message(5, {"markdown": "| a |"})
    assert [method for method, _ in older.asked] == ["sendrichmessage"]
    assert not api.newer.knows("sendRichMessage")
    assert api.newer.knows("sendMessageDraft")
    assert not await api.set_my_settings(callback_query_mode="default")


async def test_a_classic_method_that_answers_404_is_a_wrong_token(api):
    with pytest.raises(Unauthorized):
        await api.send_message(PRIVATE, "a")


async def test_a_revoked_token_is_one_for_newer_calls_too(older, api):
    older.answers["sendmessagedraft"] = 401, "Unauthorized"
    with pytest.raises(Unauthorized):
        await api.send_draft(PRIVATE, 1, "a")
    assert api.newer.knows("sendMessageDraft")


async def test_a_refusal_and_a_silence_do_not_count_as_a_missing_method(older, api):
    older.answers["sendrichmessage"] = 400, "Bad Request: RICH_MESSAGE_EMAIL_INVALID"
    with pytest.raises(Refused):
        await api.newer.send_rich_message(5, {"markdown": "a"})
    older.answers["sendrichmessage"] = 0, None
    call = asyncio.create_task(api.newer.call("sendRichMessage", {"chat_id": 5}, read_timeout=0.1))
    with pytest.raises(Ambiguous):
        await call
    assert api.newer.knows("sendRichMessage")


async def test_what_newer_calls_say_on_the_wire(older, api):
    older.answers |= {
        "sendmessagedraft": (200, True),
        "sendrichmessage": (200, {"message_id": 7}),
        "editmessagetext": (200, {"message_id": 7}),
        "sendrichmessagedraft": (200, True),
        "setmysettings": (200, True),
    }
    await api.send_draft(Address(BOT_ID, 5, 3), 9, "")
    assert await api.newer.send_rich_message(5, {"markdown": "x"}, silent=True) == 7
    await api.newer.edit_rich_message(5, 7, {"markdown": "y"})
    await api.newer.send_rich_draft(5, 9, {"markdown": "z"})
    assert await api.set_my_settings(callback_query_mode="default", has_topics_enabled=True)
    draft, rich, edit, rich_draft, settings = (fields for _, fields in older.asked)
    assert draft == {
        "chat_id": "5", "draft_id": "9", "message_thread_id": "3", "can_stop": "true", "keep_on_stop": "true",
    }  # fmt: skip
    assert rich["disable_notification"] == "true"
    assert json.loads(rich["rich_message"]) == {"markdown": "x"}
    assert (edit["message_id"], json.loads(edit["rich_message"]), "text" in edit) == ("7", {"markdown": "y"}, False)
    assert (rich_draft["draft_id"], rich_draft["can_stop"]) == ("9", "true")
    assert settings == {"callback_query_mode": "default", "has_topics_enabled": "true"}


async def test_the_stop_of_a_draft_is_among_the_updates_that_are_asked_for(older, api):
    older.answers["getupdates"] = 200, [{"update_id": 1}]
    assert await api.get_updates(0, 0) == [{"update_id": 1}]
    assert "stopped_message_generation" in json.loads(older.asked[0][1]["allowed_updates"])
    assert "stopped_message_generation" in ALLOWED_UPDATES


@pytest.mark.postgres
async def test_an_answer_that_needs_it_is_a_rich_message_where_the_server_knows_them(store):
    async with simulated() as sim:
        newer = TelegramApi(TOKEN, str(sim.make_url("")))
        await put_final(store, "| file | problem |\n|---|---|\n" + f"| src/parser.py | {'long words ' * 9} |\n" * 3)
        sender = Sender(newer, store.outbox, store.files, check=lambda: None, rich=RichPolicy.AUTO, poll=0.05)
        await send_all(store, sender)
        (message,) = await seen(sim)
        assert "src/parser.py" in message["text"]
        assert [c["status"] for c in calls(sim, "sendRichMessage")] == [200]
        assert message["notified"]
        await newer.close()
