"""Draw the trace of a cold message of this tree, and say which share of its time is told: `python -m dev.bench.trace`.

On the development cluster, with the simulators, and a collector in a pod beside them. Some conversations begin, one after the
other; the one of median length is drawn, all are told.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from dev.bench.bounds import bench_guard
from dev.bench.clouds import Clouds
from dev.bench.paths import send, wait_told
from dev.bench.tracepicture import draw, find_leaves, measure_share, read_bars
from dev.images import refs
from dev.paths import ROOT
from dev.progress import step
from dev.release import Release, prepare, wait_until

NAMESPACE, NAME, PORT = "openclaw-trace", "trace", 4318
PICTURE: Final = ROOT / "docs" / "explanation" / "trace.svg"
GOAL: Final = 0.95
"""Share of the time from update to first text that has a span."""
_ROOT_SPAN: Final = "invoke_agent pi"
_ARRIVE_SECONDS: Final = 60.0
_SCRIPT: Final = Path(__file__).with_name("collector.py")


def main() -> int:
    """Draw a trace; returns 1 where less of the time is told than the goal."""
    parser = argparse.ArgumentParser(prog="dev.bench.trace", description="Draw the trace of a cold message.")
    parser.add_argument("-n", type=int, default=3, help="how many conversations begin")
    parser.add_argument("--out", type=Path, default=PICTURE, help="where the picture goes")
    parser.add_argument("--keep", action="store_true", help="leave the release as it is")
    asked = parser.parse_args()
    first = int(time.time()) % 1_000_000 * 1000
    chats = [first + number for number in range(asked.n)]
    release, images = prepare(NAMESPACE, NAME)
    try:
        _install(release, images, chats)
        shares = _measure(release, chats, asked.out)
    finally:
        if not asked.keep:
            release.remove()
    return 0 if min(shares) >= GOAL else 1


def _install(release: Release, images: dict[str, Any], chats: list[int]) -> None:
    release.kubectl("create", "namespace", NAMESPACE, check=False)
    release.kubectl("delete", "pod", "collector", "--ignore-not-found")
    release.kubectl("apply", "-f", "-", stdin=json.dumps(_build_collector(refs()["gateway"])))
    release.install({
        "images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": chats},
        "tracing": {"endpoint": f"http://collector.{NAMESPACE}.svc:{PORT}"},
    })  # fmt: skip
    release.kubectl("wait", "--for=condition=Ready", "pod/collector", "--timeout=120s", timeout=150)


def _build_collector(image: str) -> dict[str, Any]:
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    labels = {"app": "collector"}
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "containers": [{
            "name": "collector", "image": image, "command": ["python", "/collector/collector.py"],
            "securityContext": safe, "volumeMounts": [{"name": "script", "mountPath": "/collector"}],
            "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        }],
        "volumes": [{"name": "script", "configMap": {"name": "collector"}}],
    }  # fmt: skip
    items = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "collector"}, "data": {_SCRIPT.name: _SCRIPT.read_text()}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "collector", "labels": labels}, "spec": pod},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "collector"},
         "spec": {"selector": labels, "ports": [{"port": PORT}]}},
    ]  # fmt: skip
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _measure(release: Release, chats: list[int], out: Path) -> list[float]:
    """Let conversations begin, draw one, and tell of each; return which shares of their times are told."""
    marks: dict[int, dict[str, float]] = {}
    with ExitStack() as stack:
        ports = [
            stack.enter_context(release.forward(f"service/{NAME}-demo-{n}", p))
            for n, p in (("telegram", 8081), ("model", 8082))
        ]
        clouds = Clouds(*ports)
        with step(f"beginning {len(chats)} conversations", 8 * len(chats)):
            for chat in chats:
                marks[chat] = send(clouds, chat, "What is this?")
                wait_told(clouds, chat, marks[chat], "Echo")
    told = wait_until("the traces", lambda: _read_whole(release, len(chats)), _ARRIVE_SECONDS)
    found = {span["attributes"]["gen_ai.conversation.id"]: span["trace"] for span in told if span["name"] == _ROOT_SPAN}
    shares, pictures = [], []
    for chat, mark in marks.items():
        bars = read_bars(told, found[f"tg-{chat}"])
        inner = [bar for bar in bars if bar.name != _ROOT_SPAN]
        share, leaves = (measure_share(some, mark["received"], mark["visible"]) for some in (inner, find_leaves(bars)))
        took = mark["visible"] - mark["received"]
        print(
            f"{took:7.0f} ms to the first text, {len(bars)} spans: {share:.1%} of it told, {leaves:.1%} by the innermost"
        )
        shares.append(share)
        words = f"A new conversation: {share:.1%} of the time from update to first text has a span"
        pictures.append((took, draw(bars, mark["received"], mark["visible"], words)))
    out.write_text(sorted(pictures)[len(pictures) // 2][1])
    print(f"load average {os.getloadavg()[0]:.1f}; wrote {out}")
    return shares


def _read_whole(release: Release, conversations: int) -> list[dict[str, Any]] | None:
    """Return the spans that arrived, once those of all conversations did."""
    lines = release.kubectl("logs", "pod/collector", "--tail=-1").splitlines()
    spans = [json.loads(line) for line in lines if line.startswith("{")]
    roots = {span["trace"] for span in spans if span["name"] == _ROOT_SPAN}
    containers = {span["trace"] for span in spans if span["name"] == "start container"}
    return spans if len(roots & containers) >= conversations else None


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=45))
