"""Questions that nobody answers, or whose message or word is lost: closed, expired, told again; on a real Postgres."""

from __future__ import annotations

import asyncio

import pytest

from agent_contract import wire
from agent_gateway.decisions.service import TOO_MANY
from agent_gateway.effects import SendDecision
from tests.support.children import begin
from tests.support.deciding import ask, begin_without_loop, decisions, deliver, row_of, shown
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("state", ["pending", "held"])
async def test_one_that_was_never_sent_is_not_said_any_more(store, state):
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        asked = await ask(desk, thread, turn)
        await desk.store.pool.execute("UPDATE outbox SET state = $1, held_at = now()", state)
        await desk.people.close_call(thread, 1, wire.AskClosed(seq=3, id="q1"))
        await desk.decisions.look()
        left = await desk.store.pool.fetchval("SELECT state FROM outbox WHERE dedupe_key = $1", f"ask:{asked['id']}")
        assert left == "dead"
        assert (await row_of(desk))["closed"]


async def test_one_that_is_on_its_way_is_closed_once_it_stands(store):
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        asked = await ask(desk, thread, turn)
        await desk.store.pool.execute("UPDATE outbox SET state = 'sending', attempts = 1")
        await desk.people.close_call(thread, 1, wire.AskClosed(seq=3, id="q1"))
        assert await desk.decisions.look() < 1
        assert len(await shown(desk, asked["id"])) == 1
        await deliver(desk, asked["id"])
        await desk.decisions.look()
        await desk.decisions.look()
        assert len(await shown(desk, asked["id"])) == 2


async def test_a_question_expires_and_the_message_and_the_agent_are_told(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn, expire_seconds=10)
        await deliver(desk, asked["id"])
        await desk.store.pool.execute("UPDATE decisions SET expires_at = now()")
        assert await press(desk, f"d:{asked['id']}:0") == "⏳ Nobody answered in time."
        assert [frame.outcome for frame in await eventually(lambda: decisions(runner))] == ["expired"]
        await desk.decisions.look()
        assert (await shown(desk, asked["id"]))[1][0].endswith("*▸ ⏳ Nobody answered in time.*")


async def test_the_keeper_expires_what_nobody_presses(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk)
        await ask(desk, thread, turn, expire_seconds=10)
        await desk.store.pool.execute("UPDATE decisions SET expires_at = now() + interval '0.2 seconds'")
        keeping = asyncio.create_task(desk.decisions.run())
        assert [frame.outcome for frame in await eventually(lambda: decisions(runner))] == ["expired"]
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_runner_that_is_back_is_told_what_it_missed(store):
    async with running_desk(store, lost=(SendDecision,)) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        await press(desk, f"d:{asked['id']}:0")
        assert not decisions(runner)
        sent = []

        async def send(frame):
            sent.append(frame)

        await desk.people.resend(thread, 1, send)
        assert [frame.text for frame in sent] == ["Blue"]
        await desk.people.close_call(thread, 1, wire.AskClosed(seq=3, id="q1"))
        await desk.people.resend(thread, 1, send)
        assert len(sent) == 1


async def test_a_decision_whose_word_was_lost_is_sent_again(store):
    async with running_desk(store, lost=(SendDecision,)) as desk:
        thread, turn, runner = await begin(desk)
        asked = await ask(desk, thread, turn)
        await press(desk, f"d:{asked['id']}:0")
        await desk.store.pool.execute("UPDATE decisions SET ended_at = now() - interval '3 seconds'")
        await desk.decisions.look()
        assert [frame.text for frame in decisions(runner)] == ["Blue"]


async def test_a_restore_leaves_no_question_open(store):
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        await ask(desk, thread, turn)
        async with desk.store.transaction() as tx:
            await tx.restores.end_runs()
        row = await row_of(desk)
        assert (row["state"], row["closed"]) == ("withdrawn", True)


async def test_what_cannot_be_closed_yet_keeps_nothing_behind_it_from_its_end(store, monkeypatch):
    monkeypatch.setattr("agent_gateway.store.decisions.MOST", 3)
    monkeypatch.setattr("agent_gateway.decisions.keeper.MOST", 3)
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        for n in range(8):
            await ask(desk, thread, turn, f"q{n}")
            await desk.people.close_call(thread, 1, wire.AskClosed(seq=3, id=f"q{n}"))
        await desk.store.pool.execute("UPDATE outbox SET state = 'sending', attempts = 1")
        last = await row_of(desk, "q7")
        await deliver(desk, last["id"])
        for _ in range(3):
            await desk.decisions.look()
        assert (await row_of(desk, "q7"))["closed"]
        assert not (await row_of(desk, "q0"))["closed"]


async def test_a_runner_that_takes_nothing_keeps_no_other_from_its_decision(store, monkeypatch):
    monkeypatch.setattr("agent_gateway.decisions.keeper.SEND_SECONDS", 0.2)
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, runner = await begin_without_loop(desk)
        asked = await ask(desk, thread, turn)
        await press(desk, f"d:{asked['id']}:0")
        await desk.store.pool.execute("UPDATE decisions SET ended_at = now() - interval '1 minute'")

        async def hang(_):
            await asyncio.Event().wait()

        monkeypatch.setattr(runner, "send", hang)
        async with asyncio.timeout(60):
            await desk.decisions.look()


async def test_a_turn_asks_only_so_many_questions(store, monkeypatch):
    monkeypatch.setattr("agent_gateway.store.decisions.MOST_OPEN", 2)
    monkeypatch.setattr("agent_gateway.store.decisions.MOST_ASKED", 4)
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        for n in range(2):
            await ask(desk, thread, turn, f"q{n}")
        assert (await ask(desk, thread, turn, "q2")).text == TOO_MANY
        assert (await ask(desk, thread, turn, "q1"))["call_id"] == "q1"  # it comes again
        for n in range(6):
            await desk.people.close_call(thread, 1, wire.AskClosed(seq=3 + n, id=f"q{n}"))
            refused = await ask(desk, thread, turn, f"q{n + 2}")
            assert (getattr(refused, "text", "") == TOO_MANY) is (n >= 2)
