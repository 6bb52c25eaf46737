"""`chat`, `logs` and `transcript`: a conversation in the terminal."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from kubectl_openclaw.console import Console
from kubectl_openclaw.follow import Follower
from kubectl_openclaw.show import clean, clean_line, read_time

WAIT: Final = 15
"""Seconds that a call waits for something new."""
CALL: Final = 60.0
QUIET: Final = 4.0
"""After so long without a word it is told why."""
MOST_PAGE: Final = 200


def follow(console: Console, follower: Follower, is_over: Callable[[], bool], tell: Callable[[], None]) -> None:
    """Write what comes until it is over; after a while in which nothing begins, tell once why."""
    begun, told = time.monotonic(), False
    while True:
        waiting = follower.state == "queued"
        query = follower.build_query(2 if waiting and not told else WAIT)
        for text in follower.take(console.read("turns", query, CALL)):
            sys.stdout.write(text)
        sys.stdout.flush()
        if is_over():
            return
        if not told and follower.state == "queued" and time.monotonic() - begun > QUIET:
            told = True
            tell()


def ask(console: Console, text: str, tell: Callable[[], None]) -> bool:
    """Ask something and write the answer; say whether it ended well."""
    said = console.do("say", {"request": str(uuid.uuid4()), "text": text})
    follower = Follower(int(said["turn"]), headers=False)
    follow(console, follower, lambda: follower.ended is not None, tell)
    ended = follower.ended or {}
    if ended.get("state") != "done":
        print(f"It ended as {ended.get('state')} ({ended.get('reason') or 'no reason'}).", file=sys.stderr)
    return ended.get("state") == "done"


def show_logs(console: Console, *, on: bool) -> None:
    """Write the newest turn, and go on with what comes where that is asked."""
    newest = (console.read("turns", {"most": "1"}).get("turns") or [None])[-1]
    if newest is None and not on:
        print("Nothing was asked yet.", file=sys.stderr)
        return
    follower = Follower(int(newest["id"]) if newest else 0)
    follow(console, follower, lambda: not on and not follower.has_more, lambda: None)


def show_transcript(console: Console, most: int) -> None:
    """Write what was said last, oldest first."""
    pages: list[list[Mapping[str, Any]]] = []
    left, before = most, ""
    while left > 0:
        query = {"most": str(min(left, MOST_PAGE)), **({"before": before} if before else {})}
        page = list(console.read("messages", query).get("messages") or [])
        if not page:
            break
        pages.append(page)
        left -= len(page)
        before = str(page[0]["id"])
    for page in reversed(pages):
        for one in page:
            print(_build_message(one))


def _build_message(one: Mapping[str, Any]) -> str:
    at = read_time(one.get("at")) or datetime.now(UTC)
    who = (
        "agent"
        if one.get("role") == "assistant"
        else clean_line(one.get("person") or one.get("personId") or "asked", 100)
    )
    undone = ", taken back" if one.get("undone") else ""
    return f"── {who}, {at.astimezone():%Y-%m-%d %H:%M:%S}{undone}\n{clean(str(one.get('text', ''))).strip()}\n"
