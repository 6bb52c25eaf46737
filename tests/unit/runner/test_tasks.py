from __future__ import annotations

import asyncio

import pytest

from agent_contract import wire
from agent_runner.exits import Exit
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.pifiles import Folders
from agent_runner.restore import Restore
from agent_runner.tasks import start
from tests.support.eventually import PATIENCE


async def _fail():
    raise RuntimeError("a fault of ours")


async def test_the_fault_of_a_task_that_is_kept_ends_the_run():
    end = Exit()
    kept = start(_fail())
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await asyncio.wait_for(end.wait(), PATIENCE)
    assert kept.done()


class _BrokenTransfers:
    async def fetch_session(self, target, header, lines):
        raise RuntimeError("a fault of ours")


async def test_a_session_that_can_never_be_fetched_ends_the_run(tmp_path):
    """The run would wait for it to its deadline, connected and silent."""
    end = Exit()
    setup = Setup({}, Folders(str(tmp_path), str(tmp_path), str(tmp_path)), str(tmp_path), "token", ("pi",), "message")
    restore = Restore(_BrokenTransfers(), setup, Log(), lambda: None)
    restore.begin(wire.Welcome(thread="tg-1", session_id="s", session_lines=3))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await asyncio.wait_for(end.wait(), PATIENCE)
