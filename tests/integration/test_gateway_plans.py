"""Plans: a turn that changes nothing, and what a person makes of it, once."""

from __future__ import annotations

import json

import pytest

from agent_contract.names import build_thread_name
from agent_gateway.runners.turnports import build_frame
from agent_gateway.store.chatrows import Final
from agent_gateway.store.decisionrows import DecisionState
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from agent_gateway.wording.plans import PLAN_NOTE, build_plan_buttons
from tests.support.deciding import ask, begin_in, decisions
from tests.support.desk import GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
OTHER = 77


async def planned(desk, text="/plan tidy up"):
    """Have a plan that stands in the chat; return its turn."""
    await desk.say(text)
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    turn = runner.turns[-1]
    await desk.store.turns.started(turn.id, 1, 1)
    await end(desk, turn)
    return thread, turn, runner


async def end(desk, turn, text="1. look 2. act"):
    buttons = build_plan_buttons(turn.language, turn.id) if turn.plan else ()
    await desk.store.turns.end(turn.id, 1, 2, TurnState.DONE, None, Final(text, "markdown", (), buttons))


async def next_turn(desk, runner, turn):
    found = await eventually(lambda: [one for one in runner.turns if one.id > turn.id])
    return found[-1]


async def test_a_plan_is_asked_for_with_its_rules_and_ends_with_three_buttons(store):
    async with running_desk(store) as desk:
        _, turn, _ = await planned(desk)
        assert (turn.plan, turn.text) == (True, "tidy up")
        frame = build_frame(turn)
        assert (frame.plan, frame.text) == (True, f"{PLAN_NOTE}\n\ntidy up")
        row = await desk.store.pool.fetchrow("SELECT buttons FROM outbox WHERE dedupe_key = $1", f"turn:{turn.id}")
        assert [text for text, *_ in json.loads(row["buttons"])] == ["▶ Go", "✎ Change", "✖ Drop"]


