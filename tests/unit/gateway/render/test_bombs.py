"""Texts that are made to swell or to take long: few messages, little more than was said, and nobody waits for them.

`make test` looks at some dozens; `make bench-bombs` at 5,000.
"""

from __future__ import annotations

import pytest

from agent_gateway.telegram.outbound.composing import MOST_MESSAGES
from tests.support.bombing import Bombing
from tests.support.bombs import UNITS, build_bomb

MOST_TIMES = 4
"""How many times its source what is shown of a text may be, beside words of our own."""
MOST_PAUSE = 0.05
"""Seconds of its own time that the event loop may be held."""


def test_there_are_kinds_enough_and_a_seed_gives_the_same_again():
    assert len(UNITS) >= 20
    assert build_bomb(7) == build_bomb(7) != build_bomb(8)
    assert {kind for seed in range(200) for kind in build_bomb(seed, 500).kinds} == set(UNITS)


@pytest.mark.timeout(120)
async def test_a_bomb_costs_no_more_than_any_text():
    async with Bombing().running() as bombing:
        for seed in range(64):
            cost = await bombing.show(build_bomb(seed, 20_000).text)
            assert cost.ratio <= MOST_TIMES, seed
            assert cost.messages <= MOST_MESSAGES, seed
            assert not cost.plain, seed
    assert bombing.pauses.own <= MOST_PAUSE
