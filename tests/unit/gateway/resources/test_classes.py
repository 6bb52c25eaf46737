"""What an AgentClass says, while the API server answers and while it does not."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.resources import agentclasses
from agent_gateway.resources.agentclasses import DEFAULTS
from agent_kube.errors import KubeError
from agent_kube.known import Absent, Present, Unknown
from tests.support.eventually import eventually
from tests.unit.gateway.resources.played import PlayedCluster, watching
from tests.unit.kube.played import SHORT, Refusal

LONG = {"timeouts": {"turn": 3600}, "subAgents": {"maxDepth": 0}, "workspace": {"snapshotLimit": "1Gi"}}


@pytest.fixture
def cluster():
    cluster = PlayedCluster()
    cluster.classes.put("default", **LONG)
    return cluster


def refuse_all(api, status=503):
    api.refuse_list = api.refuse_watch = Refusal(status, "ServiceUnavailable")
    api.end_watches()


async def test_a_class_that_cannot_be_read_for_a_moment_is_what_it_was(cluster):
    """One failed GET gave the defaults, and a turn of 3600 s was ended after 340."""
    async with watching(cluster) as (threads, _):
        assert (await threads.find_class("default")).spec.timeouts.turn == 3600
        refuse_all(cluster.classes)
        await eventually(lambda: threads.classes.problem)
        found = await threads.agent_class("default")
        assert (found.spec.timeouts.turn, found.spec.sub_agents.max_depth) == (3600, 0)
        assert found.spec.workspace.snapshot_limit == "1Gi"


async def test_a_class_of_which_nothing_is_known_decides_nothing(cluster, monkeypatch):
    monkeypatch.setattr(agentclasses, "FIRST_LIST_SECONDS", 0.05)
    cluster.classes.refuse_list = Refusal(503)
    async with watching(cluster, SHORT) as (threads, _):
        assert await threads.find_class("default") is None
        assert isinstance(threads.classes.known("default"), Unknown)
        with pytest.raises(KubeError):
            await threads.agent_class("default")
        with pytest.raises(KubeError):
            threads.classes.find_uid("default")
        cluster.classes.refuse_list = None
        await eventually(lambda: isinstance(threads.classes.known("default"), Present))
        assert threads.classes.find_uid("default")
        assert (await threads.find_class("default")).spec.timeouts.turn == 3600


async def test_a_class_that_is_certainly_not_there_has_the_defaults(cluster):
    async with watching(cluster) as (threads, _):
        assert await threads.agent_class("other") == DEFAULTS
        assert threads.classes.known("other") == Absent()
        assert threads.classes.find_uid("other") is None
        assert threads.classes.find_uid("default")
        cluster.classes.delete("default")
        await eventually(lambda: isinstance(threads.classes.known("default"), Absent))
        assert (await threads.find_class("default")).spec.timeouts.turn == DEFAULTS.spec.timeouts.turn


async def test_absence_is_not_concluded_while_the_watch_is_away(cluster):
    async with watching(cluster) as (threads, _):
        await threads.agent_class("default")
        refuse_all(cluster.classes)
        await eventually(lambda: threads.classes.problem)
        assert await threads.find_class("other") is None


async def test_a_change_of_a_class_is_known_at_once(cluster):
    async with watching(cluster) as (threads, _):
        await threads.agent_class("default")
        cluster.classes.put("default", timeouts={"turn": 60})

        async def changed():
            return (await threads.find_class("default")).spec.timeouts.turn == 60

        await eventually(changed)
        assert cluster.classes.lists() == 1


async def test_one_that_turns_unreadable_is_what_it_was_and_a_new_one_is_unknown(cluster):
    async with watching(cluster) as (threads, _):
        await threads.agent_class("default")
        cluster.classes.put("default", timeouts={"turn": "long"})
        cluster.classes.put("new", timeouts={"turn": "long"})
        await eventually(lambda: threads.classes.known("new") != Absent())
        assert (await threads.find_class("default")).spec.timeouts.turn == 3600
        with pytest.raises(KubeError, match=r"timeouts\.turn") as caught:
            await threads.agent_class("new")
        assert "long" not in str(caught.value)


async def test_the_class_of_a_thread_that_cannot_be_read_is_unknown_and_not_the_default(cluster):
    cluster.put_thread(42, classRef={"name": "big"})
    cluster.threads.refuse_list = Refusal(503)
    async with watching(cluster) as (threads, _):
        await eventually(lambda: threads.problem)
        assert threads.find_class_name("tg-42") is None
        cluster.threads.refuse_list = None
        await eventually(lambda: threads.synced)
        assert (threads.find_class_name("tg-42"), threads.find_class_name("tg-43")) == ("big", "default")


async def test_the_first_list_is_waited_for(cluster):
    async with watching(cluster) as (threads, _):
        assert not threads.classes.synced
        asked = [asyncio.create_task(threads.agent_class("default")) for _ in range(20)]
        assert {one.spec.timeouts.turn for one in await asyncio.gather(*asked)} == {3600}
        assert cluster.classes.lists() == 1
