"""What is looked at when: by what kopf hands over, by what the watches tell, and by the walk of each minute."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import kopf
import pytest

from agent_contract import names
from agent_kube.errors import Away
from agent_operator import handlers
from agent_operator.controller import WORKERS
from agent_operator.errors import NotLeading
from agent_operator.loops import Loops
from agent_operator.startup import configure
from tests.support.eventually import eventually
from tests.support.kubeclient import RUNNING, World, build_raw_thread
from tests.support.operator import NAME, job_name, make_config

THREADS, SUBS, CLASSES = names.AGENT_THREADS, names.SUB_AGENTS, names.AGENT_CLASSES


class Standby:
    """Leads when told."""

    problem = None

    def __init__(self):
        self.leads = False
        self.turned = asyncio.Condition()
        self.given_up = False

    def held(self):
        return self.leads

    async def wait(self, *, held):
        async with self.turned:
            await self.turned.wait_for(lambda: self.leads is held)

    async def turn(self, leads):
        self.leads = leads
        async with self.turned:
            self.turned.notify_all()

    async def run(self):
        await asyncio.Event().wait()

    async def give_up(self):
        self.given_up = True


@pytest.fixture
async def world():
    world = World()
    world.add_class()
    return world


def queued(controller):
    return [*controller.queue._due, *controller.queue._idle]


def build_sub(name="sub", status=None, class_name="default", **spec):
    return {
        "metadata": {"name": name, "generation": 1}, "status": status or {},
        "spec": {"task": "count", "classRef": {"name": class_name}, **spec},
    }  # fmt: skip


async def test_an_event_of_a_thread_at_rest_queues_nothing(world):
    raw = world.add(THREADS, build_raw_thread(run=None))
    await world.context.threads.reconcile(NAME)
    world.context.threads.queue._due.clear()
    world.tell(THREADS, NAME)
    assert queued(world.context.threads) == []
    raw = world.client.get(THREADS, NAME)
    raw["metadata"]["generation"] = 2
    world.add(THREADS, raw)
    assert queued(world.context.threads) == [NAME]


async def test_a_restart_beside_two_thousand_threads_at_rest_starts_a_new_one_first(world):
    """kopf hands on a list's objects one by one; none of those at rest is looked at, and none is asked for."""
    world.add(THREADS, build_raw_thread(run=None))
    await world.context.threads.reconcile(NAME)
    resting = world.client.get(THREADS, NAME)
    world.client.calls.clear()
    fresh = World()
    fresh.add_class()
    fresh.client.calls.clear()
    for chat in range(2000):
        meta = {"name": f"tg-{chat}", "uid": f"uid-{chat}", "generation": 1}
        fresh.add(THREADS, {**resting, "metadata": meta}, None)
    fresh.add(THREADS, build_raw_thread("tg-9000", "uid-9000", chat=9000), None)
    assert queued(fresh.context.threads) == ["tg-9000"]
    fresh.context.walk()
    assert queued(fresh.context.threads) == ["tg-9000"]
    await fresh.context.threads.reconcile("tg-9000")
    assert fresh.calls == ["POST jobs"]


async def test_a_burst_of_a_hundred_starts_is_a_hundred_posts(world):
    task = asyncio.create_task(world.context.threads.queue.run())
    for chat in range(100):
        world.add(THREADS, build_raw_thread(f"tg-{chat}", f"uid-{chat}", chat=chat))
    await eventually(lambda: len(world.client.calls) == 100)
    assert set(world.calls) == {"POST jobs"}
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_kopf_hands_on_all_that_it_gets_at_once():
    """With a limit, each object keeps a slot until its worker was idle: a list of 400 took 100 s (measured)."""
    settings = kopf.OperatorSettings()
    configure(settings)
    assert settings.queueing.worker_limit is None
    assert settings.queueing.idle_timeout <= 0.5  # a worker keeps the whole object as long
    assert settings.watching.chunk_size
    body = kopf.Body({"metadata": {"name": "x"}, "spec": {"title": "y"}})
    assert (
        settings.persistence.diffbase_storage.build(body=body) == {}
    )  # else each event costs two copies of its object
    for timeout in (
        settings.networking.request_timeout, settings.networking.connect_timeout, settings.watching.connect_timeout,
        settings.watching.client_timeout, settings.watching.inactivity_timeout,
    ):  # fmt: skip
        assert timeout is not None
    assert WORKERS >= 8


