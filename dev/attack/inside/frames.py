"""Frames that cost more than they should, and frames that are none."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, untried
from dev.attack.inside.http import timed_others
from dev.attack.inside.wires import build_hello, connected, taken_lease, time_pong

SLOW_SECONDS = 1.5
"""An answer that takes longer tells that one frame holds the gateway up."""
_LATER = "refused with 429"
MOST_WORDS = 1000
"""Bytes of a refusal: words for a person."""


async def say_first(pod: Pod, data: str | bytes, seconds: float = 15.0) -> tuple[str, float]:
    """Say something in the place of a hello; return the words of the answer, and how long it took, in seconds of a quiet machine.

    A pod that opens too many connections has to wait: that is no answer to what is said.
    """
    patience = pod.facts.patience
    answer, spent = await _say_once(pod, data, seconds * patience)
    for _ in range(4):
        if answer != _LATER:
            break
        await asyncio.sleep(4)
        answer, spent = await _say_once(pod, data, seconds * patience)
    return answer, spent / patience


async def _say_once(pod: Pod, data: str | bytes, seconds: float) -> tuple[str, float]:
    started = time.monotonic()
    try:
        async with connected(pod) as socket:
            await (socket.send_bytes(data) if isinstance(data, bytes) else socket.send_str(data))
            async with asyncio.timeout(seconds):
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        return str(message.data), time.monotonic() - started
            return f"closed with {socket.close_code}", time.monotonic() - started
    except TimeoutError:
        return "", time.monotonic() - started
    except aiohttp.WSServerHandshakeError as error:
        return f"refused with {error.status}", time.monotonic() - started
    except (aiohttp.ClientError, OSError) as error:
        return f"ended: {type(error).__name__}", time.monotonic() - started


def judge_first(answer: str, seconds: float) -> Outcome:
    """Judge the answer to what was said in the place of a hello."""
    if answer in {"", _LATER}:
        return untried(answer or "nothing came back")
    good = "welcome" not in answer[:40] and len(answer) <= MOST_WORDS and seconds <= SLOW_SECONDS
    return decide(good, f"after {seconds:.2f} s, {len(answer)} bytes: {answer[:80]}")


@attack("ws-many-faults", "a hello with 100,000 wrong items, before any lease", seconds=60)
async def many_faults(pod: Pod) -> Outcome:
    """Make the validation tell each of its errors."""
    frame = build_hello(pod, turns_seen=["x"] * 100_000)
    return judge_first(*await say_first(pod, json.dumps(frame)))


@attack("ws-many-versions", "a hello with 7 MB of versions", seconds=60)
async def many_versions(pod: Pod) -> Outcome:
    """Fill a mapping whose keys are free."""
    frame = build_hello(pod, versions={f"k{number}": "v" * 100 for number in range(65_000)})
    return judge_first(*await say_first(pod, json.dumps(frame)))


@attack("ws-nested-first", "2 MB of nested lists in the place of a hello", seconds=60)
async def nested_first(pod: Pod) -> Outcome:
    """Make the parser build a million lists."""
    return judge_first(*await say_first(pod, '{"type":"x","a":[' + "[]," * 700_000 + "[]]}"))


@attack("ws-deep-first", "brackets that nest 100,000 deep in the place of a hello", seconds=60)
async def deep_first(pod: Pod) -> Outcome:
    """Make the parser recurse."""
    return judge_first(*await say_first(pod, "[" * 100_000))


@attack("ws-binary", "bytes in the place of a hello", seconds=60)
async def binary(pod: Pod) -> Outcome:
    """Send what is no text."""
    return judge_first(*await say_first(pod, b"\xff\x00" * 1000))


@attack("ws-protocol", "a hello of protocol 0 and of 99", seconds=60)
async def protocol(pod: Pod) -> Outcome:
    """Speak what the gateway does not."""
    answers = [await say_first(pod, json.dumps(build_hello(pod, protocol=number))) for number in (0, 99)]
    return decide(all("welcome" not in answer[:40] for answer, _ in answers), answers[0][0][:100])


@attack("ws-foreign-run", "a hello for another run, and for another conversation's", seconds=60)
async def foreign_run(pod: Pod) -> Outcome:
    """Say that this is another run."""
    for number in (pod.run + 1, 0, 2**31 - 1):
        answer, _ = await say_first(pod, json.dumps({**build_hello(pod), "run": number}))
        if '"welcome"' in answer:
            return decide(is_held=False, words=f"run {number} was welcomed")
    return held(answer[:100])


@attack("ws-huge-frame", "one frame of 32 MB", seconds=60)
async def huge(pod: Pod) -> Outcome:
    """Send what is over the largest frame."""
    async with timed_others(pod) as waits:
        answer, _ = await say_first(pod, "x" * (32 << 20))
    good = "welcome" not in answer[:40] and len(answer) <= MOST_WORDS and max(waits) <= SLOW_SECONDS
    return decide(good, f"others waited {max(waits):.2f} s; {answer[:80] or 'no answer'}")


async def _costs(pod: Pod, frames: list[dict[str, Any]], *, in_turn: bool = True) -> Outcome:
    """Send frames with the lease in hand; return how long others had to wait, and how the gateway took them."""
    async with taken_lease(pod) as lease, timed_others(pod) as waits:
        if in_turn:
            await lease.send_event(pod, kind="turn_started")
        try:
            for frame in frames:
                await lease.send(**frame)
            spent = await time_pong(lease.socket)
            end = await lease.read_end(1.0)
        except (OSError, aiohttp.ClientError) as error:
            spent, end = 0.0, type(error).__name__
    good = max(waits) <= SLOW_SECONDS and len(end) <= MOST_WORDS
    return decide(good, f"others waited {max(waits):.2f} s, its own connection {spent:.2f} s; {end or 'taken'}"[:160])


@attack("ws-regexp", "an error of 32 kB that makes a regular expression look again and again", alone=True)
async def regexp(pod: Pod) -> Outcome:
    """Fail with words that are almost only blanks."""
    event = {"kind": "failed", "reason": "provider", "error": "x" + " " * 32_000 + "y", "status": 429}
    return await _costs(pod, [{"type": "event", "turn": pod.facts.turn, "event": event}])


@attack("ws-nested-lists", "a frame of an unknown type with a million lists", alone=True)
async def nested(pod: Pod) -> Outcome:
    """Send what is passed over, but read before."""
    return await _costs(pod, [{"type": "later", "data": [[] for _ in range(900_000)]}])


@attack("ws-many-lines", "60,000 session lines in one frame", alone=True)
async def many_lines(pod: Pod) -> Outcome:
    """Send as many lines as a frame holds."""
    lines = [json.dumps({"id": f"a{number}", "type": "x"}) for number in range(60_000)]
    return await _costs(pod, [{"type": "entries", "lines": lines}])


@attack("ws-big-text", "7 MB of text in one event", alone=True)
async def big_text(pod: Pod) -> Outcome:
    """Send a text that no chat could show."""
    event = {"kind": "text", "message": 1, "offset": 0, "text": "😀" * 1_700_000}
    return await _costs(pod, [{"type": "event", "turn": pod.facts.turn, "event": event}])


@attack("ws-odd-lines", "session lines whose ids hold NUL, half a character, or are huge", alone=True)
async def odd_lines(pod: Pod) -> Outcome:
    """Send lines that a database cannot hold; a refusal must say so, and not that the database is away."""
    async with taken_lease(pod) as lease:
        await lease.send(type="entries", lines=['{"id":"a\\u0000b","type":"x"}', '{"id":"\\ud800","type":"x"}',
                                                json.dumps({"id": "z" * 4000, "type": "x"})])  # fmt: skip
        started = time.monotonic()
        frame = await lease.find("ack", "refused", seconds=12)
        spent = time.monotonic() - started
    words = "" if frame is None else str(frame.get("reason", frame["type"]))
    return decide(
        frame is not None and spent < 4 and "database" not in words, f"{spent:.1f} s: {words[:120] or 'nothing'}"
    )


@attack("ws-numbers", "numbers that no column holds", alone=True)
async def numbers(pod: Pod) -> Outcome:
    """Send a number over 64 bits, a negative one and one that is none."""
    event = {"kind": "text", "message": 2**70, "offset": -(2**70), "text": "x"}
    return await _costs(pod, [{"type": "event", "turn": pod.facts.turn, "event": event}])
