"""Kept files: packs and states as no runner sends them, and what the next run makes of them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, untried
from dev.attack.inside.frames import SLOW_SECONDS
from dev.attack.inside.http import Answer, ask, is_over, opened_socket, send_raw, timed_others

PACKS = "/v1/workspace/packs"
STATES = "/v1/workspace/states"
EVIL = Path("/run/agent/kept-evil")
MOST_BURST = 256
"""Packs that a run may send at once, and how many a second more."""
_MOST_A_SECOND = 8
_PACK = 3 << 19
_STATE_PAUSE = 2.2
_DIGEST = 20


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_DIGEST).hexdigest()


def build_list(*rows: list[Any]) -> bytes:
    """Build the list of a state's files."""
    return zlib.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows))


def build_state(rows: bytes, *packs: str, **more: Any) -> bytes:
    """Build a state."""
    head = {"whole": None, "packs": list(packs), "files": 1, "size": 1, "over": [], "overCount": 0, **more}
    return json.dumps(head).encode() + b"\n" + rows


def _pack(*contents: bytes) -> bytes:
    raw = b"".join(bytes.fromhex(_digest(data)) + len(data).to_bytes(4, "big") + data for data in contents)
    return subprocess.run(["zstd", "-q", "-c"], input=raw, capture_output=True, timeout=20, check=True).stdout


def _swell(size: int) -> bytes:
    """Return a pack that unpacks to so many zeros."""
    words = ["sh", "-c", f"head -c {size} /dev/zero | zstd -q -c -3"]
    return subprocess.run(words, capture_output=True, timeout=40, check=True).stdout


async def _put_pack(pod: Pod, data: bytes, name: str = "") -> Answer:
    return await ask(pod, "PUT", f"{PACKS}/{name or _sha(data)}", data=data, seconds=20)


async def _put_state(pod: Pod, body: bytes, turn: object = 0) -> Answer:
    """Send a state; where too many came, once more: what is looked for stands behind that."""
    for _ in range(4):
        answer = await ask(pod, "PUT", f"{STATES}?turn={turn}", data=body, seconds=20)
        if answer.status != 503:
            break
        await asyncio.sleep(_STATE_PAUSE)
    return answer


def _taken(answer: Answer) -> bool:
    return answer.status == 204


@attack("kept-names", "packs under names that are not their hashes, or that lead elsewhere", seconds=40)
async def names(pod: Pod) -> Outcome:
    """Name them so."""
    data = os.urandom(4000)
    wrong = (
        "0" * 64,
        _sha(data).upper(),
        _sha(data)[:-1],
        "..%2f..%2fstates",
        f"{_sha(data)}%00",
        "%2e%2e/" + _sha(data),
    )
    found = [(await _put_pack(pod, data, name)).status for name in wrong]
    body = build_state(build_list(), "0" * 64)
    named = await _put_state(pod, body)
    good = 204 not in found and 500 not in found and not _taken(named)
    return decide(good, f"answered with {', '.join(map(str, found))}; a state of one: {named.status} {named.text[:40]}")


@attack("kept-foreign", "a state of another conversation's pack, and one of another's turn", seconds=40)
async def foreign(pod: Pod) -> Outcome:
    """Name what is stored, but not for this conversation."""
    other, turn = str(pod.facts.neighbour.get("pack", "")), pod.facts.neighbour.get("turn", 0)
    if len(other) != 64:
        return untried("no pack of another conversation is known")
    first = await _put_state(pod, build_state(build_list(), other))
    second = await _put_state(pod, build_state(build_list(), whole=other))
    third = await _put_state(pod, build_state(build_list()), turn)
    fourth = await _put_state(pod, b"", turn)
    empty = await _put_pack(pod, b"", other)  # where it is known, a body is not asked for
    found = [one.status for one in (first, second, third, fourth, empty)]
    named = all(other in one.text for one in (first, second))
    return decide(named and 204 not in found, f"answered with {', '.join(map(str, found))}")