def test_the_routing_table_asks_for_nothing_but_events():
    registry = kopf.get_default_registry()
    routes = list(registry._watching.get_all_handlers())
    assert {h.fn.__name__ for h in routes} == {"thread_changed", "subagent_changed", "class_changed"}
    assert {h.fn.__module__ for h in routes} == {handlers.__name__}
    for other in (registry._changing, registry._spawning, registry._indexing):
        assert list(other.get_all_handlers()) == []


async def test_the_walk_queues_what_is_unfinished_behind_what_somebody_waits_for(world):
    world.add(THREADS, build_raw_thread())
    world.add(THREADS, build_raw_thread("tg-43", "uid-43", chat=43))
    world.context.threads.queue._due.clear()
    world.context.walk()
    world.tell(THREADS, "tg-43")
    world.context.threads.queue.add("tg-43")
    assert queued(world.context.threads) == ["tg-43", NAME]
    assert world.calls == []


async def test_a_sub_agent_that_ended_is_looked_at_once_its_class_lets_it_go(world):
    def ended(name, hours, class_name="default"):
        at = (world.client.time - timedelta(hours=hours)).isoformat()
        world.add(SUBS, build_sub(name, {"phase": "Succeeded", "finishedAt": at}, class_name))

    world.add_class("short", ttlSecondsAfterFinished={"subAgent": 3600})
    ended("rests", 23)
    ended("due", 25)
    ended("short", 2, "short")
    ended("no-class", 23, "gone")
    world.context.subagents.queue._due.clear()
    world.context.walk()
    assert queued(world.context.subagents) == ["due", "short"]


async def test_a_class_that_changes_is_looked_at_with_all_that_may_wait_for_it(world):
    world.add(THREADS, build_raw_thread(classRef={"name": "later"}))
    world.add(THREADS, build_raw_thread("tg-43", "uid-43", chat=43))
    world.add(SUBS, build_sub(class_name="later"))
    for controller in (world.context.threads, world.context.subagents):
        controller.queue._due.clear()
    world.context.classes._due.clear()
    world.add_class("later")
    assert (queued(world.context.threads), queued(world.context.subagents)) == ([NAME], ["sub"])
    assert list(world.context.classes._due) == ["later"]
    world.context.classes._due.clear()
    world.tell(CLASSES, "later")
    raw = world.client.get(CLASSES, "later")
    world.add(CLASSES, {**raw, "status": {"conditions": []}})  # as another operator writes
    assert list(world.context.classes._due) == []


async def test_what_the_watches_tell_leads_to_a_look_at_whose_it_is(world):
    world.add(THREADS, build_raw_thread())
    await world.context.threads.reconcile(NAME)
    world.context.threads.queue._due.clear()
    for informer in world.context.view.informers:
        informer._synced.set()
    world.put_pod(job_name())
    assert queued(world.context.threads) == [NAME]
    world.context.threads.queue._due.clear()
    world.put_pod(job_name())  # its version alone has changed
    assert queued(world.context.threads) == []
    about = {"kind": "Pod", "name": f"{job_name()}-abcde", "uid": f"uid-{job_name()}-abcde"}
    event = {"metadata": {"name": "e", "uid": "e", "resourceVersion": "900"}, "involvedObject": about}
    world.context.view.events.remember({**event, "type": "Normal", "reason": "Whatever"})
    assert queued(world.context.threads) == []
    event["metadata"]["resourceVersion"] = "901"
    world.context.view.events.remember({**event, "type": "Warning", "reason": "FailedMount", "message": "no"})
    assert queued(world.context.threads) == [NAME]


