"""The files of a conversation: kept turn by turn and when a run ends, found by the next."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

from agent_contract import wire
from agent_contract.names import ExitCode
from tests.support.eventually import eventually
from tests.support.runner_talk import begin, begin_early, texts


async def answer(gateway, ask, text, *, ok=True, name="tg-1-r1-k1"):
    usage = wire.SubAgentUsage(input=11, output=7)
    await gateway.send(wire.SubAgentResult(call_id=ask.call_id, name=name, ok=ok, text=text, usage=usage))


async def test_files_are_kept_at_a_leave_and_found_by_the_next_run(gateway, make_runner):
    first = make_runner(timeouts={"turn": 60, "idle": 1, "run": 600, "grace": 40})
    await begin_early(gateway, first, "bash: mkdir -p deep && echo hello > deep/note && ln -s deep/note link")
    assert await first.exit_code() == ExitCode.LEFT
    assert gateway.leaves() == ["idle"]
    gateway.go_on()
    second = make_runner(run=2)
    await second.start()
    await gateway.ready()
    events = await gateway.ask(2, "bash: cat link; stat -c %A link")
    assert "hello" in texts(events)[-1]
    assert "lrwx" in texts(events)[-1]


async def test_sigterm_in_a_turn_keeps_the_files(gateway, make_runner):
    runner = make_runner()
    await begin(gateway, runner, "bash: echo hello > note; sleep 100")
    await eventually((runner.workspace / "note").exists)
    runner.terminate()
    await runner.exit_code()
    assert "note" in gateway.names()


async def test_a_shutdown_while_idle_keeps_the_files(gateway, make_runner):
    runner = make_runner()
    await begin(gateway, runner, "bash: echo hello > note")
    await gateway.ended(1)
    await gateway.send(wire.Shutdown(reason="a new session begins", grace_seconds=100))
    assert await runner.exit_code() == ExitCode.LEFT
    assert "note" in gateway.names()


async def test_files_that_cannot_be_brought_back_are_told_to_the_agent(gateway, make_runner):
    gateway.workspace = b"this is no archive"
    runner = make_runner()
    await runner.start()
    await gateway.ready()
    assert "could not be brought back" in gateway.readies[0].files_problem
    events = await gateway.ask(1, "hello")
    assert "could not be brought back" in texts(events)[-1]
    assert "brought back" not in texts(await gateway.ask(2, "again"))[-1]
    assert list(runner.workspace.iterdir()) == []
    runner.terminate()
    await runner.exit_code()
    assert gateway.states == []  # what is stored may be of use yet, as on a larger volume


async def test_files_come_back_and_are_kept_though_the_gateway_is_away_for_seconds(gateway, make_runner):
    first = make_runner(timeouts={"turn": 60, "idle": 1, "run": 600, "grace": 40})
    gateway.put_away = 3
    await begin_early(gateway, first, "bash: echo hello > note")
    assert await first.exit_code() == ExitCode.LEFT
    gateway.go_on()
    gateway.workspace_away = 6
    second = make_runner(run=2)
    await second.start()
    await gateway.ready()
    assert gateway.readies[0].files_problem == ""
    note = second.workspace / "note"  # text does not wait for files
    await eventually(lambda: note.exists() and note.read_text() == "hello\n")


def unpacking(runner):
    return any(command.startswith("tar ") for _, command in runner.children())


async def test_half_of_what_is_stored_never_takes_its_place(gateway, make_runner):
    gateway.workspace, gateway.holding = b"never whole", asyncio.Event()
    runner = make_runner()
    await runner.start()
    await eventually(lambda: unpacking(runner))
    runner.terminate()
    await runner.exit_code()
    gateway.holding.set()
    assert gateway.states == []


async def test_an_agent_that_dies_while_it_loads_takes_no_files_with_it(gateway, make_runner, tmp_path):
    (tmp_path / "note").write_text("hello")
    command = ["tar", "--create", "--zstd", "--directory", str(tmp_path), "./note"]
    gateway.workspace = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: ASYNC221
    gateway.holding = held = asyncio.Event()
    runner = make_runner()
    await runner.start()
    await eventually(lambda: unpacking(runner))
    gateway.holding = None
    os.kill(runner.pi_pid(), signal.SIGKILL)  # the runner ends what it may have left, and starts it anew
    await eventually(lambda: not unpacking(runner))
    held.set()
    await gateway.ready()
    assert gateway.readies[0].files_problem == ""
    assert (runner.workspace / "note").read_text() == "hello"


async def test_a_turn_that_ends_before_the_files_are_there_is_kept_once_they_are(gateway, make_runner):
    """Else what asks for the files of that answer waits for them, or says that they are not stored, until the next one."""
    first = make_runner()
    await begin(gateway, first, "bash: echo hello > note")
    await gateway.ended(1)
    first.terminate()
    await first.exit_code()
    gateway.go_on()
    gateway.holding = asyncio.Event()
    second = make_runner(run=2)
    await second.start()
    await gateway.ready()
    await gateway.ask(2, "hello")
    assert [query["turn"] for query, _ in gateway.states if query["turn"] == "2"] == []
    gateway.holding.set()
    await eventually(lambda: gateway.states[-1] == ({"turn": "2"}, b""))
    assert gateway.names() == {"note"}


async def test_a_copy_is_made_though_the_gateway_is_away_for_seconds(gateway, runner):
    (runner.workspace / "note").write_text("hello")
    gateway.put_away = 2
    await begin(gateway, runner, "spawn: read the note")
    [ask] = await gateway.asks(1)
    assert (ask.copied, ask.workspace) == (True, "Copy")
    assert [query["call"] for query, body in gateway.states if body] == [ask.call_id]
    assert gateway.names(call=ask.call_id) == {"note"}
