"""What a run that ends tells of its files, where those of earlier runs are still on their way to it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_runner import files as module
from agent_runner.files import Files
from agent_runner.keeping import Kept
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from agent_runner.workspace import UnfitWorkspaceError
from tests.support.eventually import eventually
from tests.support.preparing import CONFIG, Bench


class Played:
    """A gateway that stores files, and a process that brings them; they come once `come` is set."""

    pids = ()

    def __init__(self):
        self.come, self.problem = asyncio.Event(), None
        self.same, self.looked = [], []
        self.away = 0

    @asynccontextmanager
    async def open_workspace(self):
        yield True, None

    async def put_state(self, body, turn, call_id=None):
        if self.away:
            self.away -= 1
            raise ConnectionError
        assert body == b""
        self.same.append(turn)
        return []

    async def restore(self, parts, on_listed, may_go_on):
        on_listed(True)
        await may_go_on()
        await self.come.wait()
        if self.problem is not None:
            raise self.problem
        return Kept(True, 0, 0)

    async def keep(self, turn, call_id=None, *, waited_for=False):
        self.looked.append(turn)
        return Kept(True, 1, 1)

    def make_way(self):
        pass


@pytest.fixture
async def played():
    return Played()


@pytest.fixture
async def files(played, tmp_path, programs):
    made = Files(
        played, Bench(tmp_path).setup, RunnerConfig(**CONFIG), programs, Log("ERROR"), Outbox(), lambda: None,
        lambda task: task.result(),
    )  # fmt: skip
    made._keeping = played
    made.begin(wire.Welcome(thread="tg-1", session_id="s", acked=0, workspace=True, states=True))
    await eventually(lambda: made.behind)
    yield made
    made.cancel()


async def test_a_run_that_ends_before_its_files_are_there_has_changed_nothing(files, played):
    await files.keep(7)
    assert (played.same, played.looked) == ([7], [])


async def test_one_that_was_asked_nothing_says_nothing(files, played):
    """Its first turn would have told what was lost before it."""
    await files.keep(None)
    assert (played.same, played.looked) == ([], [])


async def test_one_whose_files_are_there_looks_at_them(files, played):
    played.come.set()
    files.on_pi_event({"type": "tool_execution_start"})
    await eventually(lambda: files.ready)
    await files.keep(7)
    assert (played.same, played.looked) == ([], [7])


async def test_a_gateway_that_is_away_is_told_later_and_files_that_come_meanwhile_are_looked_at(
    files, played, monkeypatch
):
    monkeypatch.setattr(module, "PAUSE", 0.01)
    played.away = 10**6
    ending = asyncio.create_task(files.keep(7))
    await eventually(lambda: played.away < 10**6)
    played.come.set()
    files.on_pi_event({"type": "tool_execution_start"})
    await ending
    assert (played.same, played.looked) == ([], [7])


async def test_files_that_could_not_be_had_after_all_are_not_written_over(files, played, monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 0.01)
    played.away, played.problem = 10**6, UnfitWorkspaceError("too large")
    ending = asyncio.create_task(files.keep(7))
    await eventually(lambda: played.away < 10**6)
    played.come.set()
    files.on_pi_event({"type": "tool_execution_start"})
    await ending
    assert (played.same, played.looked) == ([], [])
