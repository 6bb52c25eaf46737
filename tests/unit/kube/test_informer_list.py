from __future__ import annotations

import dataclasses

import pytest

from agent_kube.errors import Away
from agent_kube.known import Absent, Present, Unknown
from tests.support.eventually import eventually
from tests.unit.kube.played import LIMITS, SHORT, PlayedApi, Refusal, informing


def fill(api, count):
    for number in range(count):
        api.put(f"t{number:05d}", number)


async def test_a_list_is_read_in_pages():
    api = PlayedApi()
    fill(api, 25)
    async with informing(api, page_size=10) as (informer, seen):
        await informer.wait_synced()
        assert sorted(informer.all()) == list(range(25))
        assert len(seen.changes) == 25
        asked = [query for _, query in api.calls if "watch" not in query]
        assert [query.get("continue") for query in asked] == [None, "10@35", "20@35"]
        assert {query["limit"] for query in asked} == {"10"}


async def test_a_page_that_is_gone_begins_the_list_anew():
    api = PlayedApi()
    fill(api, 25)
    api.refuse_page = Refusal(410, "Expired")
    async with informing(api, page_size=10) as (informer, _):
        await informer.wait_synced()
        assert api.lists() == 2
        assert len(informer.all()) == 25


async def test_a_page_that_fails_is_asked_for_again_without_those_before():
    api = PlayedApi()
    fill(api, 25)
    api.refuse_page = Refusal(503)
    async with informing(api, page_size=10) as (informer, _):
        await informer.wait_synced()
        assert api.lists() == 1
        assert len(informer.all()) == 25


async def test_what_was_deleted_between_two_lists_is_dropped():
    api = PlayedApi()
    fill(api, 3)
    async with informing(api, page_size=2) as (informer, seen):
        await eventually(lambda: api.watching)
        api.refuse_watch = Refusal(410)
        api.end_watches()
        await eventually(lambda: informer.problem or api.lists() > 1)
        api.delete("t00001")
        api.refuse_watch = None
        await eventually(lambda: api.watching and informer.known("t00001") == Absent())
        assert seen.changes[-1] == ("t00001", 1, None)


async def test_pages_that_are_too_large_are_made_smaller():
    api = PlayedApi()
    fill(api, 40)
    limits = dataclasses.replace(LIMITS, page=2000)
    async with informing(api, limits=limits, page_size=64) as (informer, _):
        await informer.wait_synced()
        assert len(informer.all()) == 40
        assert min(int(query["limit"]) for _, query in api.calls if "limit" in query) < 16


async def test_before_the_first_list_nothing_is_known():
    api = PlayedApi()
    api.hang = True
    api.put("a", 5)
    async with informing(api, limits=SHORT) as (informer, _):
        await eventually(lambda: informer.problem)
        assert "Things cannot be read or written: The Kubernetes API does not answer" in informer.problem
        assert isinstance(informer.known("a"), Unknown)
        assert not informer.synced
        assert informer.age() == float("inf")
        api.hang = False
        await informer.wait_synced()
        assert informer.synced
        assert informer.known("a") == Present(5)
        assert informer.known("b") == Absent()
        await eventually(lambda: informer.problem is None)
        assert informer.age() < 5


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [(403, "forbidden", "The gateway may not read or write Things"), (429, "slow down", "slow down")],
)
async def test_a_refused_list_is_told_and_asked_again_with_pauses(status, message, words):
    api = PlayedApi()
    api.refuse_list = Refusal(status, message=message, details={"retryAfterSeconds": 0.05} if status == 429 else {})
    async with informing(api) as (informer, _):
        await eventually(lambda: api.lists() > 3)
        assert words in informer.problem
        api.refuse_list = None
        await informer.wait_synced()


async def test_an_object_is_asked_for_and_its_absence_confirmed():
    api = PlayedApi()
    api.put("a", 5)
    async with informing(api) as (informer, seen):
        await eventually(lambda: api.watching)
        assert await informer.get("a") == Present(5)
        assert await informer.get("b") == Absent()
        await eventually(lambda: informer.known("a") == Present(5))
        del api.items["a"]  # without an event: the watch lags behind
        assert await informer.get("a") == Absent()
        assert informer.known("a") == Absent()
        assert seen.changes[-1] == ("a", 5, None)
        api.items["c"] = {"metadata": {}}
        with pytest.raises(Away):
            await informer.get("c")


async def test_a_history_that_was_put_back_is_taken_as_it_is():
    """A watch from a version that is yet to come is accepted and tells nothing."""
    api = PlayedApi()
    api.put("a", 5)
    api.put("b", 6)
    async with informing(api, limits=SHORT) as (informer, _):
        await eventually(lambda: api.watching)
        api.end_watches()
        api.history.clear()
        api.version = 3
        del api.items["b"]
        api.items["a"]["metadata"]["resourceVersion"] = "3"
        api.items["a"]["spec"]["size"] = 1
        await eventually(lambda: informer.known("a") == Present(1))
        await eventually(lambda: informer.all() == [1])
