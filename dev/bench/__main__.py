"""Measure the way of a message, cold and warm, beside two baselines in the same run; print it and write JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from kubernetes_asyncio import client, config

from dev.bench.baselines import arguments, run_direct, run_job
from dev.bench.clouds import Clouds
from dev.bench.memory import read_memory
from dev.bench.paths import STEPS, collect, send
from dev.bench.stats import Figures, between, split, summarise, verdict
from dev.images import build_all
from dev.paths import ROOT
from dev.progress import main_guard, step
from dev.release import Release, prepare

NAMESPACE, NAME, KEY = "openclaw-bench", "bench", "demo-key-of-the-scripted-model"
RESULT = ROOT / "build" / "bench-latency.json"
WARM_STEPS = tuple(s for s in STEPS if s not in {"resource_patched", "job_created", "runner_started", "hello", "ready"})


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="dev.bench")
    parser.add_argument("-n", type=int, default=10, help="samples of each kind")
    count = parser.parse_args().n
    first = int(time.time()) % 1_000_000 * 1000
    chats = [first + i for i in range(count + 1)]
    release, images = prepare(NAMESPACE, NAME)
    release.install({"images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": chats}})
    return asyncio.run(_measure(release, count, chats))


async def _measure(release: Release, count: int, chats: list[int]) -> int:
    image = build_all(["runner"])["runner"][0]
    await config.load_kube_config(str(release.cluster.kubeconfig))
    cold: list[dict[str, float]] = []
    warm: list[dict[str, float]] = []
    jobs: list[dict[str, float]] = []
    async with client.ApiClient() as api:
        with ExitStack() as stack:
            ports = [stack.enter_context(release.forward(f"service/{NAME}-demo-{n}", p))
                     for n, p in (("telegram", 8081), ("model", 8082))]  # fmt: skip
            clouds = Clouds(*ports)
            given = arguments(f"http://{NAME}-demo-model.{NAMESPACE}.svc:8082/v1", KEY)
            await run_job(api, NAMESPACE, image, int(time.time()), given)  # brings the image into the page cache
            send(clouds, chats[0], "warm up")
            with step(f"measuring {count} cold starts and bare Jobs in turn", 8 * count):
                for number, chat in enumerate(chats[1:]):
                    cold.append(send(clouds, chat, "hello"))
                    await _end(release, chat)
                    jobs.append(await run_job(api, NAMESPACE, image, int(time.time()) + number, given))
            with step(f"measuring {count} warm turns and direct prompts", count):
                send(clouds, chats[0], "warm up")
                warm += [send(clouds, chats[0], f"hello {i}") for i in range(count)]
                direct = await run_direct(api, NAMESPACE, image, count, given)
            memory = read_memory(_pod_uids(release))
            collect(release, cold, [f"tg-{c}" for c in chats[1:]])
            collect(release, warm, [f"tg-{chats[0]}"] * count)
            await _end(release, chats[0])
    _report(cold, warm, jobs, direct, memory)
    return 0


async def _end(release: Release, chat: int) -> None:
    """Remove a chat's agent and wait for its pod to be gone, so that the next sample has the machine to itself."""
    release.kubectl("delete", "agentthread", f"tg-{chat}", "--wait=false")
    while release.kubectl("get", "pods", "-l", f"openclaw.dev/thread=tg-{chat}", "-o", "name").strip():
        await asyncio.sleep(0.2)


def _pod_uids(release: Release) -> set[str]:
    return {p["metadata"]["uid"] for p in release.get("pods")["items"]}


def _report(
    cold: list[dict[str, float]], warm: list[dict[str, float]], jobs: list[dict[str, float]], direct: list[float],
    memory: dict[str, tuple[float, float]],
) -> None:  # fmt: skip
    cold_total = summarise(between(cold, "received", "model_request"))
    warm_total = summarise(between(warm, "received", "visible"))
    bare = summarise(between(jobs, "created", "answered"))
    straight = summarise(direct)
    tables: dict[str, dict[str, Figures]] = {
        "cold: each step since the one before": split(cold, STEPS),
        "warm: each step since the one before": split(warm, WARM_STEPS),
        "baselines": {
            "bare Job: asked for → first line": summarise(between(jobs, "created", "first_line")),
            "bare Job: first line → pi answers": summarise(between(jobs, "first_line", "answered")),
            "bare Job: total": bare,
            "direct prompt → first text": straight,
        },
        "totals": {
            "cold: update → model's first request": cold_total,
            "cold: update → first visible text": summarise(between(cold, "received", "visible")),
            "warm: update → model's request": summarise(between(warm, "received", "model_request")),
            "warm: update → first visible text": warm_total,
        },
    }
    for title, rows in tables.items():
        print(f"\n{title:44}      p50      p90    worst   (ms, n)")
        for name, f in rows.items():
            print(f"  {name:42} {f.p50:8.1f} {f.p90:8.1f} {f.worst:8.1f}   {f.n}")
    words = verdict(cold_total.p50, bare.p50, warm_total.p50, straight.p50)
    print("\n" + "\n".join(words))
    print("\nmemory (MiB resident / proportional): "
          + ", ".join(f"{k} {rss:.0f}/{pss:.0f}" for k, (rss, pss) in sorted(memory.items())))  # fmt: skip
    sizes = {t: round(a.stat().st_size / 1e6) for t, (_, a) in build_all().items()}
    print("images (MB): " + ", ".join(f"{k} {v}" for k, v in sizes.items()))
    result: dict[str, Any] = {
        "tables": {t: {k: asdict(f) for k, f in rows.items()} for t, rows in tables.items()},
        "verdict": words, "memory_mib": memory, "images_mb": sizes, "samples": {"cold": cold, "warm": warm, "jobs": jobs},
    }  # fmt: skip
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1))
    print(f"\nwritten to {RESULT.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main_guard(main))
