"""Let forty people talk in twenty chats: `python -m dev.bench.talk --minutes 10`.

Nothing breaks here: it is asked whether each chat reads from top to bottom though messages wait for each other, and how
often a phone rings for one answer. `dev.bench.talkjudge` says how that is judged.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Final

from dev.bench.bounds import bench_guard
from dev.bench.clouds import call
from dev.bench.talkjudge import Asked, Event, Judgement, judge
from dev.chaos.messages import BOT
from dev.progress import step
from dev.release import Release, prepare, wait_until

NAMESPACE, NAME = "openclaw-talk", "talk"
PEOPLE: Final = tuple(range(72001, 72041))
PRIVATE, GROUPS, TOPICS = 8, 8, 4
"""Private chats of one person each, groups of four, and topics of one more group where everybody reads."""
A_MINUTE: Final = 40
"""Questions of all together."""
_BURST: Final = 0.4
"""Probability that a question follows the one before at once, in the same chat."""
_REST_SECONDS: Final = 300.0
_MAX_THREADS: Final = 12
"""Fewer than there are conversations, so that some wait in line."""


def main() -> int:
    """Run it; 1 where a chat does not read in order, or rings too often."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench.talk", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    release, images = prepare(NAMESPACE, NAME)
    small = {"resources": {"requests": {"cpu": "20m", "memory": "64Mi"}}, "timeouts": {"idle": 60}}
    values = {
        "images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": list(PEOPLE)},
        "gateway": {"maxThreads": _MAX_THREADS}, "agents": {"class": small},
    }  # fmt: skip
    release.install(values)
    with ExitStack() as stack:
        port = stack.enter_context(release.forward(f"service/{NAME}-demo-telegram", 8081))
        try:
            return _talk(port, random.Random(arguments.seed), arguments.minutes * 60)
        finally:
            _remove(release)


def _remove(release: Release) -> None:
    release.remove()


def _talk(port: int, rng: random.Random, seconds: float) -> int:
    first = int(call(port, "/sim/events?since=0&timeout=0")["last"])
    began = time.time() * 1000
    asked: list[Asked] = []
    with step(f"{len(PEOPLE)} people talk", seconds):
        started = time.monotonic()
        for at, body, word in plan_talk(rng, seconds):
            time.sleep(max(0.0, started + at - time.monotonic()))
            number = int(call(port, "/sim/messages", body)["message_id"])
            asked.append(Asked((body["chat"], body.get("topic")), number, word))
    chats = {one.venue[0] for one in asked}

    def answered() -> bool:
        return not judge(asked, _read_events(port, chats, first)).missing

    with step("the last answers", 30):
        try:
            wait_until("all answers", answered, _REST_SECONDS)
        except TimeoutError:
            sys.stdout.write("  not every question was answered in time\n")
    judgement = judge(asked, _read_events(port, chats, first))
    calls = [c for c in call(port, f"/sim/calls?since={began:.0f}") if c["chat"] is not None]
    sys.stdout.write(describe(judgement, calls))
    return 0 if judgement.sound else 1


def plan_talk(rng: random.Random, seconds: float) -> Iterator[tuple[float, dict[str, Any], str]]:
    """Yield what is said, in order of time: the second, what the simulator is told, and the word of its answer."""
    places = build_places()
    count = round(A_MINUTE * seconds / 60)
    times = sorted(rng.uniform(0, seconds * 0.95) for _ in range(count))
    last: tuple[float, tuple[dict[str, Any], Sequence[int]]] | None = None
    for number, drawn in enumerate(times):
        at, place = drawn, rng.choice(places)
        if last is not None and rng.random() < _BURST:
            at, place = max(drawn, last[0] + rng.uniform(0.2, 3.0)), last[1]
        where, people = place
        word = f"word{number:04d}"
        text = _draw_text(rng, word)
        body = {**where, "user": rng.choice(people), "text": text if where["chat"] > 0 else f"{BOT} {text}"}
        last = at, place
        yield at, body, word


def build_places() -> Sequence[tuple[dict[str, Any], Sequence[int]]]:
    """Return the chats and topics as the simulator is told of them, each with who speaks there."""
    private = [({"chat": person}, [person]) for person in PEOPLE[:PRIVATE]]
    rest = PEOPLE[PRIVATE:]
    groups = [
        (
            {"chat": -(200_000_001 + n), "chat_type": "supergroup"},
            rest[n * len(rest) // GROUPS :][: len(rest) // GROUPS],
        )
        for n in range(GROUPS)
    ]
    topics = [({"chat": -200_000_099, "topic": 11 + n, "forum": True}, rest[n::TOPICS]) for n in range(TOPICS)]
    return [*private, *groups, *topics]


def _draw_text(rng: random.Random, word: str) -> str:
    match rng.choices(("echo", "slow", "bash", "long"), (6, 5, 3, 1))[0]:
        case "slow":
            return f"slow {rng.randint(12, 60)} {rng.choice((60, 120, 400))} {word}"
        case "bash":
            # the command does not hold the word as one: the line of the tool is no answer
            return f"bash: sleep {rng.randint(0, 3)}; echo {word[:4]} {word[4:]} | tr -d ' '"
        case "long":
            return f"long 6000\n{word}"
        case _:
            return f"please say {word}"


def _read_events(port: int, chats: set[int], since: int) -> list[Event]:
    found = [
        Event((chat, e["topic"]), e["message_id"], e["t"] / 1000, e["text"], bool(e["bot"]), bool(e["notified"]), e["kind"] == "edit")
        for chat in sorted(chats)
        for e in call(port, f"/sim/events?since={since}&chat={chat}&timeout=0")["events"]
        if e["kind"] in {"message", "edit"}
    ]  # fmt: skip
    return sorted(found, key=lambda event: event.at)


def describe(judgement: Judgement, calls: Sequence[dict[str, Any]]) -> str:
    """Say what was found."""
    pushes = judgement.pushes or (0,)
    methods = Counter(str(c["method"]) for c in calls)
    refused = sum(c["status"] == 429 for c in calls)
    lines = [
        f"\n{judgement.asked} questions in {judgement.venues} chats and topics",
        f"  read in order:          {judgement.ordered_share:.0%} of them",
        f"  pushes for an answer:   median {statistics.median(pushes):g}, worst {max(pushes)}, none {pushes.count(0)}",
        f"  without an answer:      {len(judgement.missing)}",
        f"  above what came before: {len(judgement.buried)}",
        f"  late and silent:        {len(judgement.silent)}",
        f"  calls:                  {len(calls)} ({refused} refused with 429): "
        + ", ".join(f"{m} {n}" for m, n in methods.most_common(6)),
    ]
    for venue, words in judgement.disordered.items():
        lines.append(f"    out of order in {venue[0]}/{venue[1]}: {', '.join(words)}")
    for name, some in (("missing", judgement.missing), ("buried", judgement.buried), ("silent", judgement.silent)):
        lines += [f"    {name}: {', '.join(some[:20])}"] if some else []
    return "\n".join([*lines, "  sound" if judgement.sound else "  NOT sound", ""])


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=120))
