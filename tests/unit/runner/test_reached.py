"""What a welcome names is served; what it cannot tell takes nothing away."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from agent_contract import wire
from agent_runner.apis.reached import Reached
from agent_runner.logs import Log
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.preparing import Bench

GIT = [wire.GitConnection(name="lab", host="forge.example", prefixes=["acme/"])]


def welcome(**more):
    return wire.Welcome(thread="tg-1", session_id="s", **more)


def read_settings(folder):
    return (folder / "state/gitconfig").read_text()


@pytest.fixture
async def reached(tmp_path, programs):
    tasks = []
    made = Reached(Bench(tmp_path).setup, programs, Log("INFO", io.StringIO()), tasks.append)
    yield made
    made.cancel()
    await eventually(lambda: not programs.pids)
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_welcome_that_knows_nothing_takes_nothing_away_and_what_is_told_later_counts(reached, tmp_path):
    apis = [wire.ApiConnection(name="lab", format="npm", url="https://lab.example", port=free_port(), paths=["**"])]
    reached.begin(welcome(git=GIT, apis=apis))
    [serving] = await eventually(lambda: reached.pids)
    assert "forge.example" in read_settings(tmp_path)
    reached.begin(welcome(reach_known=False))
    assert reached.pids == (serving,)
    assert "forge.example" in read_settings(tmp_path)
    reached.on_frame(wire.Reach(git=GIT, apis=apis))
    assert reached.pids == (serving,), "the same again changes nothing"
    reached.on_frame(wire.Reach())
    await eventually(lambda: not Path(f"/proc/{serving}").exists())
    assert "forge.example" not in read_settings(tmp_path)


async def test_a_pod_that_was_welcomed_with_nothing_known_reaches_what_it_is_told_before_its_prompt(reached):
    reached.begin(welcome(reach_known=False))
    assert reached.pids == ()
    port = free_port()
    api = wire.ApiConnection(name="lab", format="npm", url="https://lab.example", port=port, paths=["**"])
    reached.on_frame(wire.Reach(apis=[api]))
    await eventually(lambda: reached.pids)
    assert f"at http://127.0.0.1:{port}" in reached.take_note()


def test_a_gateway_of_an_earlier_release_knows_what_it_tells():
    told = wire.decode_gateway('{"type": "welcome", "thread": "tg-1", "sessionId": "s"}')
    assert (told.reach_known, told.git, told.apis) == (True, [], [])
    unknown = wire.decode_gateway(wire.encode(welcome(reach_known=False)))
    assert not unknown.reach_known
