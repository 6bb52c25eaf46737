"""How full a database is, what a sub-agent has, and how slowly a body may move."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.config import load_config
from agent_gateway.quotas import MIB, Level, Limit, Lines, OverQuota, Quotas, check_lines, find_level
from agent_gateway.rates import Rate
from agent_gateway.runners.identity import Denied, Identity
from agent_gateway.runners.streams import GRACE_SECONDS, LEAST_RATE, Pace, Stream, Streams, TooSlow
from agent_gateway.store.reserving import FIRST_BYTES, MOST_MORE, Reservation


@pytest.mark.parametrize(
    ("used", "before", "level"),
    [
        (89, Level.ROOM, Level.ROOM),
        (90, Level.ROOM, Level.NEAR),
        (86, Level.NEAR, Level.NEAR),
        (84, Level.NEAR, Level.ROOM),
        (100, Level.ROOM, Level.FULL),
        (99, Level.FULL, Level.NEAR),
        (84, Level.FULL, Level.ROOM),
    ],
)
def test_a_database_that_was_nearly_full_has_room_again_some_way_below(used, before, level):
    assert find_level(used, 100, before) is level


def test_without_a_quota_there_is_always_room():
    assert find_level(1 << 60, 0, Level.FULL) is Level.ROOM


def test_the_first_limit_is_named_with_its_size():
    quotas = Quotas(turn=MIB, run=2 * MIB)
    check_lines(Lines(session=MIB, turn=MIB, run=2 * MIB, sessions=MIB), quotas)
    with pytest.raises(OverQuota, match=r"over 1 MiB \(limit: session-turn\)") as over:
        check_lines(Lines(session=1, turn=MIB + 1, run=3 * MIB, sessions=1), quotas)
    assert over.value.limit is Limit.SESSION_TURN


def test_a_sub_agent_has_less_for_itself_and_shares_the_rest():
    quotas = Quotas()
    of_subagent = quotas.of_subagent()
    assert of_subagent.turn * 4 == quotas.turn
    assert of_subagent.session * 4 == quotas.session
    assert (of_subagent.sessions, of_subagent.copies, of_subagent.files) == (
        quotas.sessions, quotas.copies, quotas.files,
    )  # fmt: skip


def test_quotas_are_read_from_the_settings():
    config = load_config(_env_file=None, database_quota="3Gi", quota_turn="1Mi")
    assert (config.build_quotas().database, config.build_quotas().turn) == (3 << 30, MIB)
    assert load_config(_env_file=None).build_quotas() == Quotas()


def test_more_is_reserved_before_it_is_written_and_never_much_more():
    reserved, most = Reservation(1), 0
    for _ in range(300):
        more = reserved.find_more(MIB)
        assert reserved.filled + MIB <= reserved.held + more
        reserved.add(MIB, more)
        most = max(most, reserved.held - reserved.filled)
    assert FIRST_BYTES == MIB
    assert most <= MOST_MORE


def test_a_body_may_begin_slowly_and_must_move_then():
    now = 0.0
    pace = Pace(lambda: now)
    for _ in range(60):
        now += GRACE_SECONDS / 60
        pace.add(1)
    now += 10
    with pytest.raises(TooSlow):
        pace.add(100)
    pace.add(10 * LEAST_RATE)
    now += 5
    pace.add(5 * LEAST_RATE)


async def test_a_run_has_few_places_and_all_have_so_many():
    def who(number):
        return Identity("t", number, 1, "p", "u", "j")

    streams = Streams(downloads=3, uploads=1, wait_seconds=0.01)

    async def is_free(number, kind):
        try:
            async with streams.hold(who(number), kind):
                return True
        except Denied:
            return False

    async with streams.hold(who(1), Stream.SESSION), streams.hold(who(1), Stream.WORKSPACE):
        assert not await is_free(1, Stream.SESSION)
        async with streams.hold(who(2), Stream.SESSION):
            assert not await is_free(3, Stream.SESSION)
            async with streams.hold(who(3), Stream.UPLOAD):
                assert not await is_free(4, Stream.UPLOAD)
    assert await is_free(3, Stream.SESSION)
    assert await is_free(4, Stream.UPLOAD)


class Body:
    """A request with a body in parts."""

    def __init__(self, *parts):
        self.headers, self.content, self._parts = {}, self, [*parts, b""]

    async def readany(self):
        return self._parts.pop(0)


async def test_a_run_sends_no_faster_than_it_may_and_keeps_no_other_waiting():
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    streams = Streams(uploaded=Rate(100_000, 400_000), clock=lambda: 0.0, sleep=sleep)

    async def send(number):
        who = Identity("t", number, 1, "p", "u", "j")
        return b"".join([part async for part in streams.read(Body(*[b"x" * 100_000] * 6), who, 1 << 20, "too large")])

    assert len(await send(1)) == 600_000
    assert waits[-1] == pytest.approx(2.0)
    waits.clear()
    assert len(await send(2)) == 600_000
    assert waits[-1] == pytest.approx(2.0), "its own first bytes are free"
    waits.clear()
    assert len(await send(1)) == 600_000
    assert min(waits) > 2.0


async def test_a_place_that_becomes_free_is_taken_by_who_waits():
    streams, who = Streams(wait_seconds=10), Identity("t", 1, 1, "p", "u", "j")
    done = asyncio.Event()

    async def take():
        async with streams.hold(who, Stream.SESSION):
            await done.wait()
        return True

    waiting = [asyncio.create_task(take()) for _ in range(5)]
    await asyncio.sleep(0)
    assert sum(streams._of_run.values()) == 1
    done.set()
    assert await asyncio.gather(*waiting) == [True] * 5
