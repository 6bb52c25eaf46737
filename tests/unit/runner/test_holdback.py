"""The agent's first words go before the files of earlier runs."""

from __future__ import annotations

import asyncio
import os

import pytest

from agent_runner import holdback
from agent_runner.holdback import Holdback
from agent_runner.keeping import _feed
from agent_runner.programs import Running, _attach_writer
from tests.support.eventually import PATIENCE


async def is_held(held):
    waiting = asyncio.create_task(held.wait())
    await asyncio.sleep(0)
    waits = not waiting.done()
    waiting.cancel()
    return waits


async def test_what_is_held_back_is_let_go_once():
    held = Holdback()
    assert not await is_held(held)
    held.begin()
    assert await is_held(held)
    held.end()
    assert not await is_held(held)
    held.begin()  # the agent has begun to answer
    assert not await is_held(held)


async def test_nothing_is_held_back_for_long(monkeypatch):
    monkeypatch.setattr(holdback, "MOST_SECONDS", 0.01)
    held = Holdback()
    held.begin()
    async with asyncio.timeout(PATIENCE):
        await held.wait()


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    os.close(ends[0])


async def test_no_part_goes_to_the_disk_before_it_may(pipe):
    ended = asyncio.get_running_loop().create_future()
    running = Running(0, ended)
    await _attach_writer(running, pipe[1])
    held = Holdback()
    held.begin()

    async def parts():
        yield b"one"
        yield b"two"

    feeding = asyncio.create_task(_feed(running, parts(), held.wait))
    os.set_blocking(pipe[0], False)
    for _ in range(3):
        await asyncio.sleep(0)
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 10)
    held.end()
    await feeding
    assert os.read(pipe[0], 10) == b"onetwo"
