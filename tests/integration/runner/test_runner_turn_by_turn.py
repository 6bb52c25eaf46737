"""Files are kept while one works: after each turn, beside the next one, and at the end only what is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import pytest

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner.phases import DELIVER_WITHIN
from tests.support.eventually import PATIENCE, eventually
from tests.support.runner_talk import begin, begin_early, texts

LONG = {"turn": 600, "idle": 600, "run": 600, "grace": 40}


async def kept(gateway, count):
    """Wait for so many states."""
    await eventually(lambda: len(gateway.kept()) >= count)


async def noted(runner):
    """Wait until the runner knows what came of it."""
    await eventually(lambda: '"files_kept"' in runner.log)


async def test_each_turn_that_changed_something_is_kept_as_its_own(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    await begin(gateway, runner, "bash: echo one > one")
    await kept(gateway, 1)
    await gateway.ask(2, "hello")
    await eventually(lambda: len(gateway.states) >= 2)
    await gateway.ask(3, "bash: echo three > three")
    await kept(gateway, 2)
    said = [(query["turn"], bool(body)) for query, body in gateway.states]
    assert said == [("1", True), ("2", False), ("3", True)]
    assert gateway.names(0) == {"one"}
    assert gateway.names(1) == {"one", "three"}
    assert len(gateway.packs) == 2


async def test_a_kill_loses_what_changed_since_the_last_turn_and_no_more(gateway, make_runner):
    """H5: what packs in more time than a pod has is not lost, as it was stored while one worked."""
    runner = make_runner(timeouts=LONG | {"grace": 2})
    await begin(gateway, runner, "bash: echo one > one")
    await kept(gateway, 1)
    gateway.keeping = asyncio.Event()  # what comes now takes longer than the pod has
    await gateway.send(wire.Turn(id=2, text="bash: head -c 3000000 /dev/urandom > two; sleep 100"))
    await eventually((runner.workspace / "two").exists)
    runner.terminate()
    await runner.exit_code()
    gateway.keeping.set()
    gateway.go_on()
    second = make_runner(run=2)
    await second.start()
    await gateway.ready()
    await eventually(lambda: [path.name for path in second.workspace.iterdir()] == ["one"])  # they come behind it


async def test_a_sigkill_loses_no_turn_that_was_kept(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    await begin(gateway, runner, "bash: echo one > one")
    await kept(gateway, 1)
    below = runner.children()
    os.kill(runner.pid, signal.SIGKILL)
    for pid, _ in below:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    await runner.exit_code()
    assert gateway.names() == {"one"}


async def test_sigterm_delivers_the_rest_alone(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    await begin(gateway, runner, "bash: head -c 3000000 /dev/urandom > large")
    await kept(gateway, 1)
    before = set(gateway.packs)
    await gateway.send(wire.Turn(id=2, text="bash: echo rest > rest; sleep 100"))
    await eventually((runner.workspace / "rest").exists)
    runner.terminate()
    await runner.exit_code()
    assert gateway.names() == {"large", "rest"}
    assert sum(len(gateway.packs[name]) for name in set(gateway.packs) - before) < 1000
    assert gateway.states[-1][0]["turn"] == "2"


async def test_a_run_that_ends_by_itself_takes_the_time_that_its_files_need(gateway, make_runner):
    """H5: nobody ends its pod, so that what frames have to be delivered is no bound for files."""
    gateway.keeping = asyncio.Event()
    runner = make_runner(timeouts={"turn": 15, "idle": 60, "run": 600, "grace": 2})
    await begin(gateway, runner, "bash: echo note > note; sleep 100")
    await eventually((runner.workspace / "note").exists)
    assert (await gateway.ended(1))[-1].reason == "timeout"
    with pytest.raises(TimeoutError):
        await runner.exit_code(DELIVER_WITHIN + 2)
    gateway.keeping.set()
    assert await runner.exit_code() == ExitCode.DEADLINE
    assert gateway.names() == {"note"}


async def test_a_run_that_waits_for_its_files_ends_in_time_once_its_pod_is_ended(gateway, make_runner):
    gateway.keeping = asyncio.Event()
    runner = make_runner(timeouts={"turn": 15, "idle": 60, "run": 600, "grace": 2})
    await begin(gateway, runner, "bash: echo note > note; sleep 100")
    await eventually((runner.workspace / "note").exists)
    await gateway.ended(1)
    runner.terminate()
    assert await runner.exit_code(PATIENCE) == ExitCode.DEADLINE
    gateway.keeping.set()


async def test_a_turn_that_comes_while_a_leave_is_held_back_is_in_what_is_kept(gateway, make_runner):
    """L5: the leave that is asked for again was dropped while the older packing ran."""
    runner = make_runner(timeouts={"turn": 60, "idle": 1, "run": 600, "grace": 40})
    gateway.keeping = asyncio.Event()
    await begin_early(gateway, runner, "bash: echo one > one")
    await gateway.ended(1)
    await eventually(lambda: '"leaving"' in runner.log)
    await gateway.ask(2, "bash: echo two > two")
    await eventually(lambda: runner.log.count('"leaving"') == 2)
    gateway.keeping.set()
    assert await runner.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["idle"]
    assert gateway.names() == {"one", "two"}


async def test_keeping_delays_no_answer(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    gateway.keeping = asyncio.Event()
    await begin(gateway, runner, "bash: echo one > one")
    await gateway.ended(1)
    assert "two" in texts(await gateway.ask(2, "bash: echo two > two; cat two"))[-1]
    assert gateway.states == []
    gateway.keeping.set()
    await eventually(lambda: gateway.kept() and gateway.names() == {"one", "two"})


async def test_a_tool_that_is_stopped_does_not_stop_the_keeping(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    gateway.keeping = asyncio.Event()
    await begin(gateway, runner, "bash: echo one > one")
    await gateway.ended(1)
    await eventually(lambda: any("agent_runner.keeper" in command for _, command in runner.children()))
    await gateway.send(wire.Turn(id=2, text="bash: sleep 100"))
    await eventually(lambda: any(command.startswith("sleep 100") for _, command in runner.children()))
    await gateway.send(wire.Abort(turn=2))
    await gateway.ended(2)
    gateway.keeping.set()
    await eventually(lambda: gateway.kept() and gateway.names() == {"one"})


async def test_an_agent_is_told_once_what_is_not_kept(gateway, make_runner):
    runner = make_runner(timeouts=LONG)
    await begin(gateway, runner, "bash: mkdir node_modules; echo x > node_modules/x")
    await noted(runner)
    assert gateway.names() == set()
    said = texts(await gateway.ask(2, "hello"))[-1]
    assert "Not kept for the next run of this conversation, as tools make them anew: node_modules." in said
    assert "Not kept" not in texts(await gateway.ask(3, "hello"))[-1]


async def test_an_agent_is_told_of_files_that_there_is_no_room_for(gateway, make_runner):
    runner = make_runner(timeouts=LONG, snapshotLimit=1 << 20)
    await begin(gateway, runner, "bash: echo small > small; head -c 3000000 /dev/urandom > large")
    await noted(runner)
    assert gateway.names() == {"small"}
    said = texts(await gateway.ask(2, "hello"))[-1]
    assert "over 1 MiB packed (workspace.snapshotLimit of the AgentClass): large." in said


async def test_settings_of_git_and_shells_come_back(gateway, make_runner):
    first = make_runner(timeouts=LONG)
    await begin(gateway, first, "bash: git config --global user.name Ada; echo x > ~/.netrc")
    await kept(gateway, 1)
    await first.stop()  # nothing of it comes between what the next one says
    gateway.go_on()
    second = make_runner(run=2)
    await second.start()
    await gateway.ready()
    assert "Ada" in texts(await gateway.ask(2, "bash: git config --global user.name; ls ~/.netrc"))[-1]


async def test_a_gateway_that_takes_no_states_is_sent_none(gateway, make_runner):
    gateway.takes_states = False
    runner = make_runner(timeouts={"turn": 60, "idle": 1, "run": 600, "grace": 40})
    await begin_early(gateway, runner, "bash: echo one > one")
    assert await runner.exit_code() == ExitCode.LEFT
    assert (gateway.states, gateway.packs) == ([], {})
