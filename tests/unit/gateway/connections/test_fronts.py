"""The front of a pack, while it is looked at: in a file, laid back whole, within a room for all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_gateway.connections import fronts
from agent_gateway.connections.fronts import Front, FrontRoom
from agent_gateway.connections.pktline import PktReader
from agent_gateway.connections.upstream import Refusal
from agent_gateway.metrics import LIMITS
from tests.support.eventually import PATIENCE

PIECES = [bytes([number]) * 1000 for number in range(10)]


def read(front):
    return Path(front.path).read_bytes()


async def pieces():
    for piece in PIECES:
        yield piece


async def test_what_was_looked_at_and_what_was_not_come_in_order():
    front = Front(PktReader(pieces()), FrontRoom(), 1)
    seen = []
    await front.fill(3000, lambda chunk: bool(seen.append(chunk)))
    assert read(front) == b"".join(PIECES[:3]) == b"".join(seen)
    assert b"".join([chunk async for chunk in front.chunks()]) == b"".join(PIECES)


async def test_it_takes_no_more_room_than_it_may_wherever_the_pieces_end():
    room = FrontRoom(2500, 2500)
    front = Front(PktReader(pieces()), room, 1)
    await front.fill(2500, lambda _: False)
    assert read(front) == b"".join(PIECES)[:2500]
    assert b"".join([chunk async for chunk in front.chunks()]) == b"".join(PIECES)


async def test_it_is_read_no_further_than_is_asked_for():
    front = Front(PktReader(pieces()), FrontRoom(), 1)
    await front.fill(9000, lambda _: True)
    assert read(front) == PIECES[0]
    front.close()


async def test_the_room_is_for_all_and_is_given_back():
    room = FrontRoom(5000)
    first, second = Front(PktReader(pieces()), room, 1), Front(PktReader(pieces()), room, 2)
    await first.fill(4000, lambda _: False)
    before = LIMITS.labels("git-look")._value.get()
    with pytest.raises(Refusal, match="push again in a while") as refused:
        await second.fill(4000, lambda _: False)
    refused.value.count()
    assert LIMITS.labels("git-look")._value.get() == before + 1
    first.close()
    second.close()
    third = Front(PktReader(pieces()), room, 3)
    await third.fill(5000, lambda _: False)
    third.close()


async def test_one_conversation_takes_its_share_and_leaves_the_rest_to_others():
    room = FrontRoom(10_000, 4000)
    first, second, other = (Front(PktReader(pieces()), room, thread_id) for thread_id in (1, 1, 2))
    await first.fill(3000, lambda _: False)
    before = LIMITS.labels("git-look")._value.get()
    with pytest.raises(Refusal, match="of this conversation") as refused:
        await second.fill(3000, lambda _: False)
    refused.value.count()
    assert LIMITS.labels("git-look")._value.get() == before + 1
    await other.fill(4000, lambda _: False)
    first.close()
    first.close()
    await second.fill(4000, lambda _: False)
    for front in (first, second, other):
        front.close()
    assert not room._taken, "nothing is kept of who has none"


def test_a_conversation_has_room_for_three_and_cannot_fill_all():
    assert (fronts.MOST_OF_ONE // fronts.FRONT_BYTES, fronts.MOST_OF_ONE < fronts.MOST_BYTES // 4) == (3, True)


async def test_a_pod_that_sends_nothing_is_refused_with_words_and_keeps_no_room(monkeypatch):
    monkeypatch.setattr(fronts, "SILENCE_SECONDS", 0.05)

    async def stalling():
        yield PIECES[0]
        await asyncio.Event().wait()

    room = FrontRoom()
    front = Front(PktReader(stalling()), room, 1)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Refusal, match="nothing came of this push") as refused:
            await front.fill(3000, lambda _: False)
    before = LIMITS.labels("git-look")._value.get()
    refused.value.count()
    assert LIMITS.labels("git-look")._value.get() == before + 1
    front.close()
    assert not room._taken
