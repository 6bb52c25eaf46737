"""Effects are hints: with every one of them lost, or every one of a kind, each command comes to its end all the same."""

from __future__ import annotations

import typing

import pytest

from agent_contract import wire
from agent_gateway.conversations import leftviews, queue
from agent_gateway.effects import CallFailed, Effect, ShowCommands, WakeFolds, WakeOutbox, WakePush, WakeReactions
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState, VenueState
from tests.support.desk import ADMIN, GROUP, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

KINDS = typing.get_args(Effect)
pytestmark = pytest.mark.postgres
OLD, NEW = -555, -100777


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(queue, "DUE_SECONDS", 0.2)
    monkeypatch.setattr(queue, "LOST_SECONDS", 0.3)
    monkeypatch.setattr(leftviews, "_EVERY_SECONDS", 0.5)


async def begin(desk, text="hello", *, chat=PERSON, user=PERSON, name="tg-42", number=1):
    """Bring a conversation to a running turn."""
    await desk.say(text, chat=chat, user=user)
    thread = await desk.run_wanted(name, number)
    runner = await desk.connect(thread, number, pod=f"pod-{name}-{number}")
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, number, 1)
    return thread, runner.turns[0], runner


async def end(desk, turn, run=1):
    await desk.store.turns.end(turn.id, run, 2, TurnState.DONE, None, Final("answer"))


async def stopped(desk, thread, number=1):
    """Wait until the end of a run is written, and play that it came."""
    await eventually(lambda: (thread.name, number) in desk.resources.stops)
    desk.resources.report(thread.name, number=number, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")

    async def over():
        return await desk.store.runs.open(thread.id) is None

    await eventually(over)


async def stop(desk):
    _, turn, runner = await begin(desk)
    await desk.say("/stop")
    await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)


async def stop_button(desk):
    _, turn, runner = await begin(desk)
    await desk.take(pressed(f"st:{turn.id}"))
    await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)


async def stop_of_what_waits(desk):
    await desk.say("hello")
    thread = await desk.run_wanted("tg-42", 1)
    turn = (await desk.store.turns.queued(thread.id))[0]
    await eventually(lambda: turn.id in desk.views.shown())
    await desk.say("/stop")
    await eventually(lambda: turn.id not in desk.views.shown())  # by who looks for views that were left


async def kill(desk):
    thread, _, _ = await begin(desk)
    await desk.say("/kill tg-42")
    await stopped(desk, thread)


async def retry_and_new(desk):
    thread, turn, runner = await begin(desk)
    await end(desk, turn)
    await desk.say("/retry")
    await eventually(lambda: len(runner.turns) == 2)
    await end(desk, runner.turns[1])
    await desk.say("/new")
    await stopped(desk, thread)


async def cleanup(desk):
    thread, turn, _ = await begin(desk)
    await end(desk, turn)
    await desk.say("/cleanup")
    _, buttons, _ = await last_said(desk)
    await desk.take(pressed(buttons["End it"]))
    await stopped(desk, thread)


async def export_and_forget(desk):
    _, turn, _ = await begin(desk)
    await end(desk, turn)
    await desk.say("/export")
    await desk.worked()
    await desk.store.pool.execute("UPDATE outbox SET state = 'sent' WHERE file_id IS NOT NULL")
    await desk.say("/forget")
    _, buttons, _ = await last_said(desk)
    await desk.take(pressed(buttons["Delete it"]))
    await desk.settled()
    await desk.worked()
    assert (await desk.said())[-1].startswith("Deleted: ")


async def steer(desk):
    _, turn, runner = await begin(desk)
    await desk.say("/steer and the moon")
    await end(desk, turn)  # words that were not read wait as a turn of their own
    await eventually(lambda: [t.text for t in runner.turns] == ["hello", "and the moon"])


async def approve_and_revoke(desk):
    await desk.say("hi", chat=STRANGER, user=STRANGER)
    code = (await desk.said("notice"))[-1].rsplit(" ", 1)[-1]
    await desk.say(f"/approve {code}", chat=ADMIN, user=ADMIN)
    thread, _, _ = await begin(desk, chat=STRANGER, user=STRANGER, name=f"tg-{STRANGER}")
    await desk.say(f"/revoke {STRANGER}", chat=ADMIN, user=ADMIN)
    await stopped(desk, thread)


async def spawn_and_cancel(desk):
    await desk.say("/spawn count the stars")
    await eventually(lambda: desk.subagents.cached("tg-42-r0-k1"))
    await desk.say("/cancel tg-42-r0-k1")
    await eventually(lambda: desk.subagents.cached("tg-42-r0-k1").spec.cancel)


async def model(desk):
    thread, turn, _ = await begin(desk)
    await end(desk, turn)
    await desk.say("/model kimi")
    await stopped(desk, thread)


