"""Sub-agents as the runner and the real pi see them: the tool, its answers, and a sub-agent's own one turn."""

from __future__ import annotations

import asyncio
import json
import os
import socket

import pytest

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_contract.terms import MAX_RESULT_BYTES
from tests.support.eventually import PATIENCE, eventually
from tests.support.runner_talk import begin, texts


async def answer(gateway, ask, text, *, ok=True, name="tg-1-r1-k1"):
    usage = wire.SubAgentUsage(input=11, output=7)
    await gateway.send(wire.SubAgentResult(call_id=ask.call_id, name=name, ok=ok, text=text, usage=usage))


async def test_two_calls_run_at_once_and_both_answers_are_used(gateway, runner):
    await begin(gateway, runner, "spawn: count the stars | name a tree")
    first, second = await gateway.asks(2)
    assert {first.task, second.task} == {"count the stars", "name a tree"}
    assert first.call_id != second.call_id
    assert (first.turn, first.copied, first.workspace) == (1, False, "Empty")  # there is nothing to copy
    await gateway.send(wire.SubAgentUpdate(call_id=first.call_id, text="it works"))
    for ask in (second, first):
        await answer(gateway, ask, f"answer to {ask.task}")
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.TurnSettled)
    assert "answer to count the stars" in texts(events)[-1]
    assert "answer to name a tree" in texts(events)[-1]
    entries = [json.loads(line) for line in gateway.lines()]
    told = [e["message"] for e in entries if e.get("message", {}).get("role") == "toolResult"]
    assert {t["details"]["subagent"]["callId"] for t in told} == {first.call_id, second.call_id}
    assert told[0]["details"]["subagent"]["name"] == "tg-1-r1-k1"


async def test_what_is_refused_is_the_tools_error(gateway, runner):
    await begin(gateway, runner, "spawn: count the stars")
    [ask] = await gateway.asks(1)
    await answer(gateway, ask, "A sub-agent of depth 2 is not allowed (subAgents.maxDepth).", ok=False, name="")
    events = await gateway.ended(1)
    assert "subAgents.maxDepth" in texts(events)[-1]
    assert [e.error for e in events if isinstance(e, wire.ToolEnded)] == [True]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (b'{"tool": "spawn_subagent", "task": " \\n "}', "These are not valid: spawn_subagent.task."),
        (b'{"tool": "spawn_subagent", "task": "half a \\ud83d"}', "It holds text that is none."),
        (b"[]", "It holds text that is none."),
    ],
)
async def test_nonsense_is_answered_and_asks_for_nothing(gateway, runner, call, words):
    await begin(gateway, runner, "bash: sleep 1000")
    await eventually(lambda: any(isinstance(e, wire.ToolStarted) for e in gateway.events(1)))
    reader, writer = await asyncio.open_unix_connection(runner.state / "runner.sock")
    try:
        writer.write(call + b"\n")
        assert json.loads(await asyncio.wait_for(reader.readline(), PATIENCE)) == {"error": words}
    finally:
        writer.close()
        await writer.wait_closed()
    assert [frame for frame in gateway.frames if isinstance(frame, wire.SubAgentAsk)] == []


async def test_a_call_that_cannot_be_told_of_its_progress_is_taken_back(gateway, runner):
    await begin(gateway, runner, "bash: sleep 1000")
    await eventually(lambda: any(isinstance(e, wire.ToolStarted) for e in gateway.events(1)))
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(runner.state / "runner.sock"))
        caller.sendall(b'{"tool": "spawn_subagent", "task": "count the stars"}\n')
        [ask] = await gateway.asks(1)
        caller.shutdown(socket.SHUT_RD)  # it hears nothing any more, and has not hung up
        await gateway.send(wire.SubAgentUpdate(call_id=ask.call_id, text="it works"))
        await eventually(lambda: gateway.cancels() == [ask.call_id])


async def test_an_abort_takes_back_what_was_asked(gateway, runner):
    await begin(gateway, runner, "spawn: a | b")
    asks = await gateway.asks(2)
    await gateway.send(wire.Abort(turn=1))
    await gateway.ended(1)
    await eventually(lambda: sorted(gateway.cancels()) == sorted(ask.call_id for ask in asks))


async def test_a_pod_that_ends_takes_nothing_back(gateway, runner):
    await begin(gateway, runner, "spawn: a | b")
    await gateway.asks(2)
    runner.terminate()
    await runner.exit_code()
    assert gateway.cancels() == []