@attack("kept-heads", "states with 100,000 packs, endless numbers, nested lists and 2 MB of nothing", seconds=100)
async def heads(pod: Pod) -> Outcome:
    """Send heads that are none."""
    many = build_state(build_list(), *(f"{number:064x}" for number in range(2001)))
    bodies = [
        many, build_state(build_list(), files=-1), build_state(build_list(), files=10**30), build_state(build_list(), size=1e999), build_state(build_list(), whole="x"),
        build_state(build_list(), overCount="9"), b"[" * 200_000 + b"\n", b'{"packs":' + b"[" * 100_000 + b"\n", bytes(2 << 20), b"{}",
        b"\n", b"\xff\xfe\n", json.dumps({"packs": [1, 2]}).encode() + b"\n", json.dumps({"packs": ["0" * 64] * 100_000}).encode() + b"\n",
    ]  # fmt: skip
    async with timed_others(pod) as waits:
        found = [(await _put_state(pod, body)).status for body in bodies]
    odd = [
        (await _put_state(pod, build_state(build_list()), turn)).status for turn in ("-1", "x", "9" * 30, "%00", "0x1")
    ]
    good = not {0, 200, 204, 500, 503} & {*found, *odd} and max(waits) <= SLOW_SECONDS
    return decide(good, f"answered with {sorted(set(found + odd))}; others waited {max(waits):.2f} s")


@attack("kept-large", "a pack of 17 MiB with its length, without one, and 100 GB that are only announced", seconds=60)
async def large(pod: Pod) -> Outcome:
    """Send more than a part may have."""
    data = bytes(17 << 20)

    async def parts() -> object:
        for at in range(0, len(data), 1 << 20):
            yield data[at : at + (1 << 20)]

    first = await _put_pack(pod, data)
    second = await ask(pod, "PUT", f"{PACKS}/{_sha(data)}", data=parts(), seconds=20)
    head = f"PUT {PACKS}/{'1' * 64} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Length: {10**11}\r\n\r\n"
    started = time.monotonic()
    answer = await send_raw(pod, head.encode() + bytes(1000), 8)
    waited = time.monotonic() - started
    good = not _taken(first) and not _taken(second) and waited < 7
    return decide(
        good,
        f"{first.status}, {second.status}; the announced one {answer[9:12].decode() or 'ended'} after {waited:.1f} s",
    )


@attack("kept-slow", "10 packs of one byte a second", seconds=40)
async def slow(pod: Pod) -> Outcome:
    """Hold uploads open, and see whether the run's own way and others' stay open."""
    async with contextlib.AsyncExitStack() as stack:
        pairs = []
        for number in range(10):
            head = f"PUT {PACKS}/{number:064x} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Length: 5000\r\n\r\n"
            with contextlib.suppress(OSError, TimeoutError):
                reader, writer = await stack.enter_async_context(opened_socket(pod))
                writer.write(head.encode())
                pairs.append((reader, writer))
        for _ in range(8):
            await asyncio.sleep(1)
            for _, writer in pairs:
                writer.write(b"x")
        standing = sum([not await is_over(reader) for reader, _ in pairs])
        other = await ask(pod, "GET", "/v1/session", seconds=8)
    return decide(
        standing <= 1 and other.status == 200, f"{standing} of 10 stand after 8 s; its session: {other.status}"
    )


@attack("kept-bombs", "packs and lists that unpack to gigabytes, which nobody unpacks at the gateway", seconds=60)
async def bombs(pod: Pod) -> Outcome:
    """Store them, and see what others wait."""
    made = await asyncio.to_thread(_swell, 4 << 30)
    rows = zlib.compress(b"\n" * (64 << 20), 9)
    async with timed_others(pod) as waits:
        first = await _put_pack(pod, made)
        second = await _put_state(pod, build_state(rows, _sha(made)))
    good = 500 not in {first.status, second.status} and max(waits) <= SLOW_SECONDS
    return decide(good, f"answered with {first.status} and {second.status}; others waited {max(waits):.2f} s")


