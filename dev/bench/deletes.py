"""Measure how long it takes from `kubectl delete subagent` until everybody knows: `python -m dev.bench.deletes -n 10`.

Times are from the command's start, in seconds: the tool call has its answer when the parent's model is asked again, the
line in the chat is there when the simulated Telegram has it, the pod is gone when the API server lists it no more.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from dev.bench.bounds import bench_guard
from dev.bench.clouds import call
from dev.paths import ROOT
from dev.progress import UserError
from dev.release import Release, prepare, wait_until

NAMESPACE, NAME = "openclaw-bench", "bench"
RESULT = ROOT / "build" / "bench-deletes.json"
GRACE = 10
_MOST_SECONDS = 120.0
"""Until everybody knows, on the slowest machine."""
_TASK = "spawn: {bash: sleep 600}"


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="dev.bench.deletes")
    parser.add_argument("-n", type=int, default=10, help="samples")
    count = parser.parse_args().n
    chat = int(time.time()) % 1_000_000 * 1000
    release, images = prepare(NAMESPACE, NAME)
    release.install({"images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": [chat]}})
    with ExitStack() as stack:
        telegram, model = (
            stack.enter_context(release.forward(f"service/{NAME}-demo-{n}", p)) for n, p in (("telegram", 8081), ("model", 8082))
        )  # fmt: skip
        samples = [_tell(_measure(release, telegram, model, chat)) for _ in range(count)]
    _report(samples)
    release.agents.kubectl("delete", "agentthread", f"tg-{chat}", "--wait=false")
    return 0


def _measure(release: Release, telegram: int, model: int, chat: int) -> dict[str, float]:
    """Start one, let its tool run, delete it, and return the seconds until each who waits knows."""
    told = {"chat": chat, "user": chat, "text": _TASK}
    asked = int(call(telegram, "/sim/messages", told)["message_id"])
    selector = ("-l", f"openclaw.dev/thread=tg-{chat}")

    def running() -> str | None:
        found = release.agents.get("subagents", *selector)["items"]
        return next((s["metadata"]["name"] for s in found if s.get("status", {}).get("phase") == "Running"), None)

    name = wait_until("a sub-agent at work", running, 120)
    pod = release.agents.get("subagent", name)["status"]["podName"]
    wait_until("its tool", lambda: release.agents.kubectl("exec", pod, "--", "pgrep", "sleep", check=False).strip(), 60)
    since = time.time_ns() // 1_000_000
    start = time.monotonic()
    release.agents.kubectl("delete", "subagent", name, "--wait=false")

    def in_chat() -> bool:
        said = call(telegram, f"/sim/chats/{chat}")["messages"]
        return any(m["message_id"] > asked and f"{name} was cancelled" in m["text"] for m in said)

    def answered() -> bool:
        requests = call(model, f"/sim/requests?since={since}")
        return any(f"{name} was cancelled" in json.dumps(r["body"]["messages"][-1]) for r in requests)

    def gone() -> bool:
        return not release.agents.kubectl("get", "pod", pod, "-o", "name", "--ignore-not-found").strip()

    waiting: dict[str, Callable[[], bool]] = {"chat": in_chat, "tool": answered, "pod": gone}
    sample: dict[str, float] = {}
    while waiting:
        if time.monotonic() - start > _MOST_SECONDS:
            raise UserError(f"{' and '.join(waiting)}: not within {_MOST_SECONDS:.0f} s of the deletion.")
        for what in [w for w, check in waiting.items() if check()]:
            sample[what] = round(time.monotonic() - start, 3)
            del waiting[what]
        time.sleep(0.02)
    wait_until(
        "the answer",
        lambda: any(
            "Result 1" in m["text"] and m["message_id"] > asked
            for m in call(telegram, f"/sim/chats/{chat}")["messages"]
        ),
        60,
    )
    return sample


def _tell(sample: dict[str, float]) -> dict[str, float]:
    print("  " + ", ".join(f"{what} {taken:.2f} s" for what, taken in sample.items()), flush=True)
    return sample


def _report(samples: list[dict[str, float]]) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(samples, indent=1))
    limits = {"tool": 2.0, "chat": 2.0, "pod": GRACE + 2.0}
    words = {"tool": "the tool call has its answer", "chat": "the chat says so", "pod": "the pod is gone"}
    sys.stdout.write(f"\nFrom `kubectl delete subagent`, n = {len(samples)}, seconds\n")
    for what, limit in limits.items():
        taken = [s[what] for s in samples]
        median, worst = statistics.median(taken), max(taken)
        verdict = "met" if worst <= limit else "NOT met"
        sys.stdout.write(
            f"  {words[what]:<30} median {median:6.2f}   worst {worst:6.2f}   (at most {limit:g}: {verdict})\n"
        )


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=45))
