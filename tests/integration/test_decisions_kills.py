"""What people decide counts once, whatever is killed; the long form is `make bench-decisions`."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote
from tests.support.deciders import Deciders

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]
KILLS = 4


async def test_every_decision_counts_once_and_reaches_its_agent(postgres):
    zygote = Zygote()
    await zygote.start()
    try:
        async with running_world(zygote, postgres) as world:
            deciders = Deciders(world, people=4, each=5, chance=random.Random(7))
            deciders.admit()
            await deciders.begin()
            await asyncio.wait_for(asyncio.gather(deciders.decide(), deciders.strike(KILLS)), 480)
            assert await deciders.check() == []
            assert deciders.kills + deciders.cuts == KILLS
    finally:
        await zygote.close()
