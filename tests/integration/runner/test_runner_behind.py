"""Files of earlier runs that come behind an agent's first words, and what becomes of a turn where they do not."""

from __future__ import annotations

import asyncio
import json

from agent_contract import wire
from agent_contract.names import ExitCode
from tests.support.eventually import eventually
from tests.support.runner_talk import begin_early, texts


async def begin_without(gateway, make_runner):
    """Start a run whose files will lack what they hold, once `holding` is set; it is ready before that is known."""
    first = make_runner(timeouts={"turn": 60, "idle": 1, "run": 600, "grace": 40})
    await begin_early(gateway, first, "bash: echo kept > note")
    assert await first.exit_code() == ExitCode.LEFT
    gateway.go_on()
    line, _, entries = gateway.begins_with.partition(b"\n")
    gateway.begins_with = json.dumps({**json.loads(line), "packs": []}).encode() + b"\n" + entries
    gateway.holding = asyncio.Event()
    runner = make_runner(run=2)
    await runner.start()
    await gateway.ready()
    assert gateway.readies[0].files_problem == ""
    return runner


async def test_an_agent_whose_files_do_not_come_is_told_beside_the_tool_that_waited(gateway, make_runner):
    await begin_without(gateway, make_runner)
    await gateway.send(wire.Turn(id=2, text="bash: ls -A"))
    await eventually(lambda: [e for e in gateway.events(2) if isinstance(e, wire.ToolStarted)])
    gateway.holding.set()
    assert "could not be brought back" in texts(await gateway.ended(2))[-1]
    assert "could not be brought back" in gateway.readies[-1].files_problem
    assert "brought back" not in texts(await gateway.ask(3, "again"))[-1]


async def test_a_prompt_that_waited_for_files_says_that_they_do_not_come(gateway, make_runner):
    runner = await begin_without(gateway, make_runner)
    gateway.files = [b"hello"]
    await gateway.send(wire.Turn(id=2, text="look", files=[wire.TurnFile(name="a.txt")]))
    await eventually(lambda: "turn_given" in runner.log)
    gateway.holding.set()
    assert "could not be brought back" in texts(await gateway.ended(2))[-1]


async def test_that_files_do_not_come_is_said_again_behind_a_connection_that_was_lost(gateway, make_runner):
    runner = await begin_without(gateway, make_runner)
    known, gateway.status = len(gateway.hellos), 503
    await gateway.drop()
    gateway.holding.set()
    await eventually(lambda: "workspace_not_restored" in runner.log)
    gateway.status = None
    await eventually(lambda: len(gateway.hellos) > known)
    assert gateway.hellos[-1].ready
    await eventually(lambda: "could not be brought back" in gateway.readies[-1].files_problem)
