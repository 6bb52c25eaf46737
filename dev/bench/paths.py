"""One message through the whole path, and where each of its steps is read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dev.bench.clouds import Clouds, call
from dev.progress import UserError
from dev.release import Release

STEPS = (
    "received", "inbox_committed", "turn_queued", "resource_patched", "job_created", "runner_started", "hello",
    "ready", "turn_sent", "model_request", "first_text", "visible",
)  # fmt: skip
"""In the order in which they happen in a cold start; a live turn has no run to begin."""
PATIENCE: Final = 600.0
"""Seconds that an answer may take on the slowest machine; what is measured is not how long this is."""
_STAYS: Final = ("message", "edit")
_SHOWN: Final = (*_STAYS, "draft")
"""What shows a person a text: a new message, another text of one that stood there, a draft."""
_GRACE_MS: Final = 2000.0
"""After its text was seen, a message's steps may be told so late."""


def ask(clouds: Clouds, chat: int, text: str) -> dict[str, float]:
    """Say something; return `received` in epoch milliseconds, `update`, and the number of the last event before it."""
    since = call(clouds.telegram, "/sim/events?since=0&timeout=0")["last"]
    said = call(clouds.telegram, "/sim/messages", {"chat": chat, "text": text})
    return {"received": said["t"], "update": said["update_id"], "since": since}


def find_visible(
    events: Sequence[Mapping[str, Any]], chat: int, answer: str, kinds: Sequence[str] = _SHOWN
) -> float | None:
    """Return when a chat's first event showed an answer of the bot, by default however it was shown.

    Args:
        events: As the simulator tells them, in their order.
        chat: The private chat, which bears its person's number.
        answer: A part of the text that is waited for: what the bot says of itself, as that a pod starts, is none.
        kinds: Of events that count.
    """
    for event in events:
        ours = event["chat"] == chat and event["kind"] in kinds and event.get("by") != chat
        if ours and answer in (event.get("text") or ""):
            return float(event["t"])
    return None


def wait_visible(clouds: Clouds, marks: Mapping[int, dict[str, float]], answer: str = "Echo") -> None:
    """Wait until each chat shows its answer, and note when it first did as `visible`.

    Raises:
        UserError: one did not within ten minutes.
    """
    _wait(clouds, marks, answer, _SHOWN, "visible")


def wait_told(clouds: Clouds, chat: int, mark: dict[str, float], answer: str) -> None:
    """Wait until an answer stands in the chat, and note when as `told`: what is said before that meets a turn that runs.

    Args:
        clouds: Both simulators.
        chat: The private chat.
        mark: Of the message.
        answer: The whole of it.

    Raises:
        UserError: it did not within ten minutes.
    """
    _wait(clouds, {chat: mark}, answer, _STAYS, "told")


def _wait(
    clouds: Clouds, marks: Mapping[int, dict[str, float]], answer: str, kinds: Sequence[str], name: str
) -> None:  # fmt: skip
    left = dict(marks)
    since = min(mark["since"] for mark in marks.values())
    deadline = time.monotonic() + PATIENCE
    while left:
        found = call(clouds.telegram, f"/sim/events?since={since:.0f}&timeout=5")
        for chat, mark in list(left.items()):
            seen = find_visible([e for e in found["events"] if e["n"] > mark["since"]], chat, answer, kinds)
            if seen is not None:
                mark[name] = seen
                del left[chat]
        since = found["last"]
        if time.monotonic() > deadline:
            raise UserError(f"The bot did not answer {len(left)} of {len(marks)} chats within {PATIENCE:.0f} s.")


def send(clouds: Clouds, chat: int, text: str, answer: str = "Echo") -> dict[str, float]:
    """Say something and wait for the bot's first text; return `received` and `visible` in epoch milliseconds.

    Raises:
        UserError: there was no answer in ten minutes.
    """
    mark = ask(clouds, chat, text)
    wait_visible(clouds, {chat: mark}, answer)
    return mark


def collect(
    steps: Sequence[Mapping[str, Any]], marks: Sequence[dict[str, float]], threads: Sequence[str]
) -> None:  # fmt: skip
    """Add to each message's marks what gateway and operator logged of it.

    Args:
        steps: As `read_steps` returns them.
        marks: Of the messages.
        threads: The AgentThread of each.
    """
    asked = [(thread, mark["received"]) for mark, thread in zip(marks, threads, strict=True)]
    for mark, thread in zip(marks, threads, strict=True):
        later = [at for other, at in asked if other == thread and at > mark["received"]]  # whose steps are its own
        until = min([mark["visible"] + _GRACE_MS, *later])
        for line in steps:
            own = line.get("agent_thread") == thread or (
                line["step"] == "inbox_committed" and line.get("update_id") == mark["update"]
            )
            if own and mark["received"] <= line["t"] < until:
                mark.setdefault(line["step"], float(line["t"]))
                if line["step"] == "ready":
                    # the runner tells how long ago its process began; the operator sees that up to a second late
                    mark.setdefault("runner_started", line["t"] - 1000 * line["timings"]["ready"])


def read_steps(release: Release, since: float | None = None) -> list[dict[str, Any]]:
    """Return what gateway and operator logged of the steps of messages, by default in the last half hour.

    Args:
        release: Whose.
        since: Seconds since the epoch.
    """
    begin = "--since=30m" if since is None else f"--since-time={datetime.fromtimestamp(since, UTC):%Y-%m-%dT%H:%M:%SZ}"
    text = ""
    for part in ("gateway", "operator"):
        text += release.kubectl("logs", f"deployment/{release.name}-{part}", begin)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("message") == "step"]
