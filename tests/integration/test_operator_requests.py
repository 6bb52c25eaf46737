"""What the operator asks of the API server: for a run, for a burst, and after a restart beside many that rest."""

from __future__ import annotations

import asyncio

import pytest

from agent_contract import names
from tests.support.counting import counting
from tests.support.eventually import LONG, eventually
from tests.support.operating import Operator, prepare_namespace

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(600)]
NAMESPACE = "requests"
THREADS = names.AGENT_THREADS
RESTING = 2000
WRITES = ("POST", "PATCH", "PUT", "DELETE")
_MOST = 8
"""Requests of an undisturbed run."""
_TRIES = 5
"""Runs: what a slow machine disturbs costs more requests, in one of them or another."""


@pytest.fixture(scope="module")
def way(apiserver):
    with counting(apiserver) as way:
        yield way


@pytest.fixture(scope="module")
def process(apiserver, way, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operator")
    operator = Operator(prepare_namespace(apiserver, NAMESPACE, folder, way.url), NAMESPACE, folder / "log")
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
    meta = {"name": "default"}
    apiserver.call("POST", path, {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": meta})
    try:
        operator.start_and_wait()
        yield operator
    finally:
        operator.stop()


def watches_aside(counts):
    return {what: count for what, count in counts.items() if not what.startswith("WATCH")}


async def quiet(way):
    """Wait until the operator asks for nothing any more."""

    async def rests():
        way.take()
        await asyncio.sleep(1)
        return not watches_aside(way.take())

    await eventually(rests, timeout=200)


async def run_once(agents, way, chat):
    """Bring a run from its wish to its end; return the requests."""
    name = await agents.make_thread(chat)
    await agents.status(name, phase="Idle")
    await quiet(way)
    await agents.change(name, run=1)
    pod = await agents.pod(name)
    await agents.bind(pod)
    await agents.status(name, number=1, phase="Starting")
    await agents.report(pod, "Running", running={"startedAt": "2026-01-02T03:04:05Z"})
    await agents.status(name, phase="Running")
    await agents.end(pod, 0)
    await agents.status(name, phase="Idle", reason="IdleTimeout")

    async def complete():
        job = await agents.job(name)
        return job["status"].get("conditions")

    await eventually(complete)
    await asyncio.sleep(1)  # what comes after its end counts as well
    return watches_aside(way.take())


async def test_an_undisturbed_run_costs_one_job_and_three_status_writes(process, way, agents):
    tries = [await run_once(agents, way, 1)]
    while sum(tries[-1].values()) > _MOST and len(tries) < _TRIES:
        tries.append(await run_once(agents, way, 1 + len(tries)))
    counts = min(tries, key=lambda found: sum(found.values()))
    status_writes = counts.pop(f"PATCH {THREADS}/status")
    assert status_writes <= 3
    assert counts.pop("POST jobs") == 1
    assert sum(counts.values()) + status_writes + 1 <= _MOST, counts
    assert not [what for what in counts if what.startswith(("GET", "LIST"))], counts
    assert process.metric("openclaw_operator_container_seconds_count") >= 1
    assert process.metric('openclaw_operator_request_seconds_count{verb="POST"}') >= 1
    assert process.metric('openclaw_operator_watches_total{outcome="done",resource="jobs",verb="LIST"}') >= 1
    assert process.metric("openclaw_operator_problem") == 0


async def _is_idle(agents, name):
    return (await agents.thread(name)).get("status", {}).get("phase") == "Idle"


async def test_a_restart_beside_two_thousand_threads_at_rest_and_a_burst(process, way, agents):
    async def make(numbers):
        for number in numbers:
            await agents.make_thread(100_000 + number)

    await asyncio.gather(*(make(range(start, RESTING, 8)) for start in range(8)))
    last = names.build_thread_name("tg", 100_000 + RESTING - 1, None)
    await eventually(lambda: _is_idle(agents, last), timeout=300)
    await quiet(way)
    process.stop()
    way.take()
    process.start()
    first = await agents.make_thread(7_000, run=1)
    await eventually(lambda: agents.job(first), timeout=LONG)
    counts = watches_aside(way.take())
    assert counts["POST jobs"] == 1
    # pages of 500 of each kind that kopf lists, and the check of what the cluster serves; nothing for each that rests
    assert counts[f"LIST {THREADS}"] <= RESTING / 500 + 3
    discovery = {
        what for what in counts if what.startswith(("GET api", "GET apis", "GET openapi", "GET version", "GET /"))
    }
    assert {what for what in counts if what.startswith("GET")} <= discovery, counts
    assert sum(count for what, count in counts.items() if what.startswith(WRITES)) <= 3, counts
    await eventually(lambda: process.get("readyz")[0] == 200, timeout=LONG)
    way.take()
    burst = await asyncio.gather(*(agents.make_thread(8_000 + number, run=1) for number in range(100)))

    async def begun():
        jobs = (await agents.client.request("GET", agents.jobs))["items"]
        threads = {job["metadata"]["labels"].get(names.LABEL_THREAD) for job in jobs}
        return threads.issuperset(burst)

    await eventually(begun, timeout=LONG)
    counts = watches_aside(way.take())
    assert counts["POST jobs"] == len(burst)
    assert not [what for what in counts if what.startswith(("LIST", "GET"))], counts
