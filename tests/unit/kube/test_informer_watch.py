from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging

import pytest

from agent_kube.errors import Throttled
from agent_kube.informer import Informer
from agent_kube.known import Absent, Present, Unknown
from agent_kube.pace import Backoff
from agent_kube.source import Source
from tests.support.eventually import eventually
from tests.unit.kube.played import LIMITS, PATH, PlayedApi, Refusal, client_of, informing, read_size


async def test_changes_are_told_with_old_and_new():
    api = PlayedApi()
    api.put("a", 1)
    async with informing(api) as (informer, seen):
        await eventually(lambda: api.watching)
        api.put("a", 2)
        api.put("b", 3)
        api.delete("a")
        await eventually(lambda: len(seen.changes) == 4)
        assert seen.changes == [("a", None, 1), ("a", 1, 2), ("b", None, 3), ("a", 2, None)]
        assert informer.known("a") == Absent()
        assert informer.all() == [3]


async def test_a_watch_that_ends_is_begun_anew_where_it_stopped_without_a_list():
    api = PlayedApi()
    api.put("a", 1)
    api.watch_end = 0.05
    async with informing(api) as (_, seen):
        await eventually(lambda: len(api.watches()) > 5)
        api.put("b", 2)
        await eventually(lambda: ("b", None, 2) in seen.changes)
        await eventually(lambda: api.watches()[-1] == "12")
        assert api.lists() == 1
        assert seen.changes == [("a", None, 1), ("b", None, 2)]


async def test_a_bookmark_moves_the_version_from_which_a_watch_goes_on():
    api = PlayedApi()
    async with informing(api) as (_, seen):
        await eventually(lambda: api.watching)
        api.version = 500
        api.bookmark()
        api.end_watches()
        await eventually(lambda: api.watches()[-1] == "500")
        assert api.lists() == 1
        assert seen.changes == []


async def test_an_expired_version_leads_to_one_list_that_tells_only_what_changed():
    api = PlayedApi()
    for number in range(5):
        api.put(f"t{number}", number)
    async with informing(api) as (informer, seen):
        await eventually(lambda: api.watching)
        api.watch_error = Refusal(410, "Expired")
        api.end_watches()
        api.put("t3", 33)
        await eventually(lambda: not api.watch_error)
        await eventually(lambda: informer.known("t3") == Present(33))
        await eventually(lambda: api.watching)
        assert api.lists() == 2
        assert len(seen.changes) == 6
        assert informer.problem is None


@pytest.mark.parametrize("status", [403, 410, 429, 500])
async def test_a_refused_watch_is_asked_for_with_growing_pauses(status):
    """It was 2.2 whole lists a second for ever, as each list reset the pause."""
    api = PlayedApi()
    api.put("a", 1)
    api.refuse_watch = Refusal(status)
    pauses = Backoff(first=0.02, factor=2.0, cap=10.0, jitter=0.0)
    async with client_of(api.app()) as client:
        informer = Informer(client, Source(PATH, "Thing"), read_size, lambda *_: None, pauses)
        task = asyncio.create_task(informer.run())
        await eventually(lambda: len(api.watches()) >= (5 if status != 429 else 3))
        task.cancel()
    gaps = [later - earlier for earlier, later in itertools.pairwise(api.watch_times)]
    assert all(gap >= 0.02 * 2**number for number, gap in enumerate(gaps))
    assert api.lists() == (1 if status != 410 else len(api.watches()))
    assert informer.synced
    assert (informer.problem is None) == (status == 410)


async def test_what_is_known_is_kept_while_the_watch_is_away_and_absence_is_not_concluded():
    api = PlayedApi()
    api.put("a", 1)
    async with informing(api) as (informer, _):
        await eventually(lambda: api.watching)
        assert informer.known("b") == Absent()
        api.refuse_watch = Refusal(503)
        api.end_watches()
        await eventually(lambda: informer.problem)
        assert informer.known("a") == Present(1)
        assert isinstance(informer.known("b"), Unknown)
        since = informer.known("b").since
        await eventually(lambda: len(api.watches()) > 4)
        assert abs((informer.known("b").since - since).total_seconds()) < 0.1
        api.refuse_watch = None
        await eventually(lambda: informer.known("b") == Absent())
        assert informer.problem is None
        assert api.lists() == 1


