"""Runners against the real port and a real Postgres: order, acknowledgement, reconnects, the end of a run."""

from __future__ import annotations

import asyncio
import io
import json
import os

import aiohttp
import pytest

from agent_contract import names, wire
from agent_gateway.store.leadership import take_over
from agent_gateway.store.rows import RunState, TurnState
from tests.support.eventually import eventually
from tests.support.runners import bearer, running_port

pytestmark = pytest.mark.postgres


WORKSPACE = names.PATH_WORKSPACE


@pytest.fixture
async def port(store):
    async with running_port(store) as port:
        yield port


@pytest.fixture
async def thread(port):
    thread = await port.make_thread()
    await port.make_run(thread)
    return thread


async def deliver(port, thread, run=1):
    turn = await eventually(lambda: port.store.turns.deliver_next(thread.id, run))
    await port.deps.registry.link(thread.id).send_turn(turn)
    return turn


def text(message, offset, words):
    return wire.Text(message=message, offset=offset, text=words)


def entry(number):
    return json.dumps({"type": "message", "id": f"{number:08x}", "text": f"line {number}"})


async def final_of(port, turn):
    query = "SELECT text, message_ids, kind, format FROM outbox WHERE turn_id = $1"
    return await port.store.pool.fetchrow(query, turn.id)


async def test_a_turn_from_prompt_to_final(port, thread):
    runner = await port.join(versions={"pi": "1.5.2"})
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
    await runner.event(5, turn.id, wire.MessageDone(message=0, text="Hello"))
    await runner.event(6, turn.id, wire.MessageDone(message=1, text="Done."))
    await runner.send(wire.Entries(seq=7, lines=[entry(1), entry(2)]))
    await runner.event(8, turn.id, wire.TurnSettled())
    await runner.acked(8)
    shown = [(words, activity) for _, words, activity in port.deps.views.shown]
    assert shown[:3] == [("Hel", None), ("Hello", None), ("Hello", None)]
    assert port.deps.views.tools[:3] == [(), (), ("💻 ls …",)]
    final = await final_of(port, turn)
    assert (final["text"], final["message_ids"], final["kind"]) == ("Hello\n\nDone.", [501], "final")
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.DONE
    assert await port.store.sessions.length(thread.session_id) == 2
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
    assert await port.store.sessions.length(thread.session_id) == 1


async def test_a_failed_turn_keeps_its_text_and_says_why(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "Half an ans"))
    await runner.event(3, turn.id, wire.Failed(reason="timeout"))
    await runner.acked(3)
    final = await final_of(port, turn)
    assert final["text"] == "Half an ans\n\nRequest timed out. Process killed. Try again."
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


async def test_frames_sent_again_change_nothing(port, thread):
    runner = await port.join()
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await runner.acked(1)
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await runner.send(wire.Entries(seq=2, lines=[entry(2)]))
    await runner.acked(2)
    assert await port.store.sessions.length(thread.session_id) == 2


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


async def test_a_lost_runner_comes_back_and_goes_on(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "One, "))
    await runner.acked(2)
    await runner.close()
    link = port.deps.registry.link(thread.id)
    await eventually(lambda: not link.connected)
    assert link.lost_at is not None
    again = await port.join(ready=True, turns_seen=[turn.id], acked=2)
    assert (await again.get(wire.Welcome)).acked == 2
    assert port.deps.registry.link(thread.id) is link
    assert link.lost_at is None
    await again.event(3, turn.id, text(0, 5, "two."))
    await again.event(4, turn.id, wire.TurnSettled())
    await again.acked(4)
    assert (await final_of(port, turn))["text"] == "One, two."
    assert not [f for f in again.frames if isinstance(f, wire.Turn)]


async def test_a_turn_delivered_but_not_seen_is_sent_again(port, thread):
    runner = await port.join()
    await runner.close()
    await eventually(lambda: not port.deps.registry.link(thread.id).connected)
    await port.make_turn(thread, text="for later")
    turn = await port.store.turns.deliver_next(thread.id, 1)
    assert not await port.deps.registry.link(thread.id).send_turn(turn)
    again = await port.join(ready=True)
    assert (await again.get(wire.Turn)).id == turn.id


async def test_a_gateway_that_restarts_in_the_middle_of_a_turn_goes_on(store, dsn):
    async with running_port(store) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.join()
        await port.make_turn(thread)
        turn = await deliver(port, thread)
        await runner.event(1, turn.id, text(0, 0, "Before, "))
        await runner.acked(1)
        await store.views.save_messages(turn.id, [77])
        kube = port.kube
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.GOING_AWAY)))
    async with running_port(store, kube=kube) as port:
        again = await port.join(ready=True, turns_seen=[turn.id], acked=1)
        await eventually(lambda: port.deps.views.opened)
        restored = port.deps.views.opened[turn.id]
        assert (restored.messages, restored.message_ids) == (("Before, ",), (77,))
        await again.event(2, turn.id, text(0, 8, "after."))
        await again.event(3, turn.id, wire.TurnSettled())
        await again.acked(3)
        assert (await final_of(port, turn))["text"] == "Before, after."


