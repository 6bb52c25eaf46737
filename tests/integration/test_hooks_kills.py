"""Each event makes one turn, whatever is killed and however often it is brought."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support.bringers import Bringers
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]
KILLS, EVENTS = 3, 12


async def test_every_event_is_asked_once(postgres):
    zygote = Zygote()
    await zygote.start()
    try:
        async with running_world(zygote, postgres) as world:
            bringers = Bringers(world, EVENTS, random.Random(5))
            bringers.admit()
            await asyncio.wait_for(asyncio.gather(bringers.bring_all(), bringers.strike(KILLS)), 480)
            await bringers.settled()
            assert await bringers.check() == []
            assert bringers.kills == KILLS
            assert bringers.statuses.total() == 2 * EVENTS
    finally:
        await zygote.close()
