"""Calls of pods that hang up, that are many, or that wait: what was opened is told, and nobody keeps others from a forge."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.forges.places import MOST_OF_RUN
from agent_gateway.forges.service import CALLS
from agent_gateway.runners.pullcalls import PullDenied
from agent_gateway.store.pulls import WantedPull
from tests.conftest import BOT_ID
from tests.support.eventually import PATIENCE, eventually
from tests.support.pull_lab import running_lab

pytestmark = pytest.mark.postgres
NEW = {"head": "agent/fix", "title": "Fix the rounding", "body": "It rounds down now."}
ADD_OPEN = (
    "INSERT INTO pull_requests (bot_id, thread_id, connection, path, head, base, number, state) "
    "SELECT $1, $2, 'hub', 'acme/r' || n, 'agent/fix', 'main', 100 + n, 'open' FROM generate_series(1, $3) n"
)


async def test_what_is_opened_for_a_pod_that_hangs_up_is_told_all_the_same(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.holding = asyncio.Event()
        asking = asyncio.create_task(lab.call("open", base="main", **NEW))
        await eventually(lambda: lab.played.calls)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        lab.played.holding.set()
        [(text, _)] = await eventually(lab.notices)
        assert text.startswith("Pull request opened: [acme/api #7](http")
        assert await store.pool.fetchval("SELECT state FROM pull_requests") == "open"


async def test_what_is_under_way_ends_with_the_service_and_is_looked_for_later(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.holding = asyncio.Event()
        asking = asyncio.create_task(lab.call("open", base="main", **NEW))
        await eventually(lambda: lab.played.calls)
        await asyncio.wait_for(lab.port.forges.service.close(), PATIENCE)
        assert isinstance((await asyncio.gather(asking, return_exceptions=True))[0], asyncio.CancelledError)
        assert await store.pool.fetchval("SELECT next_at > now() FROM pull_requests WHERE number IS NULL")
        lab.played.holding.set()


async def test_those_of_other_repositories_count_too_and_those_that_may_be_open(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await store.pool.execute(ADD_OPEN, BOT_ID, lab.thread.id, 20)
        assert "limit: pull-requests" in (await lab.open())["error"]
        await store.pool.execute("UPDATE pull_requests SET number = NULL, state = 'wanted'")
        assert "limit: pull-requests" in (await lab.open())["error"]
        assert not lab.played.pulls
        await store.pool.execute("UPDATE pull_requests SET path = 'ACME/api' WHERE path = 'acme/r1'")
        assert "Opened #7" in (await lab.open())["text"], "the same again is none more"


async def test_of_many_at_once_no_more_are_wanted_than_may_be(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        wanted = [WantedPull(lab.thread.id, "hub", "acme/api", f"agent/{n}", "main", 42, "Fix") for n in range(8)]
        rows = await asyncio.gather(*(store.pulls.want(one, 2) for one in wanted))
        assert sum(row is not None for row in rows) == 2
        assert await store.pool.fetchval("SELECT count(*) FROM pull_requests") == 2


async def test_whoever_waits_for_a_person_takes_no_place(store, tmp_path, monkeypatch):
    monkeypatch.setattr("agent_gateway.forges.places.MOST_AT_ONCE", 1)
    async with running_lab(store, tmp_path, approval="Ask") as lab:
        lab.played.open_pull("feature", "main", "Somebody's")
        for again in range(2):  # when it asks, and when it asks again
            asking = asyncio.create_task(lab.call("open", call="call-1", **NEW))
            await eventually(lambda: store.pool.fetchval("SELECT 1 FROM decisions WHERE kind = 'push'"))
            assert "#7 of acme/api, open" in (await lab.call("read", number=7)).text, again
            assert (await asking).waiting


async def test_one_run_has_a_few_places_and_gives_them_back(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.open_pull("feature", "main", "Somebody's")
        lab.played.holding = asyncio.Event()
        reading = [asyncio.create_task(lab.call("read", number=7)) for _ in range(MOST_OF_RUN)]
        await eventually(lambda: len(lab.played.calls) == MOST_OF_RUN)
        for action, more in (("read", {"number": 7}), ("open", {"base": "main", **NEW})):
            with pytest.raises(PullDenied, match="limit: pull-calls") as denied:
                await lab.call(action, **more)
            assert denied.value.status == 503
        assert len(lab.played.calls) == MOST_OF_RUN
        lab.played.holding.set()
        await asyncio.gather(*reading)
        assert (await lab.call("read", number=7)).text


async def test_where_the_forge_says_that_it_was_asked_too_often_nobody_asks_any_more(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await lab.open()
        calls = len(lab.played.calls)
        lab.played.refuse = 429, {}, {"Retry-After": "60"}
        for _ in range(3):
            with pytest.raises(PullDenied, match=r"try again in \d+ seconds. \(limit: forge-rate\)"):
                await lab.call("read", number=7)
        await store.pool.execute("UPDATE pull_requests SET next_at = now()")
        assert await lab.port.forges.poller.look_at_due() == 0
        assert len(lab.played.calls) == calls + 1


async def test_one_conversation_does_not_use_up_what_a_forge_allows(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.port.forges.service._calls._clock = lambda: 0.0
        lab.played.open_pull("feature", "main", "Somebody's")
        for _ in range(int(CALLS.burst) // 6):
            assert (await lab.call("read", number=7)).text
        found = await asyncio.gather(*(lab.call("read", number=7) for _ in range(4)), return_exceptions=True)
        denied = [one for one in found if isinstance(one, PullDenied)]
        assert denied
        assert all(one.status == 409 and "limit: forge-calls" in str(one) for one in denied)
        assert CALLS.burst <= len(lab.played.calls) < CALLS.burst + 30, "a call that began is not cut"