@attack("kept-full", "60 MiB of packs that no state names, where 32 MiB may be", seconds=90, alone=True)
async def full(pod: Pod) -> Outcome:
    """Fill what one conversation may have."""
    limit = 2 * int(pod.facts.limits.get("snapshot", 0))
    if not limit:
        return untried("the limit is not known")
    taken, words = 0, ""
    for _ in range(40):
        answer = await _put_pack(pod, os.urandom(_PACK))
        taken += _PACK if _taken(answer) else 0
        words = words or ("" if _taken(answer) else f"{answer.status} {answer.text[:80]}")
    return decide(0 < taken <= limit, f"{taken >> 20} of 60 MiB were taken; then {words}")


@attack("kept-storm", "600 packs and 100 states as fast as they go, by 12 connections", seconds=90, alone=True)
async def storm(pod: Pod) -> Outcome:
    """Keep files again and again."""
    started = time.monotonic()

    async def send(first: int) -> list[int]:
        found = [(await _put_pack(pod, f"{first} {number}".encode())).status for number in range(50)]
        return found + [
            (await ask(pod, "PUT", f"{STATES}?turn=0", data=build_state(build_list()))).status for _ in range(8)
        ]

    async with timed_others(pod) as waits:
        statuses = [s for many in await asyncio.gather(*(send(first) for first in range(12))) for s in many]
    spent, taken = time.monotonic() - started, statuses.count(204)
    most = MOST_BURST + 40 + (_MOST_A_SECOND + 1) * spent
    good = 0 < taken <= most and 500 not in statuses and max(waits) <= SLOW_SECONDS
    return decide(good, f"{taken} of {len(statuses)} in {spent:.0f} s; others waited {max(waits):.2f} s")


async def _plant(pod: Pod, rows: bytes, *packs: bytes) -> Outcome:
    """Store a state that is the newest until this turn ends; its pod is ended before that."""
    for data in packs:
        answer = await _put_pack(pod, data)
        if not _taken(answer):
            return untried(f"its pack was not taken: {answer.status} {answer.text[:60]}")
    answer = await _put_state(pod, build_state(rows, *map(_sha, packs)), pod.facts.turn)
    return (
        held("stored; the next run looks")
        if _taken(answer)
        else untried(f"not taken: {answer.status} {answer.text[:60]}")
    )


@attack("kept-tricks", "a state whose files stand below a link that leads out of the workspace", seconds=40)
async def tricks(pod: Pod) -> Outcome:
    """Store it; the next run begins with it."""
    evil = b"evil"
    rows = build_list(
        ["d", "workspace/good", 0o755, 1], ["f", "workspace/good/file", 0o644, 1, 4, _digest(evil)],
        ["l", "workspace/out", "/run/agent"], ["f", "workspace/out/kept-evil", 0o644, 1, 4, _digest(evil)],
    )  # fmt: skip
    return await _plant(pod, rows, _pack(evil))


@attack("kept-restored", "see what the state of the run before wrote outside of the workspace")
async def restored(pod: Pod) -> Outcome:
    """Look for it, and whether this run has its own way."""
    there = [str(path) for path in (EVIL, Path("/workspace/out/kept-evil")) if path.exists()]
    own = await ask(pod, "GET", "/v1/session")
    return decide(
        not there and own.status == 200, f"{', '.join(there) or 'nothing outside'}; its session: {own.status}"
    )


@attack("kept-swell", "a state of 20,000 files whose pack unpacks to 2 GiB", seconds=60)
async def swell(pod: Pod) -> Outcome:
    """Store it; the next run has to come up all the same."""
    made = await asyncio.to_thread(_swell, 2 << 30)
    rows = build_list(
        *(["d", f"workspace/d{n}", 0o755, 1] for n in range(300)),
        *(["f", f"workspace/d{n % 300}/{n}", 0o644, 1, 4, _digest(b"evil")] for n in range(20_000)),
    )
    return await _plant(pod, rows, made)


@attack("kept-swelled", "see what that state cost this run")
async def swelled(pod: Pod) -> Outcome:
    """Count files and bytes."""
    count = await asyncio.to_thread(lambda: sum(1 for _ in Path("/workspace").rglob("*")))
    own = await ask(pod, "GET", "/v1/session")
    return decide(0 <= count <= 1000 and own.status == 200, f"{count} files are there; its session: {own.status}")
