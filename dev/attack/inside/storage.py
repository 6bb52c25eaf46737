"""What one pod can make the gateway keep."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.http import ask, count_accepted, send_raw
from dev.attack.inside.wires import taken_lease

MOST_SESSION = 70 << 20
"""Bytes of session lines that one run may leave."""
MOST_TURN = 33 << 20
"""Bytes of session lines of one turn."""


@attack("store-session", "40 MB of session lines that do not compress, in one turn", seconds=60, alone=True)
async def session(pod: Pod) -> Outcome:
    """Fill the session."""
    sent = 0
    async with taken_lease(pod) as lease:
        await lease.send_event(pod, kind="turn_started")
        for number in range(80):
            data = base64.b64encode(os.urandom(384 << 10)).decode()
            line = json.dumps({"id": f"fill-{number}", "type": "custom", "data": data})
            try:
                await lease.send(type="entries", lines=[line])
            except (OSError, aiohttp.ClientError):
                break
            frame = await lease.find("ack", "refused", seconds=6)
            if frame is None or frame["type"] == "refused":
                break
            sent += len(line)
        words = str(lease.got[-1].get("reason", ""))[:100] if lease.got else ""
    return decide(sent <= MOST_TURN, f"{sent >> 20} MB were taken; {words}")


@attack("store-large-line", "one session line of 7 MB", alone=True)
async def large_line(pod: Pod) -> Outcome:
    """Send a line that must be held whole, three times over."""
    async with taken_lease(pod) as lease:
        line = json.dumps({"id": "large-1", "type": "custom", "data": "y" * (7 << 20)})
        await lease.send(type="entries", lines=[line])
        frame = await lease.find("ack", "refused", seconds=8)
        end = "" if frame is not None else f"closed with {lease.socket.close_code}"
    taken = frame is not None and frame["type"] == "ack"
    return decide(not taken, end or str(frame)[:120])


@attack("store-copies", "120 copies of the workspace for sub-agents that are never asked for", seconds=60)
async def copies(pod: Pod) -> Outcome:
    """Leave copies, all at once and one after the other."""

    async def put(number: int) -> int:
        return (await ask(pod, "PUT", f"/v1/workspace?call=copy{number}", data=b"z" * 4096)).status

    found = await asyncio.gather(*(put(number) for number in range(60)))
    found += [await put(number) for number in range(60, 120)]
    taken = sum(status < 300 and status > 0 for status in found)
    return decide(taken <= 50, f"{taken} of 120 were taken")


@attack("store-too-large", "a workspace that is larger than its class allows", seconds=40)
async def too_large(pod: Pod) -> Outcome:
    """Send one byte more than the limit, with a length and without."""
    most = int(pod.facts.limits.get("snapshot", 0))
    if not most:
        return untried("the limit is not known")

    async def parts() -> object:
        for _ in range(most // (1 << 20) + 2):
            yield bytes(1 << 20)

    first = await ask(pod, "PUT", "/v1/workspace", data=bytes(most + 1), seconds=15)
    second = await ask(pod, "PUT", f"/v1/workspace?limit={10**12}", data=parts(), seconds=15)
    good = all(not 200 <= one.status < 300 for one in (first, second))
    return decide(good, f"answered with {first.status} and {second.status}")


@attack("store-claimed-length", "12 workspaces at once that say they have 100 GB each", seconds=30)
async def claimed(pod: Pod) -> Outcome:
    """Announce what is never sent, and see how many of them are waited for."""
    head = (
        f"PUT /v1/workspace HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pod.token}\r\nContent-Length: {100 * 10**9}\r\n\r\n"
    ).encode()

    async def announce() -> bool:
        started = time.monotonic()
        answer = await send_raw(pod, head + bytes(1000), 5)
        return not answer and time.monotonic() - started > 4.5

    waiting = sum(await asyncio.gather(*(announce() for _ in range(12))))
    return decide(waiting <= 1, f"{waiting} of 12 are waited for")


@attack("store-files", "60 files for the chat at once", seconds=40)
async def files(pod: Pod) -> Outcome:
    """Send as many files as go."""
    turn = pod.facts.turn
    tasks = [
        asyncio.create_task(
            ask(pod, "PUT", f"/v1/files?turn={turn}&call=file{number}&name=f{number}.txt", data=b"x" * 2000)
        )
        for number in range(60)
    ]
    taken = await count_accepted(tasks, (401, 403, 404, 409, 413, 429, 503))
    return decide(taken <= 20, f"{taken} of 60 were taken")


@attack("store-large-file", "a file for the chat of more than Telegram takes", seconds=40)
async def large_file(pod: Pod) -> Outcome:
    """Send 51 MB."""
    path = f"/v1/files?turn={pod.facts.turn}&call=large1&name=large.bin"
    answer = await ask(pod, "PUT", path, data=bytes(51_000_000), seconds=30)
    return decide(not 200 <= answer.status < 300, f"answered with {answer.status}: {answer.text[:80]}")


@attack("store-file-names", "files whose names lead elsewhere or deceive")
async def file_names(pod: Pod) -> Outcome:
    """Name files in odd ways; what the chat shows is looked at from outside."""
    found = []
    for number, name in enumerate(("..%2F..%2Fetc%2Fpasswd", "%00", "a%0Ab", "%E2%80%AEgpj.exe", "x" * 900)):
        path = f"/v1/files?turn={pod.facts.turn}&call=name{number}&name={name}"
        found.append((await ask(pod, "PUT", path, data=b"x")).status)
    return decide(500 not in found, f"answered with {', '.join(map(str, found))}")