async def test_a_silent_watch_is_taken_for_dead():
    api = PlayedApi()
    limits = dataclasses.replace(LIMITS, silence=0.1)
    async with informing(api, limits=limits) as (informer, _):
        await eventually(lambda: len(api.watches()) > 2)
        assert api.lists() == 1
        assert informer.synced


async def test_a_server_that_never_ends_a_watch_is_left():
    api = PlayedApi()
    api.watch_end = 60

    async def chatter():
        while True:
            api.bookmark()
            await asyncio.sleep(0.05)

    limits = dataclasses.replace(LIMITS, silence=0.2)
    async with informing(api, limits=limits, watch_seconds=0.1) as (informer, _):
        talking = asyncio.create_task(chatter())
        await eventually(lambda: len(api.watches()) > 2)
        assert informer.synced
        talking.cancel()


async def test_an_answer_that_was_overtaken_by_the_deletion_does_not_bring_the_object_back():
    """A GET answered before, and processed after the watch's DELETED stayed in the cache for up to 290 s."""
    api = PlayedApi()
    answer = api.put("a", 1)
    async with informing(api) as (informer, seen):
        await eventually(lambda: api.watching)
        api.delete("a")
        await eventually(lambda: informer.known("a") == Absent())
        assert informer.remember(answer) == 1
        assert informer.known("a") == Absent()
        assert len(seen.changes) == 2
        informer.remember(api.put("a", 7, uid="second"))
        assert informer.known("a") == Present(7)


async def test_an_own_write_is_known_at_once_and_told_once():
    api = PlayedApi()
    async with informing(api) as (informer, seen):
        await eventually(lambda: api.watching)
        informer.remember(api.put("a", 1))
        assert informer.known("a") == Present(1)
        api.put("b", 2)
        await eventually(lambda: informer.known("b") == Present(2))
        assert seen.changes == [("a", None, 1), ("b", None, 2)]


async def test_an_unreadable_object_stops_no_other_and_is_told(caplog):
    """A phase that the gateway does not know yet made the thread stand still."""
    api = PlayedApi()
    api.put("a", 1)
    api.put("bad", "much")
    with caplog.at_level(logging.WARNING, "agent_kube"):
        async with informing(api) as (informer, _):
            await eventually(lambda: api.watching)
            api.put("a", "much")
            api.put("c", 3)
            await eventually(lambda: informer.known("c") == Present(3))
            assert informer.known("a") == Present(1)
            assert informer.unreadable("a") == "ValueError"
            assert isinstance(informer.known("bad"), Unknown)
            assert informer.unreadable("c") is None
            assert informer.unreadable("none") is None
            assert informer.unreadable_count == 2
    told = [(r.resource, r.kind) for r in caplog.records if r.message == "resource_unreadable"]
    assert told == [("bad", "Thing"), ("a", "Thing")]


async def test_a_label_selector_goes_with_list_and_watch():
    api = PlayedApi()
    async with informing(api, labels="app=x"):
        await eventually(lambda: api.watching)
        assert {query.get("labelSelector") for _, query in api.calls} == {"app=x"}


async def test_a_pause_that_the_server_asks_for_is_kept():
    api = PlayedApi()
    async with client_of(api.app()) as client:
        informer = Informer(client, Source(PATH, "Thing"), read_size, lambda *_: None)
        error = Throttled("m", 429, "R", 40.0)
        assert 40 <= informer._choose_pause(1, error) <= 40 * 1.3
        assert informer._choose_pause(50, None) <= 2
        assert informer._choose_pause(50, Throttled("m", 429, "R", 0.1)) >= 15 * 0.7
