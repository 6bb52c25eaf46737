"""Each step of a message's way is noted once, with its turn as an exemplar, and the answer by what it was."""

from __future__ import annotations

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY

from agent_gateway.health import Health, create_health_app
from agent_gateway.store.chatrows import Final
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import TurnState
from agent_gateway.store.transaction import Transaction
from agent_gateway.way import Answer, Step, build_exemplar, naming_traces, note
from tests.support.stored import make_thread, make_turn

pytestmark = pytest.mark.postgres
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def read_steps():
    return {one.value: REGISTRY.get_sample_value("openclaw_step_seconds_count", {"step": one.value}) for one in Step}


def read_answers():
    return {one.value: REGISTRY.get_sample_value("openclaw_answers_total", {"outcome": one.value}) for one in Answer}


def more(before, after):
    """Return what grew, and by how much."""
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


async def begin(store, *, update=1):
    """Bring a turn to the agent that is to answer it."""
    thread = await make_thread(store)
    turn = await make_turn(store, thread, update)
    await store.runs.want(thread.id, update, "uid-1")
    await store.runs.accept_hello(thread.id, update, "pod", f"uid-{update}", "job")
    await store.runs.mark_ready(thread.id, update)
    assert (await store.turns.deliver_next(thread.id, update)).id == turn.id
    await store.turns.started(turn.id, update, 1)
    return thread, turn


async def say_all(store):
    """Say what is due."""
    for row in await store.outbox.claim([]):
        await store.outbox.sent(row.id)


async def test_each_step_of_a_turn_is_noted_once(store):
    before = read_steps()
    await store.inbox.add_updates([(1, "42", "{}")], 2)
    async with store.transaction() as tx:
        assert await tx.inbox.claim(1)
        await tx.inbox.finish(1)
    thread, turn = await begin(store)
    for seq in (2, 3):
        await store.views.save_progress(turn.id, thread.id, 1, ["Hello"], seq)
    await store.turns.end(turn.id, 1, 4, TurnState.DONE, None, Final("Hello."))
    await say_all(store)
    assert more(before, read_steps()) == dict.fromkeys((one.value for one in Step), 1)


async def test_what_is_told_again_counts_no_more(store):
    thread, turn = await begin(store)
    await store.turns.end(turn.id, 1, 4, TurnState.DONE, None, Final("Hello."))
    before = read_steps()
    await store.runs.accept_hello(thread.id, 1, "pod", "uid-1", "job")
    await store.runs.mark_ready(thread.id, 1)
    await store.turns.started(turn.id, 1, 5)
    await store.turns.end(turn.id, 1, 6, TurnState.DONE, None, Final("Hello."))
    assert more(before, read_steps()) == {}


async def test_a_final_of_which_the_database_confirmed_late_that_it_stands_counts_once(store, monkeypatch):
    """The sender records it again then, as nobody knows whether it is."""
    _, turn = await begin(store)
    await store.turns.end(turn.id, 1, 2, TurnState.DONE, None, Final("Hello."))
    (row,) = await store.outbox.claim([])
    before, commit = (read_answers(), read_steps()), Transaction.commit

    async def commit_unheard(self):
        await commit(self)
        raise Away("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", commit_unheard)
        with pytest.raises(Away):
            await store.outbox.sent(row.id)
    await store.outbox.sent(row.id)
    assert more(before[0], read_answers()) == {"answered": 1}
    assert more(before[1], read_steps()) == {"said": 1, "whole": 1}


@pytest.mark.parametrize(
    ("state", "reason", "outcome"),
    [
        (TurnState.DONE, None, "answered"), (TurnState.DONE, "length", "answered"), (TurnState.FAILED, "timeout", "failed"),
        (TurnState.FAILED, "provider", "failed"), (TurnState.FAILED, "run_lost", "failed"),
        (TurnState.FAILED, "aborted", "stopped"), (TurnState.FAILED, "budget", "stopped"), (TurnState.FAILED, "limit", "stopped"),
    ],
    ids=str,
)  # fmt: skip
async def test_an_answer_counts_once_it_stands_in_the_chat(store, state, reason, outcome):
    _, turn = await begin(store)
    before = read_answers()
    await store.turns.end(turn.id, 1, 4, state, reason, Final("Words."))
    assert more(before, read_answers()) == {}
    await say_all(store)
    assert more(before, read_answers()) == {outcome: 1}


async def test_what_is_no_answer_counts_as_none(store):
    thread = await make_thread(store)
    before = read_answers(), read_steps()
    await store.outbox.put(thread.address, "A notice.", "key:1", kind="notice")
    await say_all(store)
    assert (read_answers(), read_steps()) == before


