"""A push that waits for a person, on a real Postgres: asked in the chat, decided once, through once."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.connections.held import Change, Held
from agent_gateway.connections.looks import FileChange, Stat
from agent_gateway.connections.packs import Commit
from agent_gateway.connections.pushes import Command
from agent_gateway.decisions.pushes import NO_TURN, PushApprovals
from agent_gateway.effects import WakePush
from tests.support.children import begin
from tests.support.deciding import decisions, shown
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
OLD, NEW = "1" * 40, "2" * 40


def hold(thread_id, *, new=NEW, rewrites=False):
    commits = (Commit(new, (OLD,), "Fix the *rounding*"), Commit("3" * 40, (), "Add a `test`"))
    stat = Stat((FileChange("src/rounding.py", 12, 4), FileChange("logo.png", None, None)))
    change = Change(Command(OLD, new, "refs/heads/agent/fix"), commits, rewrites, stat)
    return Held(thread_id, 1, "lab", "acme/api", (change,))


def approvals(desk):
    return PushApprovals(desk.store, desk.classes)


async def row_of(desk):
    return await desk.store.pool.fetchrow("SELECT * FROM decisions WHERE kind = 'push' ORDER BY id DESC LIMIT 1")


async def test_a_tap_lets_it_through_and_the_message_says_so(store):
    async with running_desk(store) as desk:
        thread, _, runner = await begin(desk)
        asking = asyncio.create_task(approvals(desk).ask(hold(thread.id, rewrites=True)))
        row = await eventually(lambda: row_of(desk))
        [(text, buttons, _)] = await shown(desk, row["id"])
        assert text == (
            "**Push to `acme/api`?**\n\nBranch `agent/fix`:\n- Fix the \\*rounding\\*\n- Add a \\`test\\`\n\n"
            "2 files, +12 \N{MINUS SIGN}4\n- `src/rounding.py` +12 \N{MINUS SIGN}4\n- `logo.png`\n\n"
            "⚠ This rewrites what the branch held.\n\nTo say no with a reason, reply to this message."
        )
        assert buttons == ["✓ Push", "✕ No"]
        assert await press(desk, f"d:{row['id']}:0", under=900) == "Noted."
        assert await asyncio.wait_for(asking, 60) is None
        assert (await shown(desk, row["id"]))[-1][0].endswith("*▸ ✓ Push — P*")
        assert not decisions(runner), "its runner asked nothing"


async def test_no_is_told_with_who_said_it(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        asking = asyncio.create_task(approvals(desk).ask(hold(thread.id)))
        row = await eventually(lambda: row_of(desk))
        await press(desk, f"d:{row['id']}:1", under=900)
        assert await asyncio.wait_for(asking, 60) == "refused in the chat by P"
        assert (await shown(desk, row["id"]))[-1][0].endswith("*▸ ✕ No — P*")


async def test_what_was_allowed_when_nobody_waited_goes_through_once_when_it_is_pushed_again(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        dead = asyncio.create_task(approvals(desk).ask(hold(thread.id)))
        row = await eventually(lambda: row_of(desk))
        dead.cancel()
        await asyncio.wait({dead})
        await desk.store.pool.execute("UPDATE decisions SET state = 'asked', ended_at = NULL")  # as a kill leaves it
        await press(desk, f"d:{row['id']}:0", under=900)
        assert await approvals(desk).ask(hold(thread.id)) is None
        again = asyncio.create_task(approvals(desk).ask(hold(thread.id)))
        await eventually(lambda: is_asked_again(desk, row["id"]))
        again.cancel()
        await asyncio.wait({again})
        assert (await row_of(desk))["state"] == "withdrawn", "git went away"


async def test_the_same_push_waits_on_the_question_that_still_stands(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        people = approvals(desk)
        first = asyncio.create_task(people.ask(hold(thread.id)))
        row = await eventually(lambda: row_of(desk))
        again = asyncio.create_task(people.ask(hold(thread.id)))
        await eventually(lambda: len(people._waiting.get(row["id"], ())) == 2)
        first.cancel()
        await asyncio.wait({first})
        assert (await row_of(desk))["state"] == "asked", "the other one waits"
        following = approvals(desk)
        killed = asyncio.create_task(following.ask(hold(thread.id)))  # the next gateway's
        await eventually(lambda: following._waiting.get(row["id"]))
        await press(desk, f"d:{row['id']}:0", under=900)
        answers = await asyncio.wait_for(asyncio.gather(again, killed), 60)
        assert sorted(map(str, answers)) == ["None", "it went through already"]
        assert await desk.store.pool.fetchval("SELECT count(*) FROM decisions WHERE kind = 'push'") == 1


async def test_a_tap_wakes_the_push_that_waits(store, monkeypatch):
    monkeypatch.setattr("agent_gateway.decisions.pushes.LOOK_SECONDS", 600.0)
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        people = approvals(desk)
        desk.store.events.on(WakePush, people.wake)
        asking = asyncio.create_task(people.ask(hold(thread.id)))
        row = await eventually(lambda: row_of(desk))
        await eventually(lambda: people._waiting.get(row["id"]))
        await press(desk, f"d:{row['id']}:0", under=900)
        assert await asyncio.wait_for(asking, 60) is None


async def is_asked_again(desk, before):
    return (await row_of(desk))["id"] != before


async def test_another_push_is_another_question(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        one = asyncio.create_task(approvals(desk).ask(hold(thread.id)))
        row = await eventually(lambda: row_of(desk))
        await press(desk, f"d:{row['id']}:0", under=900)
        assert await asyncio.wait_for(one, 60) is None
        other = asyncio.create_task(approvals(desk).ask(hold(thread.id, new="4" * 40)))
        await eventually(lambda: is_asked_again(desk, row["id"]))
        other.cancel()
        await asyncio.wait({other})


async def test_without_a_turn_nothing_is_asked(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await desk.store.pool.execute("UPDATE turns SET state = 'done', ended_at = now() WHERE id = $1", turn.id)
        assert await approvals(desk).ask(hold(thread.id)) == NO_TURN
        assert await row_of(desk) is None


async def test_the_end_of_its_turn_is_the_end_of_the_question(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        asking = asyncio.create_task(approvals(desk).ask(hold(thread.id)))
        await eventually(lambda: row_of(desk))
        async with desk.store.transaction() as tx:
            await tx.decisions.withdraw(thread.id, turn_id=turn.id)
        assert await asyncio.wait_for(asking, 60) == "the turn is over that it belongs to"
