"""Resources that are taken up on a real Postgres: made by hand, before or after their conversation, and thousands at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.access import Standing
from agent_gateway.resources.adopt import Adopter
from agent_gateway.resources.follower import BATCH
from agent_gateway.store.errors import Away
from agent_kube.errors import Away as ClusterAway
from tests.conftest import BOT_ID
from tests.support.desk import BOT, address
from tests.support.eventually import LONG, eventually
from tests.support.woken import Woken
from tests.unit.gateway.resources.played import PlayedCluster, watching

pytestmark = pytest.mark.postgres


class Guests:
    """Who is let in: chat 42 and all above 1000."""

    async def read(self, _session, _person, chat):
        moved = chat == 777
        return Standing(allowed=chat == 42 or chat > 1000, chat_id=-1777 if moved else chat, moved=moved)


def put(cluster, chat=42, *, bot=BOT_ID, name=None, **spec):
    channel = {"type": "telegram", "bot": "tg", "botId": bot, "chatId": chat}
    cluster.threads.put(name or f"tg-{chat}", channel=channel, **spec)


@contextlib.asynccontextmanager
async def adopting(store, resources, changes, wake):
    adopter = Adopter(store, resources, changes, bot=BOT, bot_name="tg", guests=Guests(), wake=wake)
    task = asyncio.create_task(adopter.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def following(cluster, store):
    """Watch and adopt; yields the resources and who was woken."""
    wake = Woken()
    async with watching(cluster) as (resources, changes), adopting(store, resources, changes, wake):
        yield resources, wake


@pytest.fixture
def cluster():
    return PlayedCluster()


async def test_one_made_by_hand_gets_its_conversation(store, cluster):
    put(cluster, title="by hand")
    async with following(cluster, store) as (_, wake):
        thread = await eventually(lambda: store.threads.by_name("tg-42"))
        assert (thread.address, thread.title) == (address(), "by hand")
        put(cluster, suspend=True)
        await eventually(lambda: thread.id in wake.ids)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"bot": BOT_ID + 1}, "names bot"),
        ({"chat": 666}, "not on the list"),
        ({"chat": 777}, "became a supergroup"),
        ({"name": "tg-somebody"}, "must be named tg-42"),
    ],
)
async def test_one_that_is_not_ours_is_refused_once_with_an_event(store, cluster, item, words):
    put(cluster, **item)
    async with following(cluster, store):
        await eventually(lambda: cluster.events)
        put(cluster, **item, title="again")
        put(cluster, 667)  # looked at after the repeat: its own refusal says that the repeat was seen
        await eventually(lambda: cluster.events[-1]["involvedObject"]["name"] == "tg-667")
        assert len(cluster.events) == 2
        assert words in cluster.events[0]["message"]


async def test_a_conversation_that_begins_after_its_resource_was_refused_follows_it(store, cluster):
    put(cluster, 666)
    async with following(cluster, store) as (_, wake):
        await eventually(lambda: cluster.events)
        async with store.transaction() as tx:
            thread = await tx.threads.get_or_create(address(666), "tg-666", "")
        put(cluster, 666, run=1)
        await eventually(lambda: thread.id in wake.ids)


async def test_a_change_that_nobody_acts_on_wakes_nobody(store, cluster):
    put(cluster)
    async with following(cluster, store) as (resources, wake):
        thread = await eventually(lambda: store.threads.by_name("tg-42"))
        put(cluster, title="renamed")
        put(cluster, title="renamed again")
        await eventually(lambda: resources.cached("tg-42").spec.title == "renamed again")
        assert wake.ids == []
        put(cluster, title="renamed again", run=1)
        await eventually(lambda: wake.ids)
        so_far = len(
            wake.ids
        )  # twice, where the names before were not looked at yet: each look compares with what is now
        cluster.threads.delete("tg-42")
        await eventually(lambda: len(wake.ids) > so_far)
        assert set(wake.ids) == {thread.id}


async def test_what_changed_while_another_gateway_led_wakes_only_what_is_open(store, cluster):
    """A standby watches too: weeks of changes would be a wake each at the take-over."""
    for chat in (1001, 1002):
        put(cluster, chat)
        async with store.transaction() as tx:
            await tx.threads.get_or_create(address(chat), f"tg-{chat}", "")
    rest, busy = [await store.threads.by_name(f"tg-{chat}") for chat in (1001, 1002)]
    await store.runs.want(busy.id, 1, None)
    async with watching(cluster) as (resources, changes):
        await resources.wait_synced()
        for chat in (1001, 1002):
            put(cluster, chat, suspend=True)
        await eventually(lambda: resources.cached("tg-1002").spec.suspend)
        wake = Woken()
        async with adopting(store, resources, changes, wake):
            await eventually(lambda: busy.id in wake.ids)
            put(cluster, 1001)
            await eventually(lambda: rest.id in wake.ids)
            assert wake.ids == [busy.id, rest.id]


COUNT = 10_000
LEAST_TOGETHER = 10
"""Names of one query on average: the list is read in slices of time, and what a slice holds depends on the machine."""


class Counting:
    """Counts the statements that go to the database."""

    def __init__(self, store, monkeypatch):
        self.names = []
        session = type(store.threads._session)  # no fake knows how often it is asked
        for method in ("rows", "row", "execute", "value"):
            if hasattr(session, method):
                self._count(session, method, monkeypatch)

    def _count(self, session, method, monkeypatch):
        original = getattr(session, method)

        async def counted(this, name, *args):
            self.names.append(name)
            return await original(this, name, *args)

        monkeypatch.setattr(session, method, counted)


async def test_a_first_list_of_ten_thousand_asks_the_database_in_pages_and_wakes_only_what_is_open(
    store, cluster, monkeypatch
):
    """Each name was a query and a wake of its own, before anybody's message."""
    for chat in range(1001, 1001 + COUNT):
        put(cluster, chat)
    cluster.threads.history.clear()
    await store.pool.execute(
        "INSERT INTO threads (bot_id, chat_id, name) SELECT $1, g, 'tg-' || g FROM generate_series(1001, 1000 + $2::int) g",
        BOT_ID, COUNT,
    )  # fmt: skip
    open_run, open_turn = [(await store.threads.by_name(f"tg-{chat}")).id for chat in (1500, 2500)]
    await store.runs.want(open_run, 1, None)
    await store.pool.execute(
        "INSERT INTO turns (thread_id, message_id, text, state) VALUES ($1, 5, 'hello', 'queued')", open_turn
    )
    put(cluster, 42)  # made by hand: the one that has no row
    counting = Counting(store, monkeypatch)
    async with following(cluster, store) as (resources, wake):
        await eventually(lambda: store.threads.by_name("tg-42"), timeout=LONG)
        await eventually(lambda: len(wake.ids) == 2, timeout=LONG)
        assert sorted(wake.ids) == sorted([open_run, open_turn])
        await eventually(lambda: resources.synced)
        pages = [name for name in counting.names if name == "threads_by_names"]
        assert COUNT / BATCH <= len(pages) <= COUNT / LEAST_TOGETHER
        assert set(counting.names) == {
            "threads_by_names",
            "thread_by_name",
        }  # the latter for the one without a row, and above
        wake.ids.clear()
        put(cluster, 1600, suspend=True)  # after the first list a change counts whether something is open or not
        await eventually(lambda: wake.ids)