async def test_go_carries_it_out_once_and_the_buttons_go(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await planned(desk)
        assert await press(desk, f"plan:go:{turn.id}") == keys.plan_go("en")
        assert await press(desk, f"plan:go:{turn.id}") == "P was faster: ▶ Go"
        assert await press(desk, f"plan:drop:{turn.id}") == "P was faster: ▶ Go"
        following = await next_turn(desk, runner, turn)
        assert (following.text, following.plan, following.message_id) == ("Carry out the plan.", False, turn.message_id)
        assert await desk.store.turns.count_queued(thread.id) == 0
        assert await desk.store.pool.fetchval("SELECT count(*) FROM turns") == 2
        gone = await desk.store.pool.fetchrow("SELECT message_ids FROM outbox WHERE dedupe_key = 'pressed:q0'")
        assert list(gone["message_ids"]) == [500]


async def test_change_asks_what_and_the_answer_is_a_plan_again(store):
    async with running_desk(store) as desk:
        _, turn, runner = await planned(desk)
        await press(desk, f"plan:change:{turn.id}")
        assert (await desk.said())[-1].startswith("What should be different?")
        await desk.say("fewer steps", message_id=9)
        following = await next_turn(desk, runner, turn)
        assert (following.text, following.plan, following.message_id) == ("fewer steps", True, 9)


async def test_a_dropped_plan_stays_dropped(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await planned(desk)
        assert await press(desk, f"plan:drop:{turn.id}") == "Dropped."
        assert await press(desk, f"plan:go:{turn.id}") == "P was faster: ✖ Drop"
        assert await desk.store.turns.count_queued(thread.id) == 0


async def test_another_chat_carries_out_nothing(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await planned(desk)
        assert await press(desk, f"plan:go:{turn.id}", chat=GROUP, user=OTHER) == "This question is no longer open."
        assert await desk.store.turns.count_queued(thread.id) == 0


async def taken(desk):
    """Return how often buttons of message 500 were taken away."""
    rows = await desk.store.pool.fetch("SELECT message_ids FROM outbox WHERE dedupe_key LIKE 'pressed:%'")
    return len([row for row in rows if list(row["message_ids"]) == [500]])


async def test_a_fresh_session_knows_no_plan_so_none_is_carried_out_in_it(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await planned(desk)
        await desk.say("/new", message_id=8)
        assert await press(desk, f"plan:go:{turn.id}") == "This question is no longer open."
        assert await desk.store.turns.count_queued(thread.id) == 0
        assert await taken(desk) == 1


@pytest.mark.parametrize("over", ["expires_at = now()", "state = 'expired', ended_at = now()", None])
async def test_the_buttons_of_a_plan_that_is_over_go_when_one_is_pressed(store, over):
    async with running_desk(store) as desk:
        thread, turn, _ = await planned(desk)
        await desk.store.pool.execute(f"UPDATE decisions SET {over}" if over else "DELETE FROM decisions")
        said = keys.decision_expired("en") if over else keys.decision_withdrawn("en")
        assert await press(desk, f"plan:go:{turn.id}") == said
        assert await taken(desk) == 1
        assert await desk.store.turns.count_queued(thread.id) == 0


async def test_what_fails_has_no_such_buttons_and_is_asked_again_as_a_plan(store):
    async with running_desk(store) as desk:
        await desk.say("/plan tidy up")
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        turn = runner.turns[0]
        await desk.store.turns.started(turn.id, 1, 1)
        await desk.store.turns.end(turn.id, 1, 2, TurnState.FAILED, "provider", Final("no"))
        async with desk.store.transaction() as tx:
            assert await tx.decisions.lock_plan(turn.id) is None
            again = await tx.turns.ask_again(turn, 42, turn.text)
        assert again.plan


async def test_a_plan_without_words_says_how(store):
    async with running_desk(store) as desk:
        await desk.say("/plan")
        assert await desk.said() == ["Say what to plan: /plan <task>"]


async def test_what_is_allowed_for_the_conversation_is_not_asked_again_until_it_is_revoked(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begun(desk)
        rule = {"kind": "approval", "text": "git push", "tool": "bash", "rule": "bash: git push*"}
        asked = await ask(desk, thread, turn, **rule)
        await press(desk, f"d:{asked['id']}:1")
        assert [frame.allowed for frame in await eventually(lambda: decisions(runner))] == [True]
        again = await ask(desk, thread, turn, call="q2", seq=3, **rule)
        assert again["state"] == DecisionState.ANSWERED
        assert [frame.allowed for frame in await eventually(lambda: len(decisions(runner)) > 1 and decisions(runner))]
        assert await desk.store.pool.fetchval("SELECT count(*) FROM outbox WHERE dedupe_key LIKE 'ask:%'") == 1
        await desk.say("/approvals", message_id=8)
        assert "bash: git push* — P" in (await desk.said())[-1]
        assert await press(desk, f"approvals:revoke:{thread.id}") == "From now on I ask again."
        third = await ask(desk, thread, turn, call="q3", seq=4, **rule)
        assert third["state"] == DecisionState.ASKED


@pytest.mark.parametrize(
    ("approvers", "user", "decides"),
    [("Asker", 42, True), ("Asker", OTHER, False), ("Members", OTHER, True), ("Administrators", OTHER, False),
     ("Administrators", 7, True)],
)  # fmt: skip
async def test_who_may_approve_in_a_group_is_the_classs_to_say(store, approvers, user, decides):
    async with running_desk(store, unaddressed=True) as desk:
        thread, turn, _ = await begun(desk, GROUP)
        asked = await ask(desk, thread, turn, kind="approval", text="git push", tool="bash", rule="bash: git push*")
        await desk.store.pool.execute("UPDATE decisions SET approvers = $1", approvers)
        said = await press(desk, f"d:{asked['id']}:0", chat=GROUP, user=user)
        assert (said == "Noted.") is decides
        assert (await desk.store.pool.fetchval("SELECT state FROM decisions") == "answered") is decides


async def begun(desk, chat=42):
    return await begin_in(desk, chat, build_thread_name("tg", chat, None))
