"""Budgets in the chat: the question near a limit, the button at it, /budget and /usage."""

from __future__ import annotations

from datetime import date

import pytest

from agent_contract import wire
from agent_gateway.models.meter import ModelCall, Refused
from agent_gateway.models.near import NearLimits
from agent_gateway.models.refusals import build_spent, build_unpriced
from agent_gateway.render.foreign import OWN
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.store.spending import Account, Amount, Scope
from agent_gateway.wording.again import BUDGET
from tests.support.children import begin
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press
from tests.support.spending import ZONE, Payer, account, add_child, build_ledger, set_budget, spend
from tests.support.turns import end_turn

pytestmark = pytest.mark.postgres


async def begun(desk):
    """A person's turn that runs, and a ledger that asks in the chat."""
    thread, turn, _ = await begin(desk)
    near = NearLimits(desk.store, desk.access, ZONE)
    return Payer(thread.id, turn.id), build_ledger(desk.store, near=near.note, wait=0.1), near


async def asked(desk):
    rows = await desk.store.pool.fetch("SELECT * FROM decisions WHERE kind = 'budget' ORDER BY id")
    return [dict(row) for row in rows]


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def test_near_its_limit_a_turns_person_is_asked_once_and_raises_it(store):
    async with running_desk(store) as desk:
        payer, ledger, near = await begun(desk)
        await set_budget(store, "turn", money=1000)
        assert await spend(ledger, payer, 800, 0) is None
        for _ in range(3):
            assert await spend(ledger, payer, 10, 0, size=30, most=10) is None
            await near.close()
        [row] = await asked(desk)
        assert row["text"] == "This answer has used $0.0008 of $0.0010. Go on?"
        assert (row["chat_id"], row["approvers"]) == (PERSON, "Asker")
        assert await press(desk, f"d:{row['id']}:0", user=PERSON) == "Noted."
        assert (await account(store, "turn", payer.turn))["raised_money"] == 1000
        assert await spend(ledger, payer, 300, 0) is None
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'raise budget'") == 1


async def test_whoever_says_no_is_not_asked_again(store):
    async with running_desk(store) as desk:
        payer, ledger, near = await begun(desk)
        await set_budget(store, "turn", money=1000)
        assert await spend(ledger, payer, 850, 0) is None
        for choice in (1, None):
            assert await spend(ledger, payer, 1, 0, size=3, most=1) is None
            await near.close()
            if choice is not None:
                await press(desk, f"d:{(await asked(desk))[0]['id']}:{choice}", user=PERSON)
        assert len(await asked(desk)) == 1
        assert (await account(store, "turn", payer.turn))["raised_money"] == 0


async def test_about_more_than_a_turn_an_administrator_is_asked_in_private(store):
    async with running_desk(store) as desk:
        await desk.say("hello", chat=ADMIN, user=ADMIN)
        payer, ledger, near = await begun(desk)
        await set_budget(store, "person", money=1000)
        for _ in range(2):
            assert await spend(ledger, payer, 400, 0) is None
        assert await spend(ledger, payer, 1, 0, size=3, most=1) is None
        await near.close()
        [row] = await asked(desk)
        assert (row["chat_id"], row["approvers"]) == (ADMIN, "Administrators")
        assert "One person (42) has used" in row["text"]
        await press(desk, f"d:{row['id']}:0", chat=ADMIN, user=ADMIN)
        assert (await account(store, "person", PERSON))["raised_money"] == 1000


async def test_a_sub_agent_that_comes_near_asks_in_its_parents_chat(store):
    async with running_desk(store) as desk:
        payer, ledger, near = await begun(desk)
        child = await add_child(store, payer, 9)
        await set_budget(store, "turn", money=1000)
        assert await spend(ledger, child, 850, 0) is None
        assert await spend(ledger, child, 1, 0, size=3, most=1) is None
        await near.close()
        [row] = await asked(desk)
        assert (row["turn_id"], row["chat_id"]) == (payer.turn, PERSON)


async def test_continue_works_once_there_is_a_budget_again(store):
    async with running_desk(store) as desk:
        payer, ledger, _ = await begun(desk)
        await set_budget(store, "person", money=100)
        assert isinstance(await spend(ledger, payer), Refused)
        turn = await store.turns.by_id(payer.turn)
        await store.turns.end(turn.id, 1, 5, TurnState.FAILED, BUDGET, Final("partly"))
        said = await press(desk, f"co:{turn.id}", user=PERSON)
        assert said.startswith("Still used up: $0.00 of $0.0001")
        assert await store.pool.fetchval("SELECT count(*) FROM turns WHERE again_of = $1", turn.id) == 0
        await set_budget(store, "person", money=10**6)
        assert await press(desk, f"co:{turn.id}", user=PERSON) == "Continuing…"
        text = await store.pool.fetchval("SELECT text FROM turns WHERE again_of = $1", turn.id)
        assert "a budget was used up" in text


