"""Bytes of files that are on the disk at once."""

from __future__ import annotations

import asyncio

import pytest

from agent_contract.names import MAX_FILE_BYTES
from agent_gateway.telegram.outbound.diskroom import DiskRoom
from tests.support.eventually import eventually

MOST = 2 * MAX_FILE_BYTES


class Files:
    """Files that are on the disk until they are let go."""

    def __init__(self, room):
        self.room = room
        self.there = []
        self.tasks = {}
        self.end = {}

    def begin(self, name, size):
        self.end[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(name, size))

    async def _hold(self, name, size):
        async with self.room.hold(size):
            self.there.append(name)
            await self.end[name].wait()

    async def finish(self, name):
        self.end[name].set()
        await self.tasks[name]


async def begin_two_and_let_two_wait():
    files = Files(DiskRoom(MOST))
    files.begin("a", MAX_FILE_BYTES)
    files.begin("b", MAX_FILE_BYTES - 10)
    files.begin("large", MAX_FILE_BYTES)
    files.begin("small", 10)
    await eventually(lambda: files.there == ["a", "b"])
    return files


async def test_no_more_is_on_the_disk_than_there_is_room_for_and_nobody_is_passed():
    files = await begin_two_and_let_two_wait()
    assert files.room.free == 10  # the small one would fit, and waits for the large one
    await files.finish("b")
    await eventually(lambda: files.there == ["a", "b", "large"])
    await files.finish("a")
    await eventually(lambda: files.there[-1] == "small")
    await files.finish("large")
    await files.finish("small")
    assert files.room.free == MOST


async def test_one_that_is_given_up_while_it_waits_keeps_nothing_and_lets_the_next_in():
    files = await begin_two_and_let_two_wait()
    files.tasks["large"].cancel()
    await eventually(lambda: files.there == ["a", "b", "small"])
    for name in ("a", "b", "small"):
        await files.finish(name)
    with pytest.raises(asyncio.CancelledError):
        await files.tasks["large"]
    assert files.room.free == MOST


async def test_a_file_that_telegram_takes_always_has_room_in_the_end():
    async with DiskRoom(1).hold(MAX_FILE_BYTES):
        pass
