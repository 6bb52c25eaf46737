"""A push that waits goes through once or is refused in words, whatever is killed; the long form is `make bench-pushes`."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote
from tests.support.git_server import GitServer, serving
from tests.support.pushers import Pushers

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]
KILLS = 3


async def test_every_push_goes_through_once_or_is_refused_in_words(postgres, tmp_path):
    zygote = Zygote()
    await zygote.start()
    server = GitServer(tmp_path)
    try:
        async with serving(server.handle) as forge, running_world(zygote, postgres) as world:
            pushers = Pushers(world, server, forge, people=2, each=3, chance=random.Random(7))
            pushers.admit()
            tapping = asyncio.create_task(pushers.tap())
            try:
                await asyncio.wait_for(asyncio.gather(pushers.push_all(), pushers.strike(KILLS)), 500)
            finally:
                tapping.cancel()
            assert pushers.check() == []
            assert len(pushers.pushes) == 6
            assert len(pushers.struck) == KILLS
    finally:
        await zygote.close()
