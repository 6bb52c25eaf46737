"""A runner that waits for a conversation, and text that does not wait for files."""

from __future__ import annotations

import asyncio
import os
import signal

from agent_contract import wire
from agent_contract.names import ExitCode
from tests.support.eventually import eventually
from tests.support.runner_talk import begin_early, texts

IDLE = {"turn": 60, "idle": 1, "run": 600, "grace": 40}


async def test_it_says_nothing_until_a_welcome_names_its_conversation(gateway, make_runner, model_requests):
    gateway.tools.claims = asyncio.Event()
    runner = make_runner(warm=True, thread="", run=0)
    await runner.start()
    await eventually(lambda: gateway.hellos)
    hello = gateway.hellos[0]
    assert (hello.warm, hello.run, hello.ready) == (True, 0, False)
    assert (gateway.readies, gateway.frames, model_requests()) == ([], [], [])
    gateway.tools.claims.set()
    await eventually(lambda: gateway.connected)
    events = await gateway.ask(1, "hello")  # at once, ready or not
    assert texts(events)
    await gateway.drop()
    await eventually(lambda: len(gateway.hellos) >= 2)
    assert (gateway.hellos[1].warm, gateway.hellos[1].run, gateway.hellos[1].turns_seen) == (False, 7, [1])
    assert '"run": 7' in runner.log


async def test_a_model_of_its_own_is_what_answers(gateway, make_runner, model_requests):
    gateway.tools.claims = asyncio.Event()
    gateway.tools.model = wire.ClaimedModel(provider="test", model="other", thinking="low")
    runner = make_runner(warm=True, thread="", run=0)
    await runner.start()
    await eventually(lambda: gateway.hellos)
    gateway.tools.claims.set()
    await eventually(lambda: gateway.connected)
    assert texts(await gateway.ask(1, "hello"))
    assert {request["body"]["model"] for request in model_requests()} == {"other"}


async def test_one_that_nobody_has_ends_at_once_when_its_pod_does_or_its_pi(gateway, make_runner):
    gateway.tools.claims = asyncio.Event()
    runner, other = (make_runner(warm=True, thread="", run=0) for _ in range(2))
    await asyncio.gather(runner.start(), other.start())
    await eventually(lambda: len(gateway.hellos) == 2)
    runner.terminate()
    assert await runner.exit_code() == 143
    os.kill(other.pi_pid(), signal.SIGKILL)
    assert await other.exit_code() == ExitCode.PI_FAILED


async def test_text_does_not_wait_for_files_and_tools_do(gateway, make_runner):
    first = make_runner(timeouts=IDLE)
    await begin_early(gateway, first, "bash: echo kept > note")
    assert await first.exit_code() == ExitCode.LEFT
    gateway.go_on()
    gateway.holding = asyncio.Event()
    second = make_runner(run=2)
    await second.start()
    await gateway.ready()
    assert texts(await gateway.ask(2, "hello"))  # its files are on their way still
    await gateway.send(wire.Turn(id=3, text="bash: cat note"))
    await eventually(lambda: [e for e in gateway.events(3) if isinstance(e, wire.ToolStarted)])
    assert not [e for e in gateway.events(3) if isinstance(e, wire.ToolEnded)]
    await gateway.send(wire.Abort(turn=3))  # ends its tools, and not what brings the files
    await gateway.ended(3)
    await gateway.send(wire.Turn(id=4, text="bash: cat note"))
    await eventually(lambda: [e for e in gateway.events(4) if isinstance(e, wire.ToolStarted)])
    gateway.holding.set()
    assert "kept" in texts(await gateway.ended(4))[-1]
    assert "workspace_not_restored" not in second.log


async def test_a_session_waits_for_the_projects_own_instructions(gateway, make_runner, model_requests):
    first = make_runner(timeouts=IDLE)
    await begin_early(gateway, first, "bash: echo Speak plainly. > AGENTS.md")
    assert await first.exit_code() == ExitCode.LEFT
    gateway.go_on()
    gateway.holding = asyncio.Event()
    asked = len(model_requests())
    second = make_runner(run=2)
    await second.start()
    await eventually(lambda: gateway.connected)
    await gateway.send(wire.Turn(id=2, text="hello"))
    gateway.holding.set()
    await gateway.ended(2)
    assert "Speak plainly." in str(model_requests()[asked])
