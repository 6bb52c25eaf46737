"""A pod is given once and a message answered, whatever is killed; the long form is `make claims`."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support.claimants import Claimants
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]
KILLS = 4


async def test_every_pod_is_given_once_and_every_message_is_answered(postgres):
    zygote = Zygote()
    await zygote.start()
    try:
        async with running_world(zygote, postgres) as world:
            people = Claimants(world, people=4, each=8, replicas=3, chance=random.Random(5))
            people.admit()
            await asyncio.wait_for(asyncio.gather(people.talk(), people.strike(KILLS)), 480)
            assert await people.check() == []
            assert people.kills + people.deaths == KILLS
            assert await people.count_claims() > 0
    finally:
        await zygote.close()
