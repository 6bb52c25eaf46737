"""A turn as a runner tells it: what is shown meanwhile, and its final."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_contract import wire
from agent_gateway.store.rows import TurnState
from tests.support.eventually import eventually
from tests.support.stored import count_lines
from tests.support.turns import deliver, entry, final_of, text

pytestmark = pytest.mark.postgres


async def test_a_turn_from_prompt_to_final(port, thread):
    runner = await port.join(versions={"pi": "1.6.0"})
    welcome = await runner.get(wire.Welcome)
    assert (welcome.thread, welcome.session_id, welcome.acked) == (thread.name, str(thread.session_id), 0)
    await eventually(lambda: port.deps.registry.link(thread.id).ready)
    await port.make_turn(thread, text="say hi")
    turn = await deliver(port, thread)
    assert (await runner.get(wire.Turn)).text == "say hi"
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "Hel"))
    await runner.event(3, turn.id, text(0, 3, "lo"))
    await runner.event(4, turn.id, wire.ToolStarted(call="c", tool="bash", summary="ls"))
    await eventually(lambda: port.deps.views.tools[-1:] == [("💻 ls …",)])
    await runner.event(5, turn.id, wire.MessageDone(message=0, text="Hello"))
    await runner.event(6, turn.id, wire.MessageDone(message=1, text="Done."))
    await runner.send(wire.Entries(seq=7, lines=[entry(1), entry(2)]))
    await runner.event(8, turn.id, wire.TurnSettled())
    await runner.acked(8)
    shown = [(words, activity) for _, words, activity in port.deps.views.shown]
    assert shown[0] == ("Hel", None)
    assert ("Hello", None) in shown
    final = await final_of(port, turn)
    assert (final["text"], final["way"], final["preview_ids"], final["kind"]) == ("Done.", "Hello", [501], "final")
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.DONE
    assert await count_lines(port.store, thread.session_id) == 2
    assert port.deps.wake.outboxes == 1
    assert port.deps.wake.threads[-1] == thread.id
    assert (await port.store.runs.get(thread.id, 1)).acked_seq == 8
    assert port.deps.registry.link(thread.id).turn_id is None


async def test_the_tools_of_a_turn_are_counted_over_a_new_connection(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, wire.ToolStarted(call="a", tool="read", summary="a.py"))
    await runner.event(3, turn.id, wire.ToolEnded(call="a", tool="read"))
    await runner.event(4, turn.id, wire.ToolStarted(call="b", tool="bash", summary="PASSWORD=hunter2 make"))
    await runner.acked(4)
    await runner.close()
    runner = await port.join(turns_seen=[turn.id])
    await runner.event(5, turn.id, wire.ToolEnded(call="b", tool="bash", error=True))
    await runner.event(6, turn.id, wire.ToolStarted(call="c", tool="read", summary="c.py"))
    await runner.event(7, turn.id, wire.ToolEnded(call="c", tool="read"))
    await runner.event(8, turn.id, text(0, 0, "Done."))
    await runner.event(9, turn.id, wire.TurnSettled())
    await runner.acked(9)
    assert port.deps.views.tools[-1] == ("📖 a.py ✓", "💻 PASSWORD=[hidden] make ✗", "📖 c.py ✓")
    (row,) = await port.store.outbox.claim(())
    assert (row.text, row.tools.total, row.tools.failed) == ("Done.", 3, 1)
    assert row.tools.seconds >= 0
    assert "hunter2" not in await port.store.pool.fetchval("SELECT state::text FROM turn_tools")


@pytest.mark.parametrize(
    ("level", "shown", "counted"),
    [(0, (), False), (1, (f"💻 {'y' * 59}… …",), True), (2, (f"💻 {'y' * 119}… …",), True)],
)
async def test_as_much_is_shown_as_was_asked_for(port, thread, level, shown, counted):
    async with port.store.transaction() as tx:
        await tx.settings.set_verbosity(thread.id, level)
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, wire.ToolStarted(call="a", tool="bash", summary="y" * 300))
    await runner.event(3, turn.id, text(0, 0, "Done."))
    await runner.event(4, turn.id, wire.TurnSettled())
    await runner.acked(4)
    assert port.deps.views.tools[-1] == shown
    (row,) = await port.store.outbox.claim(())
    assert (row.text, row.tools is not None) == ("Done.", counted)


async def test_a_failed_turn_keeps_its_text_and_says_why(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "Half an ans"))
    await runner.event(3, turn.id, wire.Failed(reason="timeout"))
    await runner.acked(3)
    final = await final_of(port, turn)
    assert final["text"] == "Half an ans\n\n▸ Request timed out. Process killed. Try again."
    ended = await port.store.turns.by_id(turn.id)
    assert (ended.state, ended.reason) == (TurnState.FAILED, "timeout")


async def test_words_of_an_error_that_no_database_can_hold_end_the_turn_all_the_same(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.Failed(reason="agent", error="a\x00b"))
    await runner.acked(1)
    assert "a\N{REPLACEMENT CHARACTER}b" in (await final_of(port, turn))["text"]


async def test_what_will_be_tried_again_leaves_the_view(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, text(0, 0, "Wrong beg"))
    await runner.event(2, turn.id, wire.MessageReplaced(message=0))
    await runner.event(3, turn.id, text(1, 0, "Right"))
    await runner.event(4, turn.id, wire.TurnSettled())
    await runner.acked(4)
    assert (await final_of(port, turn))["text"] == "Right"


async def test_text_is_stored_seldom_and_shown_at_once(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    for number in range(200):
        await runner.event(number + 1, turn.id, text(0, number, "x"))
    await eventually(lambda: port.deps.views.shown and port.deps.views.shown[-1][1] == "x" * 200)
    await runner.acked(200)
    assert len(runner.acks()) < 10
    assert (await port.store.views.get(turn.id)).messages == ("x" * 200,)


async def test_events_of_a_turn_that_is_over_are_acknowledged_and_ignored(port, thread):
    runner = await port.join()
    await runner.event(1, 4711, text(0, 0, "late"))
    await runner.event(2, 4711, wire.TurnSettled())
    await runner.acked(2)
    assert port.deps.views.shown == []
    assert await port.store.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_text_that_postgres_cannot_hold_is_made_harmless(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    raw = {
        "type": "event",
        "seq": 1,
        "turn": turn.id,
        "event": {"kind": "message_done", "message": 0, "text": "a\x00b\ud83d"},
    }
    await runner.socket.send_str(json.dumps(raw))
    await runner.event(2, turn.id, wire.TurnSettled())
    await runner.acked(2)
    assert (await final_of(port, turn))["text"] == "a�b�"


async def test_many_runners_at_once_keep_their_turns_apart(port):
    async def converse(number):
        thread = await port.make_thread(100 + number, f"tg-{100 + number}")
        await port.make_run(thread, 1, pod=f"pod-{number}-x", token=f"token-{number}-x")
        runner = await port.join(f"token-{number}-x")
        await port.make_turn(thread, update=number + 1)
        turn = await deliver(port, thread)
        for seq in range(1, 30):
            await runner.event(seq, turn.id, text(0, seq - 1, str(number % 10)))
        await runner.event(30, turn.id, wire.TurnSettled())
        await runner.acked(30)
        assert (await final_of(port, turn))["text"] == str(number % 10) * 29

    await asyncio.gather(*(converse(number) for number in range(12)))


async def test_many_small_events_change_what_is_seen_a_few_times_a_second(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    for seq in range(2, 402):
        await runner.event(seq, turn.id, text(0, seq - 2, "x"))
    await runner.acked(401)
    await eventually(lambda: port.deps.views.shown[-1][1] == "x" * 400)
    assert len(port.deps.views.shown) < 100
