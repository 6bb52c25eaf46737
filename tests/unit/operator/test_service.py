"""One look at one thread: what is called, in which order, and what a refusal leads to."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
from datetime import UTC, datetime, timedelta

import aiohttp
import kopf
import pytest
from aiohttp.test_utils import unused_port

from agent_operator import handlers, workqueue
from agent_operator.context import SWEEP_SECONDS, build_context
from agent_operator.errors import Conflict, KubeError, Refused
from agent_operator.health import serve_health
from tests.support.eventually import eventually
from tests.support.operator import NAME, UID, job_name, make_config


class FakeKube:
    """Keeps threads, classes and Jobs as plain JSON; refuses as told, once each."""

    def __init__(self):
        meta = {"name": NAME, "uid": UID, "generation": 1, "resourceVersion": "1"}
        self.threads = {NAME: {"metadata": meta, "spec": {"channel": {"botId": 1, "chatId": 42}, "run": 1}}}
        self.classes = {"default": {"metadata": {"name": "default", "generation": 1}, "spec": {}}}
        self.jobs = {}
        self.subagents = []
        self.calls = []
        self.refusals = {}

    def _said(self, call):
        self.calls.append(call)
        if self.refusals.get(call):
            raise self.refusals[call].pop(0)

    async def read_thread(self, name):
        return copy.deepcopy(self.threads.get(name))

    async def read_class(self, name):
        return self.classes.get(name)

    async def read_job(self, name):
        return self.jobs.get(name)

    async def list_threads(self):
        self._said("list")
        return list(self.threads.values())

    async def list_subagents(self):
        return list(self.subagents)

    async def list_jobs(self, thread):
        return list(self.jobs.values())

    async def list_pods(self, thread):
        return []

    async def list_warnings(self, uids):
        return []

    async def create_job(self, job):
        self._said("create")
        self.put_job(job.metadata.name, job.metadata.owner_references[0].uid)

    def put_job(self, name, owner):
        owners = [{"uid": owner, "controller": True}]
        self.jobs[name] = {"metadata": {"name": name, "uid": "job-1", "ownerReferences": owners}}

    async def delete_job(self, name):
        self._said("delete")
        del self.jobs[name]

    async def write_status(self, thread, status):
        self._said("write")
        self.threads[thread["metadata"]["name"]]["status"] = status.to_dict()

    async def write_class_conditions(self, found, conditions):
        self._said("write class")
        found["status"] = {"conditions": [c.to_dict() for c in conditions]}

    @property
    def run(self):
        return self.threads[NAME]["status"]["run"]


@pytest.fixture
async def kube():
    return FakeKube()


@pytest.fixture
async def context(kube):
    return build_context(make_config(), kube)


@contextlib.asynccontextmanager
async def working(context):
    context.loops = [asyncio.create_task(q.run()) for q in (context.threads, context.classes)]
    try:
        yield
    finally:
        for loop in context.loops:
            loop.cancel()
        await asyncio.gather(*context.loops, return_exceptions=True)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(workqueue, "BACKOFF", (0.01,))


async def test_the_job_is_made_before_it_is_said(kube, context):
    await context.service.reconcile(NAME)
    assert kube.calls == ["create", "write"]
    await context.service.reconcile(NAME)
    assert kube.calls == ["create", "write"]


async def test_a_conflict_at_the_status_is_a_second_look_not_a_second_job(kube, context, quick):
    kube.refusals = {"write": [Conflict("the object has been modified")]}
    async with working(context):
        context.threads.add(NAME)
        await eventually(lambda: kube.calls == ["create", "write", "write"])
        await eventually(lambda: kube.run["jobName"] == job_name())


async def test_a_job_that_stands_already_is_looked_at(kube, context):
    real = kube.read_job
    stale = iter([None])

    async def read_job(name):  # the first look came just before the Job
        return next(stale) if "create" not in kube.calls else await real(name)

    kube.read_job = read_job
    kube.put_job(job_name(), "somebody")
    kube.refusals = {"create": [Conflict("already exists")]}
    async with working(context):
        context.threads.add(NAME)
        await eventually(lambda: "status" in kube.threads[NAME])
    assert kube.run["reason"] == "CreateRefused"
    assert "jobName" not in kube.run


@pytest.mark.parametrize(
    ("words", "reason"),
    [("exceeded quota: q", "QuotaExceeded"), ('admission webhook "x" denied the request: no', "CreateRefused")],
)
async def test_a_refusal_is_said_in_the_api_servers_words(kube, context, words, reason):
    kube.refusals = {"create": [Refused(words)]}
    await context.service.reconcile(NAME)
    assert (kube.run["reason"], kube.run["message"]) == (reason, words)
    await context.service.reconcile(NAME)
    assert kube.run == {"number": 1, "jobName": job_name()}


async def test_an_api_server_away_leaves_everything_to_the_next_look(kube, context, quick, caplog):
    kube.refusals = {"create": [KubeError("The API server does not answer (TimeoutError).")]}
    async with working(context):
        context.threads.add(NAME)
        await eventually(lambda: kube.calls == ["create", "create", "write"])
    assert "does not answer" in caplog.records[0].problem


async def test_a_thread_that_is_gone_or_going_is_left_to_its_owner_references(kube, context):
    kube.threads[NAME]["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    await context.service.reconcile(NAME)
    await context.service.reconcile("tg-43")
    assert kube.calls == []


async def test_what_cannot_be_read_is_told_and_ends_nothing(kube, context, caplog):
    kube.threads["tg-1"] = {"metadata": {"name": "tg-1", "uid": "u"}, "spec": {"channel": {"chatId": "words"}}}
    kube.classes["odd"] = {"metadata": {"name": "odd"}, "spec": {"egress": "Everywhere"}}
    async with working(context):
        await context.sweep_once()
        context.classes.add("odd")
        context.classes.add("default")
        await eventually(lambda: {"write", "write class"} <= set(kube.calls))
        assert not context.dead()
    assert sorted(r.message for r in caplog.records if r.levelno == logging.ERROR) == [
        "class_unreadable", "thread_unreadable",
    ]  # fmt: skip
    assert "words" not in caplog.text


async def test_a_thread_of_an_unreadable_class_is_told_which_fields(kube, context):
    kube.classes["default"]["spec"] = {"egress": "Everywhere", "timeouts": {"turn": 0}}
    await context.service.reconcile(NAME)
    assert kube.run["reason"] == "ClassInvalid"
    assert "spec.egress, spec.timeouts.turn" in kube.run["message"]


async def test_a_class_is_written_once(kube, context):
    await context.service.reconcile_class("default")
    await context.service.reconcile_class("default")
    await context.service.reconcile_class("missing")
    assert kube.calls == ["write class"]


async def test_the_sweep_enqueues_what_is_unfinished(kube, context):
    await context.sweep_once()
    assert context.threads.length == 1


async def test_an_event_of_a_thread_at_rest_enqueues_nothing(kube, context):
    del kube.threads[NAME]["spec"]["run"]
    await context.service.reconcile(NAME)
    context.thread_changed(kube.threads[NAME])
    assert context.threads.length == 0
    kube.threads[NAME]["metadata"]["generation"] = 2
    context.thread_changed(kube.threads[NAME])
    assert context.threads.length == 1


async def test_what_is_over_is_looked_at_once_its_class_lets_it_go(kube, context):
    def ended(name, hours, class_name="default"):
        at = datetime.now(UTC) - timedelta(hours=hours)
        status = {"phase": "Succeeded", "finishedAt": at.isoformat()}
        return {
            "metadata": {"name": name, "uid": name}, "status": status,
            "spec": {"task": "x", "classRef": {"name": class_name}},
        }  # fmt: skip

    kube.classes["short"] = {"metadata": {"name": "short"}, "spec": {"ttlSecondsAfterFinished": {"subAgent": 3600}}}
    kube.subagents = [ended("rests", 23), ended("due", 25), ended("short", 2, "short"), ended("no-class", 23, "gone")]
    for found in kube.classes.values():
        context.class_changed(found)
    looked_at = []
    context.subagents.add = looked_at.append
    await context.sweep_once()
    assert looked_at == ["due", "short"]


async def test_a_class_that_changes_causes_a_sweep(kube, context):
    sweeping = asyncio.create_task(context.sweep())
    await eventually(lambda: kube.calls == ["list"])
    context.class_changed(kube.classes["default"])
    await eventually(lambda: kube.calls == ["list", "list"])
    sweeping.cancel()


@pytest.fixture
async def ask(context):
    port = unused_port()
    serving = asyncio.create_task(serve_health(context, port))

    async def get(path):
        async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
            return answer.status, await answer.text()

    async def up():
        with contextlib.suppress(aiohttp.ClientError):
            return await get("healthz")

    async with aiohttp.ClientSession() as session:
        await eventually(up)
        yield get
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_before_the_first_sweep_it_is_alive_and_not_ready(ask):
    assert await ask("healthz") == (200, "ok")
    assert await ask("readyz") == (503, "The operator is starting.")


async def test_after_the_first_sweep_it_is_ready(ask, context):
    await context.sweep_once()
    assert await ask("healthz") == (200, "ok")
    assert await ask("readyz") == (200, "ready")


async def test_an_api_server_away_is_no_reason_to_be_restarted(ask, context, kube):
    kube.refusals = {"list": [KubeError("The API server does not answer (TimeoutError).")]}
    await context.sweep_once()
    assert await ask("healthz") == (200, "ok")
    assert await ask("readyz") == (503, "The API server does not answer (TimeoutError).")


async def test_a_sweep_that_hangs_and_a_loop_that_ended_are(ask, context):
    await context.sweep_once()
    context.swept_at -= 3 * SWEEP_SECONDS + 1
    assert (await ask("healthz"))[0] == 503
    await context.sweep_once()
    assert (await ask("healthz"))[0] == 200
    ended = asyncio.create_task(asyncio.sleep(0))
    await ended
    context.loops.append(ended)
    assert await ask("healthz") == (503, "a loop has ended")


def test_the_routing_table_asks_for_nothing_but_events():
    registry = kopf.get_default_registry()
    routes = list(registry._watching.get_all_handlers())
    assert {h.fn.__name__ for h in routes} == {
        "thread_changed", "subagent_changed", "class_changed", "child_changed", "warned",
    }  # fmt: skip
    assert {h.fn.__module__ for h in routes} == {handlers.__name__}
    for other in (registry._changing, registry._spawning, registry._indexing):
        assert list(other.get_all_handlers()) == []
