"""The measurements: at rest, quiet, right after a restart of the operator, in a burst, with sub-agents, and bare Jobs."""

from __future__ import annotations

import asyncio
import copy
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent_contract import names
from agent_kube.client import MERGE_PATCH
from dev.bench.scale.atrest import THREADS
from dev.bench.scale.audit import Call
from dev.bench.scale.bench import DONE_SECONDS, Bench
from dev.bench.scale.cluster import NAMESPACE, PARTS
from dev.bench.scale.figures import PerRun, Rest, Starts, count_calls, summarise_starts
from dev.bench.scale.processes import Memory, read_cpu, read_memory

JOBS: Final = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
SUBAGENTS: Final = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.SUB_AGENTS}"
AFTER_SECONDS: Final = 3.0
"""After a run is over: what it still causes has come by then."""
API_SERVER: Final = "kube-apiserver"
_RUN = 2
_LOOK_SECONDS = 0.05
_MOST_TABLES = 5
_SERVER_SIDE = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "labels",
)
_WALKED = "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE seq_tup_read > 0"
_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
_SESSIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


async def measure_rest(bench: Bench, seconds: float) -> Rest:
    """Measure what the parts take while nothing happens."""
    pids = {
        "operator": bench.operator.pid,
        "gateway": bench.gateway.pid,
        API_SERVER: bench.cluster.server.pids[API_SERVER],
    }
    mark, walked, commits = bench.cluster.audit.mark(), *await _read_database(bench)
    cpu, begun = {name: read_cpu(pid) for name, pid in pids.items()}, time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - begun
    used = {name: 100 * (read_cpu(pid) - cpu[name]) / took for name, pid in pids.items()}
    walked_after, commits_after = await _read_database(bench)
    calls = bench.cluster.audit.since(mark)
    return Rest(
        cpu_percent={name: round(value, 2) for name, value in used.items()},
        calls_a_minute={part: round(60 * sum(c.who == part for c in calls) / took, 1) for part in PARTS},
        rows_walked_a_minute={
            table: round(60 * count / took) for table, count in (walked_after - walked).most_common(_MOST_TABLES)
        },
        transactions_a_second=round((commits_after - commits) / took, 1),
        sessions=int(await bench.database.fetchval(_SESSIONS)),
    )


def measure_memory(bench: Bench) -> dict[str, Memory]:
    """Return what operator and gateway have in memory."""
    return {"operator": read_memory(bench.operator.pid), "gateway": read_memory(bench.gateway.pid)}


async def measure_quiet(bench: Bench, count: int) -> tuple[Starts, dict[str, PerRun]]:
    """Let one person after the other say something; return how long their Jobs took, and what a run asks for by part."""
    mark, chats, cpu = bench.cluster.audit.mark(), bench.take(count), _read_api_cpu(bench)
    for chat in chats:
        await bench.say([chat])
        await bench.until_done([chat])
        await asyncio.sleep(AFTER_SECONDS / 2)
    cpu = _read_api_cpu(bench) - cpu
    await asyncio.sleep(AFTER_SECONDS)
    calls = bench.cluster.audit.since(mark)
    per_run = {part: count_calls(calls, part, count) for part in PARTS}
    return summarise_starts(_find_starts(bench, calls, chats), cpu), per_run


async def measure_burst(bench: Bench, count: int) -> Starts:
    """Let many say something at once; their Jobs from the gateway's patch on."""
    mark, chats, cpu = bench.cluster.audit.mark(), bench.take(count), _read_api_cpu(bench)
    await bench.say(chats)
    await _until_running(bench, [_job_of(bench, chat) for chat in chats])
    cpu = _read_api_cpu(bench) - cpu
    await bench.until_done(chats)
    return summarise_starts(_find_starts(bench, bench.cluster.audit.since(mark), chats), cpu)


async def measure_patches(bench: Bench, count: int) -> Starts:
    """Patch many AgentThreads at once, as an administrator could: the operator alone."""
    bench.pods.silent = True
    mark, chats, cpu = bench.cluster.audit.mark(), bench.take(count), _read_api_cpu(bench)
    await asyncio.gather(*(_want(bench, chat) for chat in chats))
    await _until_running(bench, [_job_of(bench, chat) for chat in chats])
    cpu = _read_api_cpu(bench) - cpu
    await bench.until_done(chats)
    bench.pods.silent = False
    return summarise_starts(_find_starts(bench, bench.cluster.audit.since(mark), chats), cpu)


async def measure_restart(bench: Bench, times: int, count: int) -> tuple[Starts, float]:
    """Restart the operator, patch as soon as it says that it is ready; return also the seconds until it said so."""
    found: list[tuple[float, float, float]] = []
    ready = 0.0
    for _ in range(times):
        bench.operator.stop()
        ready = max(ready, await asyncio.to_thread(bench.operator.start))
        mark, chats = bench.cluster.audit.mark(), bench.take(count)
        await bench.say(chats)
        await bench.until_done(chats)
        found += _find_starts(bench, bench.cluster.audit.since(mark), chats)
    return summarise_starts(found, 0.0), ready