async def test_who_asks_while_the_turn_before_is_answered_waits_from_its_end(store):
    thread, first = await begin(store)
    second = await make_turn(store, thread, 2)
    await store.pool.execute(
        "UPDATE turns SET created_at = now() - interval '1 hour' WHERE id = ANY ($1)", [first.id, second.id]
    )
    await store.turns.end(first.id, 1, 4, TurnState.DONE, None, Final("Hello."))
    assert (await store.turns.deliver_next(thread.id, 1)).id == second.id
    await store.turns.started(second.id, 1, 5)
    before = REGISTRY.get_sample_value("openclaw_first_text_seconds_bucket", {"le": "300.0"})
    await store.views.save_progress(second.id, thread.id, 1, ["Hello"], 6)
    assert REGISTRY.get_sample_value("openclaw_first_text_seconds_bucket", {"le": "300.0"}) == before + 1


async def test_a_figure_leads_to_its_turn_where_openmetrics_are_asked_for(store):
    _, turn = await begin(store)
    async with TestClient(TestServer(create_health_app(Health()))) as client:
        plain = await client.get("/metrics")
        named = await client.get("/metrics", headers={"Accept": OPENMETRICS})
        told, words = await plain.text(), await named.text()
    assert plain.content_type == "text/plain"
    assert named.content_type == "application/openmetrics-text"
    assert words.rstrip().endswith("# EOF")
    assert re.search(rf'openclaw_step_seconds_bucket{{.*step="prompted".*}} .* # {{turn="{turn.id}"}}', words)
    assert "# {" not in told
    assert "_created" not in told + words


def test_a_figure_leads_to_its_trace_where_one_is_told():
    with naming_traces({11: "a" * 32}.get):
        assert build_exemplar(11) == {"turn": "11", "trace_id": "a" * 32}
        assert build_exemplar(12) == {"turn": "12"}
        note(Step.WHOLE, 1.0, 11)
    assert build_exemplar(11) == {"turn": "11"}
    assert build_exemplar(None) is None


async def test_what_waits_is_counted_by_what_stands_in_rows(store):
    nothing = (await store.backlogs.inbox(), await store.backlogs.runs(), await store.backlogs.outbox())
    assert {(one.waiting, one.age) for one in nothing} == {(0, 0.0)}
    await store.inbox.add_updates([(1, "42", "{}"), (2, "42", "{}")], 3)
    thread, turn = await begin(store)
    await make_turn(store, thread, 2)
    await store.outbox.put(thread.address, "Words.", "key:1")
    await store.pool.execute("UPDATE inbox SET received_at = now() - interval '1 minute' WHERE update_id = 1")
    await store.pool.execute("UPDATE turns SET started_at = now() - interval '5 minutes' WHERE id = $1", turn.id)
    inbox, outbox = await store.backlogs.inbox(), await store.backlogs.outbox()
    assert (inbox.waiting, outbox.waiting) == (2, 1)
    assert 60 <= inbox.age < 120
    turns = await store.backlogs.turns()
    assert {state.value: one.waiting for state, one in turns.items()} == {"queued": 1, "delivered": 0, "started": 1}
    assert 300 <= turns[TurnState.STARTED].age < 360
    other = await make_thread(store, thread.address.__class__(thread.address.bot_id, 43), "tg-43")
    await store.runs.want(other.id, 1, "uid-2")
    assert (await store.backlogs.runs()).waiting == 1


async def test_a_budget_tells_how_much_of_it_is_spent(store):
    levels = await store.backlogs.budgets("UTC", 50)
    assert levels == []
    await store.pool.execute(
        "INSERT INTO accounts (bot_id, scope, subject, day, money, tokens) VALUES "
        "($1, 'day', '', (now() AT TIME ZONE 'UTC')::date, 750000, 10), "
        "($1, 'class', 'small', (now() AT TIME ZONE 'UTC')::date, 0, 90), "
        "($1, 'class', 'free', (now() AT TIME ZONE 'UTC')::date, 5, 5), "
        "($1, 'person', '42', (now() AT TIME ZONE 'UTC')::date, 5, 5)",
        store.bot_id,
    )
    await store.pool.execute(
        "INSERT INTO budgets (bot_id, scope, source, class_name, subject, money, tokens) VALUES "
        "($1, 'day', 'settings', '', '', 1000000, NULL), ($1, 'class', 'settings', '', '', NULL, NULL), "
        "($1, 'class', 'class', 'small', '', NULL, 100), ($1, 'person', 'settings', '', '', 5, NULL)",
        store.bot_id,
    )
    found = {(one.scope, one.class_name): one.level for one in await store.backlogs.budgets("UTC", 50)}
    assert found == {("day", ""): 0.75, ("class", "small"): 0.9}