async def test_an_answer_is_taken_after_a_lost_connection_and_only_once(gateway, runner):
    await begin(gateway, runner, "spawn: count the stars")
    [ask] = await gateway.asks(1)
    await gateway.drop()
    await eventually(lambda: len(gateway.hellos) >= 2 and gateway.connected)
    await answer(gateway, ask, "seven")
    await answer(gateway, ask, "eight")
    events = await gateway.ended(1)
    assert "seven" in texts(events)[-1]
    assert "eight" not in texts(events)[-1]
    assert len(await gateway.asks(1)) == 1


async def test_the_turns_clock_stands_still_meanwhile(gateway, make_runner):
    runner = make_runner(timeouts={"turn": 12, "idle": 600, "run": 600})
    await begin(gateway, runner, "spawn: count the stars")
    [ask] = await gateway.asks(1)
    await gateway.send(wire.SubAgentUpdate(call_id=ask.call_id, text="it works"))
    started = runner.log.count("phase")
    with pytest.raises(AssertionError):
        await eventually(lambda: runner.log.count("phase") > started, timeout=14)  # longer than a turn may take
    await answer(gateway, ask, "seven")
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)


async def test_the_workspace_is_copied_first_and_a_copy_over_the_limit_lacks_the_largest_files(gateway, make_runner):
    runner = make_runner(snapshotLimit=2000)
    (runner.workspace / "note").write_text("hello")
    await begin(gateway, runner, "spawn: count the stars")
    [ask] = await gateway.asks(1)
    assert (ask.copied, ask.workspace) == (True, "Copy")
    assert gateway.kept(ask.call_id)
    await answer(gateway, ask, "seven")
    await gateway.ended(1)
    (runner.workspace / "noise").write_bytes(os.urandom(5000))
    await gateway.send(wire.Turn(id=2, text="spawn: again"))
    _, again = await gateway.asks(2)
    assert gateway.names(call=again.call_id) == {"note"}


# --- a sub-agent's own run ---------------------------------------------------------------------------


async def test_a_sub_agent_leaves_its_answer_and_goes(gateway, make_runner):
    runner = make_runner(oneTurn=True, snapshot=False)
    await begin(gateway, runner, "hello there")
    assert await runner.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["done"]
    assert runner.termination.read_text() == "Echo: hello there "
    assert gateway.states == []


async def test_a_long_answer_is_cut_for_the_resource(gateway, make_runner):
    runner = make_runner(oneTurn=True, snapshot=False)
    await begin(gateway, runner, "long 9000")
    await runner.exit_code()
    kept = runner.termination.read_bytes()
    assert MAX_RESULT_BYTES - 4 <= len(kept) <= MAX_RESULT_BYTES
    assert kept.decode().endswith("…")


async def test_a_sub_agent_that_fails_says_why(gateway, make_runner):
    runner = make_runner(oneTurn=True, snapshot=False)
    await begin(gateway, runner, "err 401 9 no such key")
    assert await runner.exit_code() == ExitCode.TASK_FAILED
    assert "no such key" in runner.termination.read_text()


async def test_a_sub_agent_over_its_time_says_so(gateway, make_runner):
    runner = make_runner(oneTurn=True, snapshot=False, timeouts={"turn": 2, "idle": 600, "run": 10, "grace": 2})
    await begin(gateway, runner, "bash: sleep 100")
    assert await runner.exit_code() == ExitCode.DEADLINE
    assert runner.termination.read_text()


async def test_an_answer_waits_for_a_gateway_that_is_away(gateway, make_runner):
    runner = make_runner(oneTurn=True, snapshot=False)
    gateway.on_leave = None
    await begin(gateway, runner, "hello there")
    await eventually(lambda: gateway.leaves() == ["done"])
    gateway.on_leave = wire.Goodbye()
    await gateway.drop()
    await eventually(lambda: len(gateway.leaves()) >= 2)
    assert await runner.exit_code() == ExitCode.LEFT


async def test_an_answer_that_no_gateway_takes_before_its_pod_goes_is_left_as_an_answer(gateway, make_runner):
    runner = make_runner(oneTurn=True, snapshot=False, timeouts={"turn": 60, "idle": 600, "run": 60, "grace": 2})
    gateway.on_leave = None
    await begin(gateway, runner, "hello there")
    await eventually(lambda: gateway.leaves() == ["done"])
    runner.terminate()
    assert await runner.exit_code() == ExitCode.LEFT
    assert runner.termination.read_text() == "Echo: hello there "