async def test_what_the_namespace_enforces_is_looked_at_with_each_walk(world):
    world.context.walk()
    await world.context._classes.reconcile("default")
    conditions = world.client.get(CLASSES, "default")["status"]["conditions"]
    assert {c["type"]: c["status"] for c in conditions} == {"Accepted": "True", "PodSecurity": "False"}
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    world.client.put("namespaces", {"metadata": {"name": "agents", "labels": labels}})
    world.add_class("another")
    world.client.calls.clear()
    world.context.walk()
    for name in ("default", "another", "default"):
        await world.context._classes.reconcile(name)
    assert world.calls == ["GET namespaces", "PATCH agentclasses/status", "PATCH agentclasses/status"]


async def test_classes_of_another_release_get_no_conditions(world):
    world = World(config=make_config(release="oc"))
    for name, release in (("own", "oc"), ("other", "nobody-else"), ("free", None)):
        labels = {names.LABEL_INSTANCE: release} if release else {}
        meta = {"name": name, "generation": 1, "labels": labels}
        world.add(CLASSES, {"metadata": meta, "spec": {}})
        await world.context._classes.reconcile(name)
    assert [name for name in ("own", "other", "free") if "status" in world.client.get(CLASSES, name)] == ["own", "free"]


async def test_two_releases_in_one_namespace_take_what_is_their_bots(world):
    world = World(config=make_config(bot="tg"))
    world.add(THREADS, build_raw_thread())
    other = build_raw_thread("tg-x-43", "uid-43", chat=43)
    other["spec"]["channel"]["bot"] = "tg-x"
    world.add(THREADS, other)
    world.add(SUBS, {**build_sub("tg-x-43-r1-k1"), "metadata": {
        "name": "tg-x-43-r1-k1", "labels": {names.LABEL_THREAD: "tg-x-43"}}})  # fmt: skip
    assert world.context.view.threads.names() == [NAME]
    assert world.context.view.subagents.names() == []
    world.context.walk()
    assert queued(world.context.threads) == [NAME]


async def test_what_a_list_left_out_is_asked_for_and_forgotten(world):
    for chat in (1, 2):
        world.add(THREADS, build_raw_thread(f"tg-{chat}", f"uid-{chat}", chat=chat))
    world.add(SUBS, build_sub())
    del world.client.objects[THREADS, "tg-1"]
    clock = world.context._thread_intake._clock
    world.tell(THREADS, "tg-2", None)  # a list, after a watch that broke: without tg-1
    await world.context.forget_deleted()
    assert world.calls == []  # it may not be over
    world.context._thread_intake._clock = lambda: clock() + 31
    await world.context.forget_deleted()
    assert world.calls == [f"GET {THREADS}"]
    assert world.context.view.threads.names() == ["tg-2"]
    await world.context.forget_deleted()
    assert world.calls == []


async def test_a_suspect_stays_one_while_the_api_server_is_away(world):
    world.add(THREADS, build_raw_thread())
    intake = world.context._thread_intake
    intake.suspects = [NAME]
    world.client.refusals = {f"GET {THREADS}": [Away("no")]}
    with pytest.raises(Away):
        await world.context.forget_deleted()
    assert intake.suspects == [NAME]
    await world.context.forget_deleted()
    assert (intake.suspects, world.context.view.threads.names()) == ([], [NAME])


async def test_a_standby_writes_nothing_and_takes_over_what_it_knows(monkeypatch):
    leading = Standby()
    world = World(leading)
    world.add_class()
    world.add(THREADS, build_raw_thread())
    assert queued(world.context.threads) == []
    with pytest.raises(NotLeading):
        await world.context.threads.reconcile(NAME)
    assert world.calls == []
    for informer in world.context.view.informers:
        informer._synced.set()
    loops = Loops(world.context)
    working = asyncio.create_task(loops._work())
    await leading.turn(True)
    await eventually(lambda: ("jobs", job_name()) in world.client.objects)
    await leading.turn(False)
    world.put_pod(job_name(), "Running", **RUNNING)
    await eventually(lambda: not world.context.threads.queue.active)
    world.client.calls.clear()
    world.add(THREADS, build_raw_thread("tg-43", "uid-43", chat=43))
    await asyncio.sleep(0)
    assert world.calls == []
    await leading.turn(True)
    await eventually(lambda: world.client.objects.get(("jobs", names.build_job_name("tg-43", "uid-43", 1))))
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await loops.stop()
    assert (leading.given_up, world.client.closed) == (True, True)
