"""Spoken questions from the update to the turn: on a real Postgres, heard by the simulated service over real HTTP."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.commands.steering import Steering
from agent_gateway.models.providers import Keys
from agent_gateway.speech.hearing import Hearing, Limits
from agent_gateway.speech.service import Service
from agent_gateway.store.rows import InboxRow
from agent_simulators.model import create_app
from tests.support.deciding import ask, begin_in, deliver, row_of
from tests.support.desk import ADMIN, BOT, GROUP, PERSON, STRANGER, Desk, running_desk
from tests.support.eventually import eventually
from tests.support.played import PlayedFiles
from tests.support.updates import complete_update

SAID = b"OggS says: Why does the build fail?\0"
VOICE = {"file_id": "v1", "file_unique_id": "u1", "duration": 12, "mime_type": "audio/ogg"}
BEN = {"id": 43, "is_bot": False, "first_name": "Ben"}


@pytest.fixture
async def model():
    async with TestClient(TestServer(create_app("right"))) as client:
        yield client


@pytest.fixture
def hearing(model):
    service = Service(
        "mine", str(model.make_url("/v1")), "small", Keys("right"), takes_language=True, takes_prompt=True, wav=False
    )
    return Hearing(service, PlayedFiles(SAID), Limits(), pause=0)


@pytest.fixture
def desk(store, hearing):
    return Desk(store, 5, 1, hearing=hearing)


def spoken(person=PERSON, chat=None, **more):
    chat = chat or {"id": person, "type": "private", "first_name": "Ada"}
    sender = {"id": person, "is_bot": False, "first_name": "Ada", "language_code": "de"}
    return {"message": {"message_id": 50, "date": 1_764_300_000, "chat": chat, "from": sender, "voice": VOICE, **more}}


async def dispatch(desk, *updates):
    if updates:
        await desk.take(*updates)
    running = asyncio.create_task(desk.dispatcher.run())
    try:
        await eventually(lambda: is_done(desk.store))
    finally:
        running.cancel()
        await asyncio.wait({running})


async def is_done(store):
    return await store.pool.fetchval("SELECT count(*) = 0 FROM inbox WHERE state = 'new'")


async def turns(store):
    return await store.pool.fetch("SELECT * FROM turns ORDER BY id")


def asked_in(turn):
    """Return what a turn asks below the line that says when."""
    return turn["text"].partition(" UTC]\n\n")[2]


async def said(store):
    return await store.pool.fetch("SELECT * FROM outbox ORDER BY chat_id DESC, id")


async def asked(model):
    return [r["body"] for r in await (await model.get("/sim/requests")).json()]


async def test_a_voice_message_is_asked_in_words_and_shown_without_a_sound(store, desk, model):
    await dispatch(desk, spoken())
    (turn,) = await turns(store)
    assert asked_in(turn) == "[voice message, 12 s] Why does the build fail?"
    assert "voice-50.ogg" in turn["files"]
    (echo,) = await said(store)
    assert (echo["kind"], echo["format"], echo["reply_to"]) == ("notice", "markdown", 50)
    assert echo["text"] == "> 🎙 Why does the build fail?\n\nVerhört? Antworte hierauf mit den richtigen Worten."
    assert (await asked(model))[0]["language"] == "de"
    assert [a.chat_id for a in desk.callbacks.typing] == [PERSON]


async def test_in_a_group_it_is_known_who_spoke(store, desk):
    chat = {"id": GROUP, "type": "supergroup", "title": "Team"}
    own = {"message_id": 9, "date": 1, "chat": chat, "text": "Done.",
           "from": {"id": BOT.id, "is_bot": True, "first_name": "Demo", "username": "demo_bot"}}  # fmt: skip
    await dispatch(desk, spoken(chat=chat, reply_to_message=own))
    (turn,) = await turns(store)
    assert asked_in(turn).startswith("[From Ada]")
    assert asked_in(turn).endswith("[voice message, 12 s] Why does the build fail?")


async def test_a_forwarded_voice_message_is_a_quote(store, desk):
    await dispatch(desk, spoken(forward_origin={"type": "user", "date": 1_764_300_000, "sender_user": BEN}))
    (turn,) = await turns(store)
    assert asked_in(turn).startswith("[Forwarded from Ben")
    assert asked_in(turn).endswith("> [voice message, 12 s] Why does the build fail?")


async def test_what_is_not_heard_is_told_at_once_and_asks_nothing(store, desk, model):
    await model.post("/sim/faults", json={"target": "speech", "status": 401, "count": 9})
    await dispatch(desk, spoken(), spoken(person=ADMIN))
    assert await turns(store) == []
    told = [row["text"] for row in await said(store)]
    assert (
        told[0]
        == "Gerade kann ich keine Sprachnachrichten anhören. Schreib es bitte und sag einem Administrator Bescheid."
    )
    assert told[1].startswith(told[0])
    assert "HTTP 401" in told[1]


async def test_without_a_service_nothing_starts(store):
    desk = Desk(store, 5, 1)
    await dispatch(desk, spoken(), spoken(person=ADMIN))
    assert await turns(store) == []
    told = [row["text"] for row in await said(store)]
    assert told[0] == "Sprachnachrichten kann ich hier nicht anhören. Schreib es bitte."
    assert "SPEECH_PROVIDER" in told[1]


async def test_a_video_message_is_not_heard(store, desk, model):
    update = spoken()
    update["message"]["video_note"] = {**update["message"].pop("voice"), "length": 240}
    await dispatch(desk, update)
    assert await turns(store) == []
    assert "Videonachrichten" in (await said(store))[0]["text"]


async def test_a_stranger_is_not_heard(store, desk, model):
    await dispatch(desk, spoken(person=STRANGER))
    assert await asked(model) == []
    assert await turns(store) == []


async def test_a_question_is_answered_by_speech(store, hearing):
    async with running_desk(store, hearing=hearing) as desk:
        thread, turn, _ = await begin_in(desk, PERSON, f"tg-{PERSON}")
        asked = await ask(desk, thread, turn)
        await deliver(desk, asked["id"], message_id=40)
        await desk.take(spoken())
        await eventually(lambda: is_answered(desk))
        assert len(await turns(store)) == 1


async def is_answered(desk):
    return (await row_of(desk))["answer"] == "Why does the build fail?"


async def test_a_gateway_that_dies_meanwhile_hears_it_again(store, desk, model):
    await model.post("/sim/faults", json={"target": "speech", "kind": "silence", "count": 1})
    await desk.take(spoken())
    running = asyncio.create_task(desk.dispatcher.run())
    await eventually(lambda: heard_once(model))
    running.cancel()
    await asyncio.wait({running})
    assert await turns(store) == []
    await dispatch(desk)
    (turn,) = await turns(store)
    assert asked_in(turn) == "[voice message, 12 s] Why does the build fail?"
    assert len(await asked(model)) == 2


async def heard_once(model):
    return len(await asked(model)) == 1


async def test_what_is_said_after_it_waits_for_its_words(store, desk, model):
    await model.post("/sim/faults", json={"target": "speech", "kind": "slow", "seconds": 0.3, "count": 1})
    text = spoken(message_id=51, text="It does since Friday.")
    text["message"].pop("voice")
    await dispatch(desk, spoken(), text)
    whole = "\n".join(turn["text"] for turn in await turns(store))
    assert whole.index("Why does the build fail?") < whole.index("since Friday")


async def test_a_reply_to_what_was_understood_corrects_the_running_answer(store, desk):
    await dispatch(desk, spoken())
    (turn,) = await turns(store)
    await store.pool.execute("UPDATE outbox SET state = 'sent', message_ids = '{77}'")
    await store.pool.execute("UPDATE turns SET state = 'started', run = 1, delivered_at = now(), started_at = now()")
    async with store.transaction() as tx:
        thread = await tx.threads.by_id(turn["thread_id"])
        running = await tx.turns.by_id(turn["id"])
        for reply_to, steers in ((78, False), (77, True)):
            prompt = await desk.dispatcher.plan(reply_row(reply_to))
            outcome = await Steering().reply(tx, 900 + reply_to, thread, prompt.incoming, running)
            assert (outcome is not None) is steers


async def test_a_reply_to_what_was_understood_joins_a_question_that_waits(store, desk):
    await dispatch(desk, spoken())
    await store.pool.execute("UPDATE outbox SET state = 'sent', message_ids = '{77}'")
    await dispatch(desk, reply(77), reply(78))
    first, second = await turns(store)
    assert "Why does the build fail?" in first["text"]
    assert "I said: the test" in first["text"], "it waited, so that its agent reads both at once"
    assert "I said: the test" in second["text"], "a reply to another message is a question of its own"


def reply_row(reply_to):
    """Return the row of a text that replies to a message of the bot."""
    raw = complete_update({"update_id": 900 + reply_to, **reply(reply_to)})
    return InboxRow(raw["update_id"], "", json.dumps(raw), datetime.now(UTC))


def reply(reply_to):
    text = spoken(message_id=reply_to + 3, text="I said: the test")
    text["message"].pop("voice")
    bot = {"id": BOT.id, "is_bot": True, "first_name": "Demo"}
    text["message"]["reply_to_message"] = {**text["message"], "message_id": reply_to, "from": bot}
    return text