async def test_the_newest_connection_of_a_pod_takes_the_place_of_the_old_one(port, thread):
    first = await port.join()
    second = await port.join(ready=True)
    await eventually(lambda: first.closed is not None)
    assert not [f for f in first.frames if isinstance(f, wire.Refused)]
    await second.send(wire.Entries(seq=1, lines=[entry(1)]))
    await second.acked(1)
    assert port.deps.registry.link(thread.id).connected
    assert port.deps.registry.count() == 1


async def test_another_pod_of_the_run_is_refused_for_ever(port, thread):
    first = await port.join()
    port.kube.add_pod(thread.name, 1, "pod-twin", token="token-twin")
    twin = await port.connect("token-twin")
    await twin.hello()
    assert "another pod" in (await twin.get(wire.Refused)).reason
    await eventually(lambda: twin.closed)
    await first.send(wire.Entries(seq=1, lines=[entry(1)]))
    await first.acked(1)


async def test_an_older_run_is_refused(port, thread):
    await port.store.runs.end(thread.id, 1, "Stopped", None)
    await port.make_run(thread, 2)
    await port.join("token-2", 2)
    old = await port.connect("token-1")
    await old.hello()
    assert (await old.get(wire.Refused)).reason


@pytest.mark.parametrize("hello", [{"protocol": 99}, {"protocol": 0}, {"run": 7}])
async def test_a_hello_of_another_protocol_or_run_is_refused_with_words(port, thread, hello):
    runner = await port.connect()
    await runner.send(wire.Hello(**{"run": 1, **hello}))
    assert len((await runner.get(wire.Refused)).reason) > 20
    assert port.deps.registry.link(thread.id) is None


async def test_the_first_frame_must_be_a_hello(port, thread):
    runner = await port.connect()
    await runner.send(wire.Ready())
    assert "hello" in (await runner.get(wire.Refused)).reason


async def test_leaving_closes_the_run_and_is_answered_again(port, thread):
    runner = await port.join()
    await runner.send(wire.Leave(seq=1, reason="idle"))
    await runner.get(wire.Goodbye)
    run = await port.store.runs.get(thread.id, 1)
    assert (run.state, run.reason) == (RunState.OVER, "IdleTimeout")
    assert port.deps.registry.link(thread.id) is None
    assert port.deps.wake.threads[-1] == thread.id
    await runner.close()
    again = await port.connect()
    await again.hello(acked=0)
    await again.get(wire.Goodbye)
    assert not [f for f in again.frames if isinstance(f, wire.Refused)]


async def test_a_message_that_comes_while_the_runner_leaves_is_handed_over(port, thread):
    runner = await port.join()
    turn = await port.make_turn(thread, text="wait!")
    await runner.send(wire.Leave(seq=1, reason="idle"))
    await runner.get(wire.Stay)
    assert (await runner.get(wire.Turn)).id == turn.id
    await runner.event(2, turn.id, wire.TurnStarted())
    await runner.acked(2)
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.STARTED


async def test_a_runner_whose_time_is_up_is_let_go_and_the_turn_waits(port, thread):
    runner = await port.join()
    turn = await port.make_turn(thread)
    await runner.send(wire.Leave(seq=1, reason="run_deadline"))
    await runner.get(wire.Goodbye)
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.QUEUED


