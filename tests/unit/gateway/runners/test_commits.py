"""Nothing is acknowledged before it is committed."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.runners.commits import Commits
from agent_gateway.store.errors import Away


@pytest.fixture
def sent():
    return []


def make(sent, acked=0):
    async def send(ack):
        sent.append(ack.seq)

    return Commits(send, acked, pauses=(0.0, 0.0))


def failing(times, error=Away):
    left = [times]

    async def operation():
        if left[0]:
            left[0] -= 1
            raise error("away")
        return "done"

    return operation


async def test_a_commit_is_tried_again_then_acknowledged(sent):
    assert await make(sent).run(5, failing(2)) == "done"
    assert sent == [5]


async def test_what_is_not_committed_is_not_acknowledged(sent):
    with pytest.raises(Away):
        await make(sent).run(5, failing(3))
    with pytest.raises(LeadershipLost):
        await make(sent).run(5, failing(1, LeadershipLost))
    assert sent == []


async def test_a_replaced_connection_tries_no_further(sent):
    work = make(sent)
    work.stopped = True
    with pytest.raises(Away):
        await work.run(5, failing(1))


async def test_an_acknowledgement_never_goes_back(sent):
    work = make(sent, acked=7)
    await work.run(5, failing(0))
    assert sent == [7]


async def test_commits_keep_their_order(sent):
    work, order = make(sent), []

    def slow(name, turns):
        async def operation():
            for _ in range(turns):
                await asyncio.sleep(0)
            order.append(name)

        return operation

    await asyncio.gather(work.run(1, slow("first", 5)), work.run(2, slow("second", 0)))
    assert order == ["first", "second"]
    assert sent == [1, 2]


async def test_nothing_is_acknowledged_over_a_commit_that_failed(sent):
    work = make(sent)
    first, second = await asyncio.gather(work.run(1, failing(3)), work.run(2, failing(0)), return_exceptions=True)
    assert (type(first), type(second), sent) == (Away, Away, [])
