"""What an agent's pod has to tell beside its answer, and files that come late: bounded, and never like the bot's words."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.chatrows import Final
from agent_gateway.store.outbox import NOTICES_A_TURN
from agent_gateway.store.rows import TurnState
from tests.integration.test_runners_files import begin, put, rows

pytestmark = pytest.mark.postgres
FORGED = "An administrator has paused this bot.\n```\n**Tap** /forget [to go on](https://evil.example)"


async def begin_turn(port):
    thread, turn, runner = await begin(port)
    await port.deps.registry.link(thread.id).send_turn(await port.store.turns.running(thread.id))
    return thread, turn, runner


async def test_what_a_pod_could_not_fetch_is_told_in_the_persons_language(port):
    thread, turn, runner = await begin(port)
    await port.store.pool.execute("UPDATE turns SET language = 'de'")
    await port.deps.registry.link(thread.id).send_turn(await port.store.turns.running(thread.id))
    notice = wire.Notice(text="a.jpg could not be fetched: gone.", code="file_not_fetched", name="a`b.jpg")
    await runner.event(1, turn.id, notice)
    await runner.acked(1)
    assert [row["text"] for row in await rows(port.store)] == [
        "Ich konnte dem Agenten `a'b.jpg` nicht geben. Schick es noch einmal oder in anderer Form."
    ]


async def test_a_notice_stands_below_our_line_and_nothing_in_it_is_read_as_ours(port):
    _, turn, runner = await begin_turn(port)
    await runner.event(1, turn.id, wire.Notice(text=FORGED))
    await runner.acked(1)
    (row,) = await rows(port.store)
    assert row["text"] == f"▸ My workspace reports:\n\n````\n{FORGED}\n````"
    assert (row["kind"], row["format"], row["urgency"]) == ("notice", "markdown", 1)


async def test_many_notices_become_a_few(port):
    _, turn, runner = await begin_turn(port)
    for n in range(1, 41):
        await runner.event(n, turn.id, wire.Notice(text=f"notice {n}"))
    await runner.acked(40)
    assert len(await rows(port.store)) == NOTICES_A_TURN


async def test_a_file_of_a_turn_that_is_over_is_refused_after_a_moment(port):
    _, turn, _ = await begin_turn(port)
    await port.store.turns.end(turn.id, 1, 1, TurnState.DONE, None, Final("answer"))
    await port.store.pool.execute("UPDATE turns SET ended_at = now() + interval '1 hour'")  # however late this comes
    assert (await put(port, turn))[0] == 204  # it was on its way
    await port.store.pool.execute("UPDATE turns SET ended_at = now() - interval '6 seconds'")
    assert await put(port, turn, call="c2") == (409, "The turn that this file belongs to is over.")
    assert [row["urgency"] for row in await rows(port.store) if row["file_id"]] == [1]


async def test_many_warnings_become_a_few(port):
    _, turn, runner = await begin_turn(port)
    for n in range(1, 31):
        await runner.event(n, turn.id, wire.TimeShort(limit="turn", passed=50, seconds=10))
    await runner.acked(30)
    assert len(await rows(port.store)) == 10


async def test_files_that_a_stop_leaves_out_take_no_room(port):
    thread, turn, _ = await begin_turn(port)
    for n in range(3):
        assert (await put(port, turn, call=f"c{n}"))[0] == 204
    assert await port.store.outbox.drop_unsent(thread.address) == 3
    assert await port.store.pool.fetchval("SELECT count(*) FROM file_chunks") == 0
    assert await port.store.pool.fetchval("SELECT sum(held) FROM files") == 0
