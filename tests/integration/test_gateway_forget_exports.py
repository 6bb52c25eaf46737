"""A conversation is not forgotten before the copy of it that somebody asked for is in the chat."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.jobs.export import Exporting
from agent_gateway.wording import keys
from tests.integration.test_gateway_forget import places_with
from tests.support.confirms import ask, idle
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("export", "forget", "yes", "busy"),
    [
        ("/export", "/forget", keys.forget_question_do("en"), keys.forget_busy("en")),
        ("/export all", "/forget me", keys.forget_me_question_do("en"), keys.forget_me_busy("en")),
    ],
)
async def test_nothing_is_forgotten_before_the_copy_is_there(store, monkeypatch, export, forget, yes, busy):
    reached, opened = asyncio.Event(), asyncio.Event()
    write = Exporting._write

    async def held(*args):
        reached.set()
        await opened.wait()
        return await write(*args)

    monkeypatch.setattr(Exporting, "_write", held)
    async with running_desk(store) as desk:
        await idle(desk, words="secret")
        _, before = await ask(desk, forget)
        await desk.say(export)
        await eventually(reached.is_set)
        assert (await ask(desk, forget))[0] == busy
        await press(desk, before[yes])
        assert await store.pool.fetchval("SELECT count(*) FROM jobs WHERE kind LIKE 'forget%'") == 0
        opened.set()
        await desk.worked()
        assert (await ask(desk, forget))[0] == busy, "it is written, and nobody has it"
        await store.pool.execute("UPDATE outbox SET state = 'sent'")
        _, buttons = await ask(desk, forget)
        await press(desk, buttons[yes])
        await desk.worked()
        await store.pool.execute("DELETE FROM inbox")
        assert await places_with(store, "secret") == set()
        assert await store.pool.fetchval("SELECT count(*) FROM files") == 0
