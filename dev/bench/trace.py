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
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dev.bench.bounds import bench_guard
from dev.bench.clouds import Clouds
from dev.bench.leftovers import clear
from dev.bench.paths import send, wait_told
from dev.bench.tracepicture import Bar, draw, find_leaves, measure_share, read_bars
from dev.images import refs
from dev.paths import ROOT
from dev.progress import UserError, step
from dev.release import Release, prepare, wait_until

NAMESPACE, NAME, PORT = "openclaw-trace", "trace", 4318
PICTURE: Final = ROOT / "docs" / "explanation" / "trace.svg"
GOAL: Final = 0.95
"""Share of the time from update to first text that has a span."""
_ROOT_SPAN: Final = "invoke_agent pi"
_ARRIVE_SECONDS: Final = 60.0
_ACCOUNT_SECONDS: Final = 30.0
_SCRIPT: Final = Path(__file__).with_name("collector.py")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the trace of a conversation's first message tells.

    Attributes:
        took: Milliseconds from the update to the first text.
        share: Of these, what spans within that of the whole tell.
        leaves: What the innermost of them tell.
        bars: All of its spans.
        mark: When the message was said, and when its first text was seen.
    """

    took: float
    share: float
    leaves: float
    bars: Sequence[Bar]
    mark: Mapping[str, float]


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
    with step("removing what an earlier run left", 5):
        clear(release)
    try:
        with step("installing", 40):
            _install(release, images, chats)
        seen = _measure(release, chats)
    finally:
        if not asked.keep:
            _leave(release)
    for one in seen:
        print(
            f"{one.took:7.0f} ms to the first text, {len(one.bars)} spans: {one.share:.1%} of it told, {one.leaves:.1%} by the innermost"
        )
    asked.out.write_text(picture(seen, os.cpu_count() or 1, os.getloadavg()[0]))
    print(f"wrote {asked.out}")
    return 0 if min(one.share for one in seen) >= GOAL else 1


def _leave(release: Release) -> None:
    try:
        clear(release)
    except UserError as error:
        print(f"Not all of it could be removed: {error}", file=sys.stderr)


def _install(release: Release, images: dict[str, Any], chats: list[int]) -> None:
    release.kubectl("create", "namespace", NAMESPACE)
    # a pod is refused until its namespace has this account
    account = ("get", "serviceaccount", "default", "--ignore-not-found", "-o", "name")
    wait_until("the namespace's account", lambda: release.kubectl(*account).strip(), _ACCOUNT_SECONDS)
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


def _measure(release: Release, chats: list[int]) -> list[Seen]:
    """Let conversations begin; return what the trace of each tells.

    Raises:
        UserError: a trace did not arrive.
    """
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
    try:
        told = wait_until("the traces", lambda: _read_whole(release, len(chats)), _ARRIVE_SECONDS)
    except TimeoutError as error:
        said = release.kubectl("logs", "pod/collector", "--tail=-1")
        raise UserError(
            f"Of {len(chats)} traces {len(list_whole(said))} arrived whole within {_ARRIVE_SECONDS:.0f} s; `--keep` leaves the "
            f"release for a look at the gateway's and operator's logs. The collector's last words:\n{said[-800:]}"
        ) from error
    return look(told, marks)


def look(told: Sequence[Mapping[str, Any]], marks: Mapping[int, Mapping[str, float]]) -> list[Seen]:
    """Return what the trace of each chat's message tells.

    Args:
        told: Spans, as the collector writes them.
        marks: When each was said and seen, by chat.
    """
    found = {span["attributes"]["gen_ai.conversation.id"]: span["trace"] for span in told if span["name"] == _ROOT_SPAN}
    seen = []
    for chat, mark in marks.items():
        bars = read_bars(told, found[f"tg-{chat}"])
        inner = [bar for bar in bars if bar.name != _ROOT_SPAN]
        share, leaves = (measure_share(some, mark["received"], mark["visible"]) for some in (inner, find_leaves(bars)))
        seen.append(Seen(mark["visible"] - mark["received"], share, leaves, bars, mark))
    return seen


def picture(seen: Sequence[Seen], cores: int, load: float) -> str:
    """Return the one of median length as an SVG, with what is to be known of all of them above it."""
    middle = sorted(seen, key=lambda one: one.took)[len(seen) // 2]
    shares = sorted(one.share for one in seen)
    words = (
        f"A new conversation, {cores} cores, load {load:.1f}: {middle.share:.1%} of the time from update to first text has a span "
        f"({shares[0]:.1%} to {shares[-1]:.1%} of {len(seen)})"
    )
    return draw(middle.bars, middle.mark["received"], middle.mark["visible"], words)


def _read_whole(release: Release, conversations: int) -> list[dict[str, Any]] | None:
    """Return the spans that arrived, once those of all conversations did."""
    said = release.kubectl("logs", "pod/collector", "--tail=-1")
    return _read_spans(said) if len(list_whole(said)) >= conversations else None


def _read_spans(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def list_whole(said: str) -> set[str]:
    """Return the traces of which all arrived, as the collector's lines tell: gateway and operator send apart from each other."""
    spans = _read_spans(said)
    roots, containers = (
        {span["trace"] for span in spans if span["name"] == name} for name in (_ROOT_SPAN, "start container")
    )
    return roots & containers


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=45))
