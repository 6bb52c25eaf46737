"""One look at one thread: what is asked of the API server, in which order, and what a refusal leads to."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from agent_contract import names
from agent_kube.errors import Away, Conflict, NotFound, Refused, Throttled
from tests.support.eventually import eventually
from tests.support.kubeclient import RUNNING, SCHEDULED, World, build_raw_thread, ended
from tests.support.operator import NAME, job_name

JOB = job_name()
POST, PATCH = "POST jobs", f"PATCH {names.AGENT_THREADS}/status"


@pytest.fixture
async def world():
    world = World()
    world.add_class()
    world.add(names.AGENT_THREADS, build_raw_thread())
    return world


async def look(world, name=NAME):
    await world.context.threads.reconcile(name)


@contextlib.asynccontextmanager
async def working(world):
    loops = [asyncio.create_task(world.context.threads.queue.run())]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def test_an_undisturbed_run_costs_one_job_and_three_writes(world):
    await look(world)
    assert world.calls == [POST]
    world.client.pass_by(0.2)
    world.put_pod(JOB)
    await look(world)
    assert world.calls == []  # a Job that was just made is not worth a write
    world.put_pod(JOB, **SCHEDULED)
    await look(world)
    assert (world.calls, world.run["podName"], world.run["jobName"]) == ([PATCH], f"{JOB}-abcde", JOB)
    world.put_pod(JOB, "Running", **RUNNING)
    await look(world)
    world.put_pod(JOB, "Succeeded", **ended(0))
    await look(world)
    assert (world.calls, world.run["reason"]) == ([PATCH, PATCH], "IdleTimeout")
    await look(world)
    assert world.calls == []


async def test_a_pod_that_does_not_come_is_told_after_a_while(world):
    await look(world)
    world.client.pass_by(3.5)
    await look(world)
    assert (world.calls, world.run) == ([POST, PATCH], {"number": 1, "jobName": JOB})


async def test_a_look_asks_for_nothing_that_is_known(world):
    await look(world)
    world.put_pod(JOB, "Running", **RUNNING)
    await look(world)
    assert world.calls == [POST, PATCH]
    for _ in range(5):
        await look(world)
    assert world.calls == []


async def test_what_others_wrote_into_a_status_stays(world):
    raw = build_raw_thread()
    world.add(names.AGENT_THREADS, {**raw, "status": {"spending": {"money": "1.00"}, "later": {"a": 1}}})
    await look(world)
    world.put_pod(JOB, **SCHEDULED)
    await look(world)
    status = world.client.get(names.AGENT_THREADS, NAME)["status"]
    assert (status["spending"], status["later"], status["phase"]) == ({"money": "1.00"}, {"a": 1}, "Starting")


async def test_a_conflict_is_looked_at_again_when_the_cache_has_caught_up(world):
    await look(world)
    world.put_pod(JOB, **SCHEDULED)
    world.client.put(names.AGENT_THREADS, world.client.get(names.AGENT_THREADS, NAME))  # its event is on its way
    async with working(world):
        world.context.threads.queue.add(NAME)
        await eventually(lambda: world.client.calls == [POST, PATCH])
        await asyncio.sleep(0)
        assert "status" not in world.client.objects[names.AGENT_THREADS, NAME]
        world.tell(names.AGENT_THREADS, NAME)
        await eventually(lambda: world.client.calls == [POST, PATCH, PATCH])
    assert world.run["podName"]


async def test_a_job_that_stands_already_is_followed(world):
    await look(world)
    world.client.calls.clear()
    fresh = World()
    fresh.client.objects.update(world.client.objects)
    for plural, name in ((names.AGENT_CLASSES, "default"), (names.AGENT_THREADS, NAME)):
        fresh.tell(plural, name, None)
    await look(fresh)  # its informer has not told of the Job yet
    assert fresh.calls == [POST, "GET jobs"]
    fresh.client.pass_by(4)
    await look(fresh)
    assert (fresh.calls, fresh.run) == ([PATCH], {"number": 1, "jobName": JOB})


async def test_a_foreign_job_is_told_and_never_touched(world):
    world.client.put("jobs", {"metadata": {"name": JOB, "uid": "foreign"}})
    await look(world)
    await look(world)
    assert (world.run["reason"], JOB in world.run["message"]) == ("CreateRefused", True)
    assert not [call for call in world.calls if call.startswith(("DELETE", "PATCH jobs"))]
    del world.client.objects["jobs", JOB]
    await look(world)
    assert ("jobs", JOB) in world.client.objects


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [
        (403, "exceeded quota: q", "QuotaExceeded"),
        (403, "jobs is forbidden", "CreateRefused"),
        (422, "spec.template is invalid", "CreateRefused"),
        (400, 'admission webhook "x" denied the request: no', "CreateRefused"),
        (413, "Request entity too large", "CreateRefused"),
        (500, 'admission webhook "x" denied the request: no', "CreateRefused"),
    ],
)
async def test_a_refusal_is_told_in_the_api_servers_words(world, status, words, reason):
    world.client.refusals = {POST: [Refused(words, status)]}
    await look(world)
    assert (world.run["reason"], world.run["message"]) == (reason, words)
    assert "jobName" not in world.run
    world.client.pass_by(4)
    await look(world)
    assert ("jobs", JOB) in world.client.objects


async def test_a_failure_that_may_pass_is_told_after_some_tries(world):
    failing = 'failed calling webhook "x": connection refused'
    world.client.refusals = {POST: [Away(failing, 500, "InternalError") for _ in range(3)]}
    for _ in range(2):
        with pytest.raises(Away):
            await look(world)
    assert world.calls == [POST, POST]
    await look(world)
    assert (world.run["reason"], world.run["message"]) == ("WebhookUnavailable", failing)
    await look(world)
    assert ("jobs", JOB) in world.client.objects


async def test_an_api_server_that_does_not_answer_or_wants_a_pause_is_told_nowhere(world):
    world.client.refusals = {POST: [Away("no answer") for _ in range(5)] + [Throttled("later", 429, "Busy", 3)]}
    for kind in [Away] * 5 + [Throttled]:
        with pytest.raises(kind):
            await look(world)
    assert set(world.calls) == {POST}


async def test_a_thread_that_went_meanwhile_is_forgotten(world):
    await look(world)
    world.put_pod(JOB, **SCHEDULED)
    del world.client.objects[names.AGENT_THREADS, NAME]
    await look(world)
    assert world.context.view.threads.get(NAME) is None
    await look(world)
    assert world.calls == [POST, PATCH]


async def test_a_thread_that_is_going_is_left_to_its_owner_references(world):
    raw = build_raw_thread()
    raw["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    world.add(names.AGENT_THREADS, raw)
    await look(world)
    await look(world, "tg-43")
    assert world.calls == []


async def test_a_stop_deletes_the_own_job_of_this_uid(world):
    await look(world)
    world.put_pod(JOB, "Running", **RUNNING)
    await look(world)
    raw = world.client.get(names.AGENT_THREADS, NAME)
    raw["spec"]["stop"] = 1
    world.add(names.AGENT_THREADS, raw)
    world.client.calls.clear()
    await look(world)
    assert world.calls == ["DELETE jobs", PATCH]
    assert world.client.bodies[-2]["preconditions"] == {"uid": f"uid-{JOB}"}
    assert world.run["reason"] == "Stopped"


async def test_a_job_is_gone_only_when_the_api_server_says_so_and_takes_its_pod_along(world):
    await look(world)
    world.put_pod(JOB, "Running", **RUNNING)
    await look(world)
    job = world.client.objects.pop(("jobs", JOB))
    world.context.view.jobs._cache.drop(JOB, None)
    world.client.objects["jobs", JOB] = job  # the watch said so, and was wrong
    world.calls.clear()
    await look(world)
    assert world.calls == ["GET jobs"]
    world.context.view.jobs._cache.drop(JOB, None)
    del world.client.objects["jobs", JOB]
    await look(world)
    assert world.calls == ["GET jobs", "DELETE pods", PATCH]
    assert (world.run["reason"], "finishedAt" in world.run) == ("Deleted", False)


async def test_a_lost_job_whose_pod_is_not_known_is_looked_for(world):
    await look(world)
    world.client.pass_by(4)
    await look(world)
    pod = world.put_pod(JOB, "Running", **RUNNING)
    for cache, name in ((world.context.view.jobs, JOB), (world.context.view.pods, pod["metadata"]["name"])):
        cache._cache.drop(name, None)
    del world.client.objects["jobs", JOB]
    world.calls.clear()
    await look(world)
    assert world.calls == ["GET jobs", "GET pods", "DELETE pods", PATCH]


async def test_a_job_without_its_label_is_asked_for_at_each_look(world):
    await look(world)
    world.client.pass_by(4)
    await look(world)
    raw = world.client.get("jobs", JOB)
    del raw["metadata"]["labels"]
    world.client.put("jobs", raw)
    world.context.view.jobs._cache.drop(JOB, None)  # as the watch tells by its selector
    world.calls.clear()
    await look(world)
    await look(world)
    assert world.calls == ["GET jobs", "GET jobs"]
    assert "finishedAt" not in world.run


async def test_a_deadline_is_moved_when_the_pod_has_waited(world):
    await look(world)
    raw = world.client.get("jobs", JOB)
    seconds = raw["spec"]["activeDeadlineSeconds"]
    raw["status"] = {"startTime": "2026-01-02T03:00:07Z"}
    world.client.put("jobs", raw)
    world.remember_jobs()
    world.put_pod(JOB, "Running", **RUNNING)
    await look(world)
    assert world.client.objects["jobs", JOB]["spec"]["activeDeadlineSeconds"] >= seconds + 120
    world.calls.clear()
    await look(world)
    assert world.calls == []


async def test_what_cannot_be_read_is_told_and_ends_nothing(world, caplog):
    odd = {"metadata": {"name": "tg-1", "uid": "u"}, "spec": {"channel": {"botId": 1, "chatId": "words"}}}
    world.add(names.AGENT_THREADS, odd)
    await look(world, "tg-1")
    assert "resource_unreadable" in [record.message for record in caplog.records]
    assert "words" not in caplog.text
    assert world.calls == [f"GET {names.AGENT_THREADS}", PATCH]  # what it says of itself, and no Job


async def test_a_missing_class_is_asked_for_before_it_is_told(world):
    raw = build_raw_thread(classRef={"name": "later"})
    world.add(names.AGENT_THREADS, raw)
    await look(world)
    assert (world.calls, world.run["reason"]) == ([f"GET {names.AGENT_CLASSES}", PATCH], "ClassNotFound")
    world.client.put(names.AGENT_CLASSES, {"metadata": {"name": "later", "generation": 1}, "spec": {}})
    await look(world)
    assert world.calls == [f"GET {names.AGENT_CLASSES}", POST, PATCH]  # what it waited for is taken back at once


async def test_a_conflict_or_absence_at_a_delete_is_no_failure(world):
    await look(world)
    for error in (Conflict("another uid", 409, "Conflict"), NotFound("gone", 404, "NotFound")):
        world.client.refusals = {"DELETE jobs": [error]}
        await world.context.kube.delete_job(JOB, "x")


async def test_a_write_that_something_else_answers_is_no_write(world):
    async def proxy(*args, **call):
        return {"kind": "Welcome"}

    world.client.request = proxy
    with pytest.raises(Away, match="no object"):
        await look(world)
    assert world.context.view.find_job(JOB) is None
