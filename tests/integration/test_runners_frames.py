"""Frames of runners: in order, committed, and only then acknowledged."""

from __future__ import annotations

import aiohttp
import pytest

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.stored import count_lines
from tests.support.turns import deliver, entry, text

pytestmark = pytest.mark.postgres


async def test_an_acknowledgement_comes_only_after_its_commit(port, thread):
    runner = await port.join()
    blocker = port.store.pool
    async with blocker.acquire() as tx, tx.transaction():
        await tx.execute("SELECT * FROM runs FOR UPDATE")
        await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        await eventually(lambda: blocker.fetchval(waiting))
        assert runner.acks() == []
    await runner.acked(1)
    assert await count_lines(port.store, thread.session_id) == 1


async def test_frames_sent_again_change_nothing(port, thread):
    runner = await port.join()
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await runner.acked(1)
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await runner.send(wire.Entries(seq=2, lines=[entry(2)]))
    await runner.acked(2)
    assert await count_lines(port.store, thread.session_id) == 2


async def test_a_hole_in_the_sequence_is_refused_with_words(port, thread):
    runner = await port.join()
    await runner.send(wire.Entries(seq=2, lines=[entry(1)]))
    assert "missing" in (await runner.get(wire.Refused)).reason


async def test_a_malformed_frame_is_refused_without_its_contents(port, thread):
    runner = await port.join()
    await runner.socket.send_str('{"type": "entries", "seq": 1, "lines": "my secret"}')
    reason = (await runner.get(wire.Refused)).reason
    assert "lines" in reason
    assert "secret" not in reason


async def test_a_session_line_without_id_is_refused_with_words(port, thread):
    runner = await port.join()
    await runner.send(wire.Entries(seq=1, lines=['{"type": "session"}']))
    assert "no id" in (await runner.get(wire.Refused)).reason


async def test_frames_of_a_newer_runner_are_passed_over(port, thread):
    runner = await port.join()
    await runner.socket.send_str('{"type": "event", "seq": 1, "turn": 1, "event": {"kind": "dreaming"}}')
    await runner.socket.send_str('{"type": "applause", "seq": 2}')
    await runner.socket.send_str('{"type": "telemetry"}')
    await runner.send(wire.Entries(seq=3, lines=[entry(1)]))
    await runner.acked(3)


async def test_a_database_that_fails_sends_the_runner_away_and_takes_everything_later(port, thread):
    runner = await port.join()
    await port.store.pool.execute("ALTER TABLE session_entries RENAME TO session_entries_gone")
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.TRY_AGAIN_LATER)))
    assert runner.acks() == []
    await port.store.pool.execute("ALTER TABLE session_entries_gone RENAME TO session_entries")
    again = await port.join(ready=True)
    assert (await again.get(wire.Welcome)).acked == 0
    await again.send(wire.Entries(seq=1, lines=[entry(1)]))
    await again.acked(1)
    assert await count_lines(port.store, thread.session_id) == 1


async def test_nothing_is_acknowledged_over_text_that_could_not_be_stored(port, thread, caplog):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.acked(1)
    await port.store.pool.execute("ALTER TABLE turn_views RENAME TO turn_views_gone")
    await runner.event(2, turn.id, text(0, 0, "first"))
    await eventually(lambda: "commit_failed" in caplog.text)
    await runner.send(wire.Entries(seq=3, lines=[entry(1)]))
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.TRY_AGAIN_LATER)))
    assert max(runner.acks()) == 1
    await port.store.pool.execute("ALTER TABLE turn_views_gone RENAME TO turn_views")
    again = await port.join(ready=True, turns_seen=[turn.id])
    assert (await again.get(wire.Welcome)).acked == 1
