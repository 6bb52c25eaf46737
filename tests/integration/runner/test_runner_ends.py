"""The runner with the real pi: stops, deadlines, deaths, lost connections, leaving."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from agent_contract import wire
from agent_contract.names import ExitCode
from tests.support.eventually import eventually
from tests.support.runner import is_alive
from tests.support.runner_talk import begin

# leaves pi's process group, as a tool that makes itself a daemon does
DAEMON = "setsid sleep 4711 >/dev/null 2>&1 & sleep 4712"
# takes minutes: whatever stands still meanwhile, it is not over before it is struck
SLOW = "slow 6000 50"


def sleeps(runner):
    return [command for _, command in runner.children() if command.startswith("sleep 471")]


def has_text(gateway, turn):
    return any(isinstance(event, wire.Text) for event in gateway.events(turn))


async def test_abort_leaves_no_process_of_a_tool(gateway, runner):
    await begin(gateway, runner, f"bash: {DAEMON}")
    await eventually(lambda: len(sleeps(runner)) == 2)
    await gateway.send(wire.Abort(turn=1))
    events = await gateway.ended(1)
    assert events[-1] == wire.Failed(reason="aborted")
    await eventually(lambda: sleeps(runner) == [])  # the kernel ends them in its own time
    assert isinstance((await gateway.ask(2, "go on"))[-1], wire.TurnSettled)


async def test_abort_keeps_what_was_said(gateway, runner):
    await begin(gateway, runner, SLOW)
    await eventually(lambda: has_text(gateway, 1))
    await gateway.send(wire.Abort(turn=1))
    events = await gateway.ended(1)
    done = next(event for event in events if isinstance(event, wire.MessageDone))
    assert done.text.startswith("w0 ")
    assert events[-1] == wire.Failed(reason="aborted")
    assert any('"stopReason":"aborted"' in line for line in gateway.lines())


async def test_abort_that_comes_with_its_turn_is_heeded(gateway, runner):
    await begin(gateway, runner, SLOW)
    await gateway.send(wire.Abort(turn=1))
    assert (await gateway.ended(1))[-1] == wire.Failed(reason="aborted")


async def test_abort_of_another_turn_changes_nothing(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.send(wire.Abort(turn=7))
    assert isinstance((await gateway.ask(1, "hello"))[-1], wire.TurnSettled)


async def test_turn_past_its_deadline_ends_the_run(gateway, make_runner):
    runner = make_runner(timeouts={"turn": 15})  # the tool has to begin within them
    await runner.start()
    await gateway.ready()
    begun = time.monotonic()
    await gateway.send(wire.Turn(id=1, text=f"bash: {DAEMON}"))
    await eventually(lambda: len(sleeps(runner)) == 2)
    below = runner.children()
    assert await runner.exit_code() == ExitCode.DEADLINE
    failed = (await gateway.ended(1))[-1]
    assert (failed.reason, failed.limit) == ("timeout", "silence")
    assert 15 <= failed.seconds <= time.monotonic() - begun + 1
    assert any(f'"{DAEMON}"' in line for line in gateway.lines())
    await eventually(lambda: not [pid for pid, _ in below if is_alive(pid)])


async def test_turn_that_writes_all_the_time_is_not_past_its_deadline(gateway, make_runner):
    runner = make_runner(timeouts={"turn": 12})
    await runner.start()
    await gateway.ready()
    counting = "for i in $(seq 14); do echo $i; sleep 1; done"
    assert isinstance((await gateway.ask(1, f"bash: {counting}"))[-1], wire.TurnSettled)


async def test_turn_that_works_for_ever_is_ended_all_the_same(gateway, make_runner):
    runner = make_runner(timeouts={"turn": 60, "turnMax": 2})
    await runner.start()
    await gateway.ready()
    await gateway.send(wire.Turn(id=1, text="bash: while echo x; do sleep 0.2; done"))
    assert await runner.exit_code() == ExitCode.DEADLINE
    failed = (await gateway.ended(1))[-1]
    assert (failed.reason, failed.limit) == ("timeout", "wall")


async def test_turn_that_is_given_more_time_has_it(gateway, make_runner):
    runner = make_runner(timeouts={"turn": 4})
    await runner.start()
    await gateway.ready()
    await gateway.send(wire.Turn(id=1, text="bash: sleep 7"))
    await gateway.send(wire.Extend(turn=1, seconds=100))
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)


async def test_pi_that_does_not_heed_an_abort_is_killed(gateway, make_runner):
    runner = make_runner(timeouts={"grace": 1})
    await begin(gateway, runner, SLOW)
    await eventually(lambda: has_text(gateway, 1))
    old = runner.pi_pid()
    os.kill(old, signal.SIGSTOP)
    await gateway.send(wire.Abort(turn=1))
    assert (await gateway.ended(1))[-1] == wire.Failed(reason="aborted")
    assert isinstance((await gateway.ask(2, "go on"))[-1], wire.TurnSettled)
    assert runner.pi_pid() != old


async def test_killed_pi_is_told_and_started_again_with_its_session(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "remember 4711")
    await gateway.send(wire.Turn(id=2, text=SLOW))
    await eventually(lambda: has_text(gateway, 2))
    os.kill(runner.pi_pid(), signal.SIGKILL)
    events = await gateway.ended(2)
    assert events[-1].reason == "agent_died"
    assert "signal 9" in events[-1].error
    assert next(event for event in events if isinstance(event, wire.Text)).text.startswith("w0")
    events = await gateway.ask(3, "recall")
    assert "remember 4711" in events[-2].text
    ids = [json.loads(line)["id"] for line in gateway.lines()]
    assert len(ids) == len(set(ids))


async def test_pi_that_keeps_dying_ends_the_run(gateway, runner):
    await runner.start()
    await gateway.ready()
    for turn in range(1, 5):
        await gateway.send(wire.Turn(id=turn, text=SLOW))
        await eventually(lambda turn=turn: has_text(gateway, turn))
        os.kill(runner.pi_pid(), signal.SIGKILL)
        assert (await gateway.ended(turn))[-1].reason == "agent_died"
    assert await runner.exit_code() == ExitCode.PI_FAILED


async def test_pi_that_does_not_start_is_told_to_the_next_turn(gateway, runner):
    await runner.start(PI_COMMAND=json.dumps(["sh", "-c", "echo the disk is full >&2; exit 3"]))
    await gateway.ready()
    failed = (await gateway.ask(1, "hello"))[-1]
    assert failed.reason == "agent"
    assert "ended with code 3" in failed.error
    assert "the disk is full" in failed.error
    assert await runner.exit_code() == ExitCode.PI_FAILED


async def test_lost_connection_sends_again_and_doubles_nothing(gateway, runner):
    await runner.start()
    await gateway.ready()
    gateway.acking = False
    await gateway.send(wire.Turn(id=1, text="slow 30 20"))
    await eventually(lambda: has_text(gateway, 1))
    seen = len(gateway.frames)
    await gateway.drop()
    await eventually(lambda: gateway.connected)
    assert gateway.hellos[-1].ready
    assert gateway.hellos[-1].turns_seen == [1]
    await gateway.send(wire.Turn(id=1, text="slow 30 20"))
    events = await gateway.ended(1)
    await gateway.ack()
    await eventually(lambda: gateway.repeated >= seen > 0)  # the end may have come before the cut
    done = [event.text for event in events if isinstance(event, wire.MessageDone)]
    assert done == ["".join(f"w{n} " for n in range(30))]
    assert sum(isinstance(event, wire.TurnStarted) for event in events) == 1


async def test_turn_goes_on_while_the_gateway_is_away(gateway, model, runner):
    await runner.start()
    await gateway.ready()
    await gateway.send(wire.Turn(id=1, text="bash: until [ -e go ]; do sleep 0.05; done; echo done"))
    await eventually(lambda: any(isinstance(event, wire.ToolStarted) for event in gateway.events(1)))
    port = int(gateway.url.rpartition(":")[2])
    await gateway.stop()
    await gateway.start(model, port)
    (runner.workspace / "go").touch()
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.TurnSettled)
    assert "Tool said: done" in events[-2].text


async def test_idle_runner_leaves_by_handshake(gateway, make_runner):
    runner = make_runner(timeouts={"idle": 1})
    await runner.start()
    assert await runner.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["idle"]


async def test_runner_stays_for_a_turn_that_came_in_the_same_moment(gateway, make_runner):
    gateway.stay_for = wire.Turn(id=1, text="hello")
    runner = make_runner(timeouts={"idle": 1})
    await runner.start()
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)
    assert await runner.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["idle", "idle"]


async def test_leave_that_was_not_answered_is_asked_again(gateway, make_runner):
    gateway.on_leave = None
    runner = make_runner(timeouts={"idle": 1})
    await runner.start()
    await eventually(gateway.leaves)
    gateway.on_leave = wire.Goodbye()
    await gateway.drop()
    assert await runner.exit_code() == ExitCode.LEFT


async def test_run_that_is_over_leaves(gateway, make_runner):
    runner = make_runner(timeouts={"run": 10})
    await runner.start()
    assert await runner.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["run_deadline"]


async def test_shutdown_keeps_what_was_said(gateway, runner):
    await begin(gateway, runner, SLOW)
    await eventually(lambda: has_text(gateway, 1))
    await gateway.send(wire.Shutdown(reason="killed by a person", grace_seconds=100))
    assert await runner.exit_code() == ExitCode.LEFT
    events = await gateway.ended(1)
    assert events[-1] == wire.Failed(reason="aborted", error="killed by a person")
    assert any(isinstance(event, wire.MessageDone) and event.text.startswith("w0") for event in events)
    assert any('"stopReason":"aborted"' in line for line in gateway.lines())


async def test_sigterm_keeps_text_and_session_but_says_no_end(gateway, runner):
    await begin(gateway, runner, f"bash: {DAEMON}")
    await eventually(lambda: len(sleeps(runner)) == 2)
    below = runner.children()
    runner.terminate()
    assert await runner.exit_code() == 143
    assert not any(isinstance(event, wire.Failed | wire.TurnSettled) for event in gateway.events(1))
    assert any(f'"{DAEMON}"' in line for line in gateway.lines())
    await eventually(lambda: not [pid for pid, _ in below if is_alive(pid)])


async def test_sigterm_while_idle_leaves_by_handshake(gateway, runner):
    await runner.start()
    await gateway.ready()
    runner.terminate()
    assert await runner.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["shutdown"]


async def test_refused_runner_ends_with_the_reason(gateway, runner):
    gateway.refusal = "run 2 holds the lease"
    await runner.start()
    assert await runner.exit_code() == ExitCode.REFUSED
    assert "run 2 holds the lease" in runner.log


async def test_orphans_are_reaped(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "bash: (setsid sh -c 'exit 3' &) ; true")
    await eventually(lambda: runner.zombies() == 0 and not any("exit 3" in command for _, command in runner.children()))


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"AGENT_CONFIG": ""}, "AGENT_CONFIG is not set"),
        ({"AGENT_CONFIG": "{"}, "AGENT_CONFIG is not JSON"),
        ({"AGENT_CONFIG": '{"thread":"t"}'}, "no usable value for: run, gatewayUrl, provider, model"),
        ({"AGENT_TOKEN_FILE": "/nowhere/token"}, "The token file /nowhere/token is missing"),
        ({"AGENT_WORKSPACE_DIR": "/nowhere"}, "The workspace /nowhere is missing"),
        ({"PI_COMMAND": '["/nowhere/pi"]'}, "pi cannot be started"),
    ],
)
async def test_bad_configuration_is_one_sentence(runner, environment, sentence):
    await runner.start(**environment)
    assert await runner.exit_code() == ExitCode.BAD_CONFIG
    assert sentence in runner.log
    assert len(runner.log.splitlines()) == 1


async def test_configuration_against_the_contract_is_one_sentence(make_runner):
    runner = make_runner(timeouts={"turn": 0})
    await runner.start()
    assert await runner.exit_code() == ExitCode.BAD_CONFIG
    assert "timeouts.turn" in runner.log
