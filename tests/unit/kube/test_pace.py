from __future__ import annotations

import asyncio

from agent_kube.pace import Backoff, Pace


def test_pauses_grow_to_a_cap():
    backoff = Backoff(first=0.2, factor=4.0, cap=60.0, jitter=0.0)
    assert [round(backoff.pause(n), 3) for n in (0, 1, 2, 3, 4, 5, 6, 10**9)] == [
        0.2, 0.2, 0.8, 3.2, 12.8, 51.2, 60.0, 60.0,
    ]  # fmt: skip


def test_pauses_differ_within_the_jitter():
    backoff = Backoff(first=1.0, cap=1.0, jitter=0.2)
    found = {backoff.pause(1) for _ in range(200)}
    assert len(found) > 100
    assert 0.8 <= min(found) < 0.9
    assert 1.1 < max(found) <= 1.2
    assert min(backoff.at_least(7.0) for _ in range(200)) >= 7.0


async def test_others_go_first_once_a_slice_is_spent():
    now, turns = [0.0], []
    pace = Pace(0.01, lambda: now[0])
    asyncio.get_running_loop().call_soon(turns.append, "other")
    await pace.rest()
    assert turns == []
    now[0] += 0.01
    await pace.rest()
    assert turns == ["other"]
    asyncio.get_running_loop().call_soon(turns.append, "other")
    now[0] += 0.009
    await pace.rest()
    assert turns == ["other"]