async def measure_children(bench: Bench, parents: int, children: int) -> tuple[Starts, PerRun]:
    """Let parents have sub-agents at once; their Jobs from the gateway's POST of the SubAgent on."""
    mark, chats, cpu = bench.cluster.audit.mark(), bench.take(parents), _read_api_cpu(bench)
    await bench.say(chats, f"[children {children}]")
    await bench.until_done(chats)
    cpu = _read_api_cpu(bench) - cpu
    await asyncio.sleep(AFTER_SECONDS)
    calls = bench.cluster.audit.since(mark)
    made = (await bench.cluster.client.request("GET", SUBAGENTS))["items"]
    own = tuple(f"tg-{chat}-" for chat in chats)
    jobs = {
        one["metadata"]["name"]: names.build_job_name(
            one["metadata"]["name"], one["metadata"]["uid"], names.SUBAGENT_RUN
        )
        for one in made
        if one["metadata"]["name"].startswith(own)
    }
    found = _match(bench, calls, names.SUB_AGENTS, jobs)
    # a parent's own run is among them
    return summarise_starts(found, cpu), count_calls(calls, "operator", len(chats) * (1 + children))


async def measure_bare(bench: Bench, count: int) -> Starts:
    """Make Jobs of the very pod that a run has, at once, with nobody between."""
    like = (await bench.cluster.client.request("GET", JOBS, params={"limit": "1"}))["items"][0]
    bodies = [_build_bare(like, f"bare-{time.time_ns()}-{number}") for number in range(count)]
    mark, cpu = bench.cluster.audit.mark(), _read_api_cpu(bench)
    await asyncio.gather(*(bench.cluster.client.request("POST", JOBS, body=body) for body in bodies))
    jobs = [body["metadata"]["name"] for body in bodies]
    await _until_running(bench, jobs)
    cpu = _read_api_cpu(bench) - cpu
    calls = bench.cluster.audit.since(mark)
    posted = {c.name: c for c in calls if c.words == "create jobs" and c.name in set(jobs)}
    return summarise_starts([(posted[job].begun, posted[job].ended, bench.pods.running[job]) for job in jobs], cpu)


def _build_bare(like: Mapping[str, Any], name: str) -> dict[str, Any]:
    body = copy.deepcopy(dict(like))
    body["metadata"] = {k: v for k, v in body["metadata"].items() if k not in _SERVER_SIDE} | {"name": name}
    body["spec"].pop("selector", None)
    del body["status"]
    labels = body["spec"]["template"]["metadata"]["labels"]
    ours = (names.LABEL_THREAD, names.LABEL_RUN, names.LABEL_SUBAGENT)
    kept = {k: v for k, v in labels.items() if k not in ours and "job-name" not in k and "controller-uid" not in k}
    body["spec"]["template"]["metadata"]["labels"] = kept
    return body


async def _want(bench: Bench, chat: int) -> None:
    path = f"{THREADS}/tg-{chat}"
    await bench.cluster.client.request("PATCH", path, body={"spec": {"run": _RUN}}, content_type=MERGE_PATCH)


async def _until_running(bench: Bench, jobs: Sequence[str]) -> None:
    async with asyncio.timeout(DONE_SECONDS):
        while not bench.pods.running.keys() >= set(jobs):
            await asyncio.sleep(_LOOK_SECONDS)


def _job_of(bench: Bench, chat: int) -> str:
    return names.build_job_name(f"tg-{chat}", bench.uids[chat], _RUN)


def _find_starts(bench: Bench, calls: Sequence[Call], chats: Sequence[int]) -> list[tuple[float, float, float]]:
    return _match(bench, calls, names.AGENT_THREADS, {f"tg-{chat}": _job_of(bench, chat) for chat in chats})


def _match(
    bench: Bench, calls: Sequence[Call], plural: str, jobs: Mapping[str, str]
) -> list[tuple[float, float, float]]:
    """Return for each of our resources when it was written, its Job made, and its pod seen running."""
    written: dict[str, float] = {}
    made: dict[str, float] = {}
    for call in calls:
        if call.resource == plural and call.verb in {"create", "patch"} and call.name in jobs:
            written.setdefault(call.name, call.begun)
        elif call.words == "create jobs" and call.code < 300:
            made[call.name] = call.ended
    return [(written[name], made[job], bench.pods.running[job]) for name, job in jobs.items()]


def _read_api_cpu(bench: Bench) -> float:
    return read_cpu(bench.cluster.server.pids[API_SERVER])


async def _read_database(bench: Bench) -> tuple[Counter[str], int]:
    walked = Counter({row["relname"]: row["seq_tup_read"] for row in await bench.database.fetch(_WALKED)})
    return walked, int(await bench.database.fetchval(_COMMITS))
