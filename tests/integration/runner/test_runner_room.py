"""A volume that fills up, with the real pi: the tool fails, the agent is told the limit's name, and the run goes on."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.runner_talk import begin, texts

MIB = 2**20
SIZE = 256 * MIB


def results(gateway):
    """Return what the model was told of each tool's result."""
    entries = [json.loads(line) for line in gateway.lines()]
    told = [e["message"] for e in entries if e.get("message", {}).get("role") == "toolResult"]
    return ["\n".join(part["text"] for part in one["content"]) for one in told]


async def say(gateway, runner, text, turn=1):
    """Give a turn and return what its tool said."""
    if turn == 1:
        await begin(gateway, runner, text)
    else:
        await gateway.send(wire.Turn(id=turn, text=text))
    events = await gateway.ended(turn)
    assert isinstance(events[-1], wire.TurnSettled), events[-1]
    await eventually(lambda: len(results(gateway)) >= turn)
    return results(gateway)[-1]


async def test_one_file_ends_at_what_is_left_and_the_agent_can_clear_up(gateway, make_runner):
    runner = make_runner(workspaceSize=SIZE)
    told = await say(gateway, runner, "bash: head -c 400M /dev/zero >~/x; echo code $?")
    # the kernel's own words for the one file, and ours for the volume
    assert "code 1" in told or "code 153" in told
    assert 255 * MIB < (runner.home / "x").stat().st_size <= 256 * MIB
    assert "holds 256 MiB of its 256 MiB (workspace.size of the AgentClass)" in told
    assert "cleared" in await say(gateway, runner, "bash: rm ~/x && echo cleared", 2)
    told = await say(gateway, runner, "bash: head -c 100M /dev/zero >$TMPDIR/y && echo written", 3)
    assert "written" in told
    assert "workspace.size" not in told


async def test_many_files_are_stopped_where_the_size_is_reached(gateway, make_runner):
    runner = make_runner(workspaceSize=SIZE)
    # slowly from where it is nearly full, so that a look that comes late finds little more
    script = (
        "for n in $(seq 1000); do head -c 2M /dev/urandom >~/x-$n; [ $n -lt 120 ] || sleep 1; done; echo all written"
    )
    told = await say(gateway, runner, f"bash: {script}")
    assert "all written" not in told
    assert "It is full. What ran was stopped" in told
    assert "work_volume_stopped" in runner.log
    assert sum(one.stat().st_size for one in runner.home.iterdir()) < 2 * SIZE
    assert texts(await gateway.ended(1))  # the agent had the last word
    assert "cleared" in await say(gateway, runner, "bash: rm -r ~/x-* && echo cleared", 2)


async def test_the_agent_is_told_before_it_is_full(gateway, make_runner):
    runner = make_runner(workspaceSize=SIZE)
    told = await say(gateway, runner, "bash: head -c 220M /dev/zero >$TMPDIR/x && echo written")
    assert "written" in told
    assert re.search("holds 2[012][0-9] MiB of its 256 MiB", told)  # a look may have come while it was written
    assert "Delete what is not needed" in told
    assert "workspace.size" not in await say(gateway, runner, "bash: echo again", 2)


async def test_the_kept_output_of_a_noisy_command_is_bounded(gateway, make_runner):
    runner = make_runner(workspaceSize=2048 * MIB)
    told = await say(gateway, runner, "bash: yes 'a line of a build that goes wrong' | head -c 48M; echo finished")
    assert "finished" in told
    (log,) = runner.tmp.glob("pi-bash-*.log")
    assert 31 * MIB < log.stat().st_size <= 33 * MIB
    assert b"The rest of this output was not kept" in log.read_bytes()[-200:]
    await gateway.send(wire.Turn(id=2, text="multi: " + " || ".join(['bash {"command": "seq 20000"}'] * 18)))
    await gateway.ended(2)
    await eventually(lambda: len(list(runner.tmp.glob("pi-bash-*.log"))) == 16)


async def test_pi_outlives_a_disk_that_takes_no_more(gateway, make_runner, small_disk):
    runner = make_runner(workspaceSize=2048 * MIB)
    await runner.stop()
    told = await say_with(
        gateway, runner, "bash: yes 'a line of a build that goes wrong' | head -c 24M; echo finished", small_disk
    )
    assert "finished" in told
    assert "pi_exited" not in runner.log


async def say_with(gateway, runner, text, folder):
    """Give the first turn to a runner whose temporary files are in a folder of their own."""
    await runner.start(AGENT_TMP_DIR=str(folder))
    await gateway.ready()
    await gateway.send(wire.Turn(id=1, text=text))
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.TurnSettled), events[-1]
    await eventually(lambda: len(results(gateway)) >= 1)
    return results(gateway)[-1]


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder with a file system of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=False).returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