class FailingThreads:
    """The store's threads, away as often as told."""

    def __init__(self, store, failures):
        self._store, self.failures = store, failures

    def __getattr__(self, name):
        return getattr(self._store, name)

    @property
    def threads(self):
        return self

    async def named(self, names):
        if self.failures:
            self.failures -= 1
            raise Away("Postgres is out of reach")
        return await self._store.threads.named(names)

    async def by_name(self, name):
        return await self._store.threads.by_name(name)


async def test_changes_outlive_a_database_that_is_away(store, cluster):
    put(cluster)
    away, wake = FailingThreads(store, 2), Woken()
    async with watching(cluster) as (resources, changes), adopting(away, resources, changes, wake):
        await eventually(lambda: store.threads.by_name("tg-42"))
    assert not away.failures


async def test_a_resource_that_cannot_be_told_is_tried_again_once_at_a_time_with_growing_pauses(store, cluster, caplog):
    """Each failure and each change made a timer of its own, and none of them merged."""
    put(cluster, 666)
    async with watching(cluster) as (resources, changes):
        tries = []

        async def refuse(resource, reason, message):
            tries.append(asyncio.get_running_loop().time())
            raise ClusterAway("The Kubernetes API does not answer")

        resources.say = refuse
        with caplog.at_level(logging.WARNING, "agent_kube.queue"):
            async with adopting(store, resources, changes, Woken()):
                await eventually(lambda: len(tries) >= 3)
        pauses = [record.pause for record in caplog.records if record.message == "retry"]
        assert pauses[1] > pauses[0] * 1.2
        assert len(pauses) <= len(tries)


async def test_lost_leadership_ends_it(store, cluster):
    put(cluster, 666)
    async with watching(cluster) as (resources, changes):

        def lost():
            raise LeadershipLost("this gateway does not lead")

        resources._check = lost  # lost between two writes
        adopter = Adopter(store, resources, changes, bot=BOT, bot_name="tg", guests=Guests(), wake=Woken())
        with pytest.raises(LeadershipLost):
            await asyncio.wait_for(adopter.run(), 60)