async def test_an_administrator_sets_a_budget_by_buttons_and_a_confirm(store):
    async with running_desk(store) as desk:
        text, buttons = await ask(desk, "/budget", chat=ADMIN, user=ADMIN)
        assert text.startswith("Budgets\n")
        await press(desk, buttons["Everyone, a day"], chat=ADMIN, user=ADMIN)
        _, buttons, _ = await last_said(desk)
        await press(desk, buttons["$20.00"], chat=ADMIN, user=ADMIN)
        text, buttons, _ = await last_said(desk)
        assert text == "Everyone, a day: $20.00?"
        await press(desk, buttons["Set it"], chat=ADMIN, user=ADMIN)
        text, _, _ = await last_said(desk)
        assert text == "Everyone, a day: $20.00 from now on."
        [limit] = await store.budgets.all()
        assert (limit.scope, limit.amount.money, limit.source) == ("day", 20_000_000, "chat")


async def test_nobody_else_sets_one(store):
    async with running_desk(store) as desk:
        text, _ = await ask(desk, "/budget day 5000")
        assert "administrator" in text
        _, buttons = await ask(desk, "/budget")
        assert buttons == {}
        assert "administrator" in await press(desk, "bg:day:9999", user=PERSON)
        assert await store.budgets.all() == []


async def test_a_budget_of_this_conversation_is_set_in_words(store):
    async with running_desk(store) as desk:
        payer, _, _ = await begun(desk)
        await store.pool.execute("UPDATE threads SET chat_id = $1", ADMIN)
        _, buttons = await ask(desk, "/budget here 200k", chat=ADMIN, user=ADMIN)
        await press(desk, buttons["Set it"], chat=ADMIN, user=ADMIN)
        [limit] = await store.budgets.all()
        assert (limit.scope, limit.subject, limit.amount.tokens) == ("thread", str(payer.thread), 200_000)
        text, _ = await ask(desk, "/budget", chat=ADMIN, user=ADMIN)
        assert "This conversation: 0 tokens of 200k tokens" in text


async def test_people_see_their_own_and_this_conversations_and_administrators_all(store):
    async with running_desk(store) as desk:
        payer, ledger, _ = await begun(desk)
        assert await spend(ledger, payer, 2000, 500) is None
        text, buttons = await ask(desk, "/usage")
        assert text.splitlines() == [
            "Used so far", "Last answer: $0.0030 · 2.5k tokens", "This conversation: $0.0030 · 2.5k tokens",
            "You, today: $0.0030 · 2.5k tokens", "You, 7 days: $0.0030 · 2.5k tokens",
        ]  # fmt: skip
        assert max(map(len, text.splitlines())) <= 48
        assert "By person, today" not in buttons
        await press(desk, "us:people", user=PERSON)  # a button that they were not shown
        assert "42:" not in (await last_said(desk))[0]
        text, buttons = await ask(desk, "/usage", chat=ADMIN, user=ADMIN)
        assert "Everyone, today: $0.0030 · 2.5k tokens" in text
        assert "Class default, today: $0.0030 · 2.5k tokens" in text
        await press(desk, buttons["By person, today"], chat=ADMIN, user=ADMIN)
        assert "42: $0.0030" in (await last_said(desk))[0]


async def test_in_a_group_an_administrator_is_not_told_of_others(store):
    async with running_desk(store) as desk:
        payer, ledger, _ = await begun(desk)
        await spend(ledger, payer)
        text, _ = await ask(desk, "/usage@demo_bot", chat=GROUP, user=ADMIN)
        assert "Everyone" not in text


async def test_estimates_are_marked(store):
    async with running_desk(store) as desk:
        payer, ledger, _ = await begun(desk)
        await ledger.reserve(payer.call())
        await store.pool.execute("UPDATE reservations SET epoch = 1")
        await build_ledger(store).look()
        text, _ = await ask(desk, "/usage")
        assert "This conversation: ~$0.0003" in text
        assert text.endswith("~ is partly an estimate.")


async def test_a_limit_counts_each_day_once_it_is_told(store):
    async with running_desk(store) as desk:
        payer, ledger, _ = await begun(desk)
        await set_budget(store, "day", tokens=100)
        assert isinstance(await spend(ledger, payer), Refused)
        text, _ = await ask(desk, "/budget", chat=ADMIN, user=ADMIN)
        assert "Everyone, today: 0 tokens of 100 tokens" in text
        await eventually(lambda: desk.store.budgets.find_spent(payer.thread, 1, payer.turn, ZONE))


async def test_at_the_limit_a_turn_ends_in_words_with_a_button_to_go_on(store):
    told = build_spent(
        Account(Scope.DAY, "", date(2026, 11, 29), Amount(5_000_000, 9), Amount(5_000_000), Amount(5_000_000))
    )
    failed = wire.Failed(reason="provider", error=f"402 {told.message}", status=402)
    said, buttons, turn = await end_turn(store, "So far.", failed)
    assert said == (
        f"So far.\n\n{OWN} I stopped: everyone together may use $5.00 a day, and $5.00 are used. Continue tomorrow, or once an "
        "administrator has raised it."
    )
    assert turn.reason == BUDGET
    assert f"co:{turn.id}" in buttons
    assert f"re:{turn.id}" not in buttons


async def test_a_model_without_a_price_is_no_fault_of_the_provider(store):
    told = build_unpriced(
        Account(Scope.DAY, "", date(2026, 11, 29), Amount(0, 0), Amount(1), Amount(1)),
        ModelCall(1, 1, 1, "zai", "m", 1),
    )
    said, _, turn = await end_turn(store, "So far.", wire.Failed(reason="provider", error=told.message, status=402))
    assert "nobody has set a price for this model" in said
    assert turn.reason == BUDGET