async def test_a_turn_that_a_leaving_runner_did_not_take_is_no_failed_start(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.get(wire.Turn)
    await runner.send(wire.Leave(seq=1, reason="run_deadline"))
    await runner.get(wire.Goodbye)
    waits = await port.store.turns.by_id(turn.id)
    assert (waits.state, waits.run, waits.attempts) == (TurnState.QUEUED, None, 0)


async def test_a_stopped_turn_that_a_leaving_runner_did_not_take_does_not_wait_again(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    await runner.get(wire.Turn)
    async with port.store.transaction() as tx:
        await tx.turns.ask_stop(turn.id)
    await runner.send(wire.Leave(seq=1, reason="run_deadline"))
    await runner.get(wire.Goodbye)
    assert (await port.store.turns.by_id(turn.id)).state is TurnState.DELIVERED


async def test_a_runner_whose_word_of_being_ready_was_lost_is_known_as_ready(port, thread):
    first = await port.connect()
    await first.hello()
    await first.get(wire.Welcome)
    await first.close()
    second = await port.join(ready=True)
    await second.get(wire.Welcome)
    assert await port.store.runs.ready() == {thread.id}


async def test_a_session_is_streamed_to_its_own_runner_only(port, thread):
    lines = [entry(number) for number in range(1, 3001)]
    other = await port.make_thread(43, "tg-43")
    await port.store.sessions.add_entries(thread, 1, 0, lines)
    await port.make_run(other, 1, pod="pod-other", token="token-other")
    url = port.url + names.PATH_SESSION
    async with port.session.get(url, headers=bearer("token-1")) as answer:
        assert answer.status == 403  # before its hello was accepted
    runner = await port.join()
    assert (await runner.get(wire.Welcome)).session_lines == 3000
    async with port.session.get(url, headers=bearer("token-1")) as answer:
        assert answer.status == 200
        assert (await answer.text()).splitlines() == lines
    await port.join("token-other")
    async with port.session.get(url, headers=bearer("token-other")) as answer:
        assert await answer.text() == ""


@pytest.mark.parametrize("path", [names.PATH_CONNECT, names.PATH_SESSION, names.PATH_LLM + "/zai/models"])
async def test_nobody_comes_in_without_a_good_token(port, thread, path):
    async with port.session.get(port.url + path) as answer:
        assert answer.status == 401
    async with port.session.get(port.url + path, headers=bearer("forged-token")) as answer:
        assert answer.status == 401
        body = await answer.text()
    assert "forged-token" not in body
    assert json.loads(body)["error"]["message"]


async def test_a_gateway_that_does_not_lead_asks_to_come_again(port, thread):
    port.store.fence = None
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await port.connect()
    assert error.value.status == 503


async def test_a_lost_leadership_sends_the_runner_away_unacknowledged(port, thread, store, dsn):
    runner = await port.join()
    await eventually(lambda: store.pool.fetchval("SELECT ready_at FROM runs"))
    old = store.fence
    await take_over(store, "tg")
    store.fence = old
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await eventually(lambda: runner.closed)
    assert runner.acks() == []


async def test_an_identity_costs_the_api_server_two_calls_a_minute(port, thread):
    await port.join()
    before = port.kube.calls
    for _ in range(20):
        async with port.session.get(port.url + names.PATH_SESSION, headers=bearer("token-1")) as answer:
            assert answer.status == 200
    assert port.kube.calls == before == 2


async def test_a_run_that_is_over_is_told_so_and_its_token_buys_nothing(port, thread):
    runner = await port.join()
    await port.store.runs.end(thread.id, 1, "Stopped", None)
    port.deps.registry.forget(thread.id, 1)
    assert "over" in (await runner.get(wire.Refused)).reason
    async with port.session.get(port.url + names.PATH_SESSION, headers=bearer("token-1")) as answer:
        assert answer.status == 403
        assert "over" in (await answer.json())["error"]["message"]


async def stored_workspace(port, size):
    data = os.urandom(size)
    async with port.session.put(port.url + WORKSPACE, data=io.BytesIO(data), headers=bearer("token-1")) as response:
        assert response.status == 204
    return data


async def test_pods_that_read_slowly_keep_nobody_from_the_database(port, thread):
    await port.join()
    data = await stored_workspace(port, 32 << 20)
    slow = [await port.session.get(port.url + WORKSPACE, headers=bearer("token-1")) for _ in range(12)]
    await asyncio.wait_for(port.make_turn(thread), 5)
    for response in slow[1:]:
        response.close()
    assert await slow[0].read() == data


async def test_files_that_are_forgotten_while_they_are_sent_are_no_whole_ones(port, thread):
    await port.join()
    await stored_workspace(port, 32 << 20)
    response = await port.session.get(port.url + WORKSPACE, headers=bearer("token-1"))
    await port.store.pool.execute("DELETE FROM workspaces")
    with pytest.raises(aiohttp.ClientError):
        await response.read()


async def test_abort_and_shutdown_reach_the_runner(port, thread):
    runner = await port.join()
    link = port.deps.registry.link(thread.id)
    assert await link.abort(5)
    assert await link.shutdown("maintenance", 7)
    assert (await runner.get(wire.Abort)).turn == 5
    assert (await runner.get(wire.Shutdown)).grace_seconds == 7


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


async def test_a_database_that_fails_sends_the_runner_away_and_takes_everything_later(port, thread):
    runner = await port.join()
    await port.store.pool.execute("ALTER TABLE session_entries RENAME TO session_entries_gone")
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.TRY_AGAIN_LATER)), timeout=20)
    assert runner.acks() == []
    await port.store.pool.execute("ALTER TABLE session_entries_gone RENAME TO session_entries")
    again = await port.join(ready=True)
    assert (await again.get(wire.Welcome)).acked == 0
    await again.send(wire.Entries(seq=1, lines=[entry(1)]))
    await again.acked(1)
    assert await port.store.sessions.length(thread.session_id) == 1


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
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.TRY_AGAIN_LATER)), timeout=20)
    assert max(runner.acks()) == 1
    await port.store.pool.execute("ALTER TABLE turn_views_gone RENAME TO turn_views")
    again = await port.join(ready=True, turns_seen=[turn.id])
    assert (await again.get(wire.Welcome)).acked == 1


async def test_files_that_could_not_be_brought_back_are_told_in_the_chat_once(port, thread):
    runner = await port.join()
    for _ in range(2):
        await runner.send(wire.Ready(files_problem="The earlier files could not be brought back: tar ended with 2."))

    async def said():
        rows = await port.store.pool.fetch("SELECT text FROM outbox WHERE kind = 'notice'")
        return [row["text"] for row in rows]

    assert "brought back" in (await eventually(said))[0]
    await runner.send(wire.Leave(seq=1, reason="idle"))
    await runner.get(wire.Goodbye)  # what came before it is handled
    assert len(await said()) == 1
