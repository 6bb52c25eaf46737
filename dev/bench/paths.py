"""One message through the whole path, and where each of its steps is read."""

from __future__ import annotations

import json
import time
from typing import Any

from dev.bench.clouds import Clouds, call
from dev.progress import UserError
from dev.release import Release

STEPS = (
    "received", "inbox_committed", "turn_queued", "resource_patched", "job_created", "runner_started", "hello",
    "ready", "turn_sent", "model_request", "first_text", "visible",
)  # fmt: skip
"""In the order in which they happen in a cold start; a warm turn has no run to begin."""


def send(clouds: Clouds, chat: int, text: str) -> dict[str, float]:
    """Say something and wait for the bot's first text; return `received` and `visible` in epoch milliseconds.

    Raises:
        UserError: there was no answer in two minutes.
    """
    since = call(clouds.telegram, "/sim/events?since=0&timeout=0")["last"]
    said = call(clouds.telegram, "/sim/messages", {"chat": chat, "text": text})
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = call(clouds.telegram, f"/sim/events?since={since}&chat={chat}&timeout=5")
        for event in found["events"]:
            if event["kind"] == "message" and event.get("by") != chat and "Echo" in event["text"]:
                return {"received": said["t"], "visible": event["t"], "update": said["update_id"]}
    raise UserError("The bot did not answer within two minutes.")


def collect(release: Release, marks: list[dict[str, float]], threads: list[str]) -> None:
    """Add to each message's marks what gateway and operator logged of it."""
    steps = read_steps(release)
    for mark, thread in zip(marks, threads, strict=True):
        for line in steps:
            own = line.get("agent_thread") == thread or (
                line["step"] == "inbox_committed" and line.get("update_id") == mark["update"]
            )
            if own and mark["received"] <= line["t"] <= mark["visible"] + 2000:
                mark.setdefault(line["step"], float(line["t"]))
                if line["step"] == "ready":
                    # the runner tells how long ago its process began; the operator sees that up to a second late
                    mark.setdefault("runner_started", line["t"] - 1000 * line["timings"]["ready"])


def read_steps(release: Release) -> list[dict[str, Any]]:
    """Return what gateway and operator logged of the steps of messages."""
    text = ""
    for part in ("gateway", "operator"):
        text += release.kubectl("logs", f"deployment/{release.name}-{part}", "--since=30m")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("message") == "step"]
