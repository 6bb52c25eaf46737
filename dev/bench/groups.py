"""Let ten agents write into one group at once: `python -m dev.bench.groups`.

The simulated Telegram takes twenty calls a minute of a group, as the real one is known to. Beside ours another bot shows as
many answers in another group the plain way: a message, then an edit every 1.5 seconds. An answer's end is when the
gateway has stored it; it is told when the simulated Telegram shows its last word.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from dev.bench.bounds import bench_guard
from dev.bench.clouds import call
from dev.bench.paths import read_steps
from dev.progress import step
from dev.release import Release, prepare, wait_until

NAMESPACE, NAME = "openclaw-bench", "bench"
PERSON = 48151623
TURNS, LIMIT, SECONDS = 10, 20, 60
_WORDS = SECONDS * 5
_LAST = f"w{_WORDS - 1}"
_NAIVE_TOKEN = "1000000002:another-bot-of-the-benchmark"  # noqa: S105  # the simulator's own
_NAIVE_PAUSE = 1.5
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """How one answer was shown.

    Attributes:
        previews: How often it was seen before its end.
        behind: Seconds from its end until it was told.
    """

    previews: int
    behind: float


@dataclass(frozen=True, slots=True)
class Calls:
    """A bot's calls for a group: those refused with 429, all, and how many of each method."""

    refused: int
    all: int
    methods: Mapping[str, int]


def main() -> int:
    """Run the benchmark."""
    group = -(int(time.time()) % 1_000_000 * 1000 + 100_000_000)
    release, images = prepare(NAMESPACE, NAME)
    small = {"class": {"resources": {"requests": {"cpu": "20m"}}}}  # ten of them on one small node
    release.install(
        {"images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": [PERSON]}, "agents": small}
    )
    with ExitStack() as stack:
        port = stack.enter_context(release.forward(f"service/{NAME}-demo-telegram", 8081))
        with step(f"starting {TURNS} agents", 60):
            _ask_all(port, group, "hello")
            wait_until("an answer in each topic", lambda: len(_find(port, group, 0, "Echo: hello")) == TURNS, 240)
        try:
            _measure(release, port, group)
        finally:
            call(port, "/sim/reset", {})
            release.agents.kubectl("delete", "agentthreads", "--all", "--wait=false")
    return 0


def _measure(release: Release, port: int, group: int) -> None:
    call(port, "/sim/settings", {"group_limit": LIMIT, "group_window": _MINUTE})
    since, started = int(call(port, "/sim/events?since=0&timeout=0")["last"]), time.time() * 1000
    with step(f"{TURNS} answers of {SECONDS} s at once", SECONDS + _MINUTE / 2):
        naive = _start_naive(port, group - 1)
        _ask_all(port, group, f"slow {_WORDS} {SECONDS * 1000 // _WORDS}")
        wait_until("all ends", lambda: len(_find(port, group, since, _LAST)) == TURNS, SECONDS + 3 * _MINUTE)
        for thread in naive:
            thread.join()
    ends = _ends(release, group)
    told = [
        Told(len(_seen(port, group, topic, since)), (_find(port, group, since, _LAST)[topic] - ends[topic]) / 1000)
        for topic in _topics()
    ]
    _report(told, _calls(port, group, started), _calls(port, group - 1, started))


def _topics() -> range:
    return range(11, 11 + TURNS)


def _ask_all(port: int, group: int, text: str) -> None:
    for topic in _topics():
        body = {"chat": group, "user": PERSON, "topic": topic, "forum": True, "text": f"@demo_bot {text}"}
        call(port, "/sim/messages", body)


def _start_naive(port: int, group: int) -> Sequence[threading.Thread]:
    call(port, "/sim/bots", {"token": _NAIVE_TOKEN, "username": "naive_bot"})
    call(port, "/sim/chats", {"chat": group, "chat_type": "supergroup", "title": "naive"})
    threads = [threading.Thread(target=_edit_naively, args=(port, group)) for _ in range(TURNS)]
    for thread in threads:
        thread.start()
    return threads


def _edit_naively(port: int, group: int) -> None:
    """Show a growing text for as long as ours, whatever the answers are."""
    started, sent = time.monotonic(), None
    while time.monotonic() - started < SECONDS:
        body: dict[str, Any] = {"chat_id": group, "text": f"so far {time.monotonic()}"}
        method = "sendMessage"
        if sent is not None:
            method, body["message_id"] = "editMessageText", sent
        answer = call(port, f"/bot{_NAIVE_TOKEN}/{method}", body, refusals=True)
        if answer["ok"] and sent is None:
            sent = answer["result"]["message_id"]
        time.sleep(_NAIVE_PAUSE)


def _events(port: int, group: int, since: int) -> list[dict[str, Any]]:
    found = call(port, f"/sim/events?since={since}&chat={group}&timeout=0")["events"]
    return [e for e in found if e["kind"] in {"message", "edit"} and e.get("by") != PERSON]


def _find(port: int, group: int, since: int, words: str) -> dict[int, float]:
    """Return when each topic first showed these words, in epoch milliseconds."""
    found: dict[int, float] = {}
    for event in _events(port, group, since):
        if words in event["text"]:
            found.setdefault(event["topic"], event["t"])
    return found


def _seen(port: int, group: int, topic: int, since: int) -> list[dict[str, Any]]:
    """Return the previews of a topic's answer."""
    own = [e for e in _events(port, group, since) if e["topic"] == topic]
    return [e for e in own if "w0" in e["text"] and _LAST not in e["text"]]


def _ends(release: Release, group: int) -> dict[int, float]:
    """Return when each topic's last answer was stored, in epoch milliseconds."""
    names = {f"tg-n{-group}-{topic}": topic for topic in _topics()}
    steps = [s for s in read_steps(release) if s["step"] == "turn_ended" and s.get("agent_thread") in names]
    return {names[s["agent_thread"]]: float(s["t"]) for s in steps}


def _calls(port: int, group: int, since: float) -> Calls:
    calls = [c for c in call(port, f"/sim/calls?since={since:.0f}") if str(c["chat"]) == str(group)]
    methods = Counter(str(c["method"]) for c in calls)
    return Calls(sum(c["status"] == 429 for c in calls), len(calls), dict(methods.most_common()))


def _report(told: Sequence[Told], ours: Calls, naive: Calls) -> None:
    behind, previews = [t.behind for t in told], [t.previews for t in told]
    late = "met" if max(behind) <= _MINUTE else "NOT met"
    sys.stdout.write(
        f"\n{TURNS} answers of {SECONDS} s at once in a group that takes {LIMIT} calls a minute\n"
        f"  refused with 429:   ours {ours.refused} of {ours.all} calls, an edit every {_NAIVE_PAUSE:g} s "
        f"{naive.refused} of {naive.all}\n"
        f"  our calls:          {', '.join(f'{method} {count}' for method, count in ours.methods.items())}\n"
        f"  told behind an end: median {statistics.median(behind):.1f} s, worst {max(behind):.1f} s "
        f"(at most {_MINUTE:g} s: {late})\n"
        f"  seen before an end: {min(previews)} to {max(previews)} times each\n"
    )


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=45))