async def topic_closed_and_opened(desk):
    await desk.take(in_topic("hello"))
    thread = await desk.run_wanted("tg-n100200300-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    await desk.take(in_topic(forum_topic_closed={}))
    await eventually(lambda: wire.Abort(turn=runner.turns[0].id) in runner.sent)
    await end(desk, runner.turns[0])
    await desk.take(in_topic("more"), in_topic(forum_topic_reopened={}))
    await eventually(lambda: len(runner.turns) == 2)


async def chat_gone(desk):
    await desk.take(in_topic("hello"))
    thread = await desk.run_wanted("tg-n100200300-42", 1)
    await desk.take({"my_chat_member": {
        "chat": {"id": GROUP, "type": "supergroup", "title": "g"}, "from": {"id": 1, "first_name": "a"}, "date": 1,
        "old_chat_member": {"status": "member", "user": {"id": 2, "is_bot": True, "first_name": "b"}},
        "new_chat_member": {"status": "left", "user": {"id": 2, "is_bot": True, "first_name": "b"}},
    }})  # fmt: skip
    await stopped(desk, thread)
    assert (await desk.store.threads.by_id(thread.id)).venue is VenueState.ORPHANED


async def group_moves(desk):
    desk.access._allowed |= {OLD}
    raw = message("@demo_bot hello", chat=OLD)
    raw["message"] |= {"entities": [{"type": "mention", "offset": 0, "length": 9}]}
    await desk.take(raw)
    await desk.run_wanted("tg-n555", 1)
    moved = message("x", chat=OLD)
    del moved["message"]["text"]
    moved["message"]["migrate_to_chat_id"] = NEW
    await desk.take(moved)
    await desk.run_wanted("tg-n100777", 2)
    await eventually(lambda: desk.resources.cached("tg-n555") is None)


def pressed(data):
    shown = {"message_id": 500, "chat": {"id": PERSON, "type": "private"}, "date": 1,
             "from": {"id": 1, "is_bot": True, "first_name": "b"}, "text": "x"}  # fmt: skip
    return {"callback_query": {"id": "q", "from": {"id": PERSON, "first_name": "P"}, "message": shown,
                               "chat_instance": "1", "data": data}}  # fmt: skip


def in_topic(text=None, **service):
    raw = message(f"@demo_bot {text}", chat=GROUP)
    raw["message"] |= {"message_thread_id": 42, "is_topic_message": True, **service}
    if text is None:
        del raw["message"]["text"]
    else:
        raw["message"] |= {"entities": [{"type": "mention", "offset": 0, "length": 9}]}
    return raw


SCENES = (
    stop, stop_button, stop_of_what_waits, kill, retry_and_new, cleanup, export_and_forget, steer, approve_and_revoke,
    spawn_and_cancel, model, topic_closed_and_opened, chat_gone, group_moves,
)  # fmt: skip


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_with_every_effect_lost_a_command_comes_to_its_end(store, scene):
    async with running_desk(store, pairing=True, llm_models=("kimi",), lost=KINDS) as desk:
        await scene(desk)
        assert desk.events.dropped


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_with_every_effect_of_a_kind_lost_a_day_of_commands_goes_by(store, kind):
    async with running_desk(store, pairing=True, llm_models=("kimi",), lost=(kind,)) as desk:
        thread, turn, runner = await begin(desk)
        await desk.say("/steer and the moon")
        await desk.say("/stop")
        await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)
        await end(desk, turn)
        await desk.say("/start", chat=ADMIN, user=ADMIN)
        await desk.say("/export")
        await desk.worked()
        await desk.say("/cleanup")
        _, buttons, _ = await last_said(desk)
        await desk.take(pressed(buttons["End it"]))
        await stopped(desk, thread)
        await topic_closed_and_opened(desk)
        await group_moves_on(desk)


async def group_moves_on(desk):
    """Let the group of the open topic go on elsewhere."""
    moved = message("x", chat=GROUP)
    del moved["message"]["text"]
    moved["message"]["migrate_to_chat_id"] = NEW
    await desk.take(moved)
    await eventually(lambda: desk.resources.cached("tg-n100200300-42") is None)


async def test_an_answer_to_a_button_is_all_that_is_lost_with_its_effect(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        turn = (await store.turns.queued((await store.threads.by_name("tg-42")).id))[0]
        assert await press(desk, f"st:{turn.id}") == "Stopped."
    async with running_desk(store, reconcile=False, lost=KINDS) as desk:
        await desk.say("again")
        turn = (await store.turns.queued((await store.threads.by_name("tg-42")).id))[0]
        await desk.take(pressed(f"st:{turn.id}"))
        await desk.settled()
        assert (await store.turns.by_id(turn.id)).state is TurnState.CANCELLED
        assert desk.callbacks.answers == []


async def test_every_effect_is_performed_by_somebody(store):
    async with running_desk(store, reconcile=False) as desk:
        # whose loops and parts are not played here
        others = {WakeOutbox, WakeReactions, WakeFolds, CallFailed, WakePush, ShowCommands}
        assert set(desk.events.whole._handlers) == set(KINDS) - others
