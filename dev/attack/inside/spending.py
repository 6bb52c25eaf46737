"""Model calls: how many, at once and in all, and when."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import NoReturn

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, untried
from dev.attack.inside.model import call

MOST_AT_ONCE = 8
MOST_A_MINUTE = 130
AFTER_TURN = 45.0
"""Seconds behind the end of its turn after which a call is none of the turn's any more."""


@attack("llm-parallel", "24 calls at once", seconds=40, alone=True)
async def parallel(pod: Pod) -> Outcome:
    """Use up the provider's limit, which is everybody's."""
    slow = [{"role": "user", "content": "slow 30 100"}]
    statuses = [one.status for one in await asyncio.gather(*(call(pod, messages=slow, seconds=30) for _ in range(24)))]
    taken = statuses.count(200)
    return decide(taken <= MOST_AT_ONCE, f"{taken} of 24 were answered")


@attack("llm-rate", "400 calls one after the other", seconds=70, alone=True)
async def rate(pod: Pod) -> Outcome:
    """Call as often as it goes, for half a minute at most."""
    started, taken, sent = time.monotonic(), 0, 0
    while sent < 400 and time.monotonic() - started < 30:
        statuses = await asyncio.gather(*(call(pod, seconds=10) for _ in range(3)))
        sent += 3
        taken += sum(one.status == 200 for one in statuses)
    if not taken:
        return untried("none was answered")
    return decide(taken <= MOST_A_MINUTE, f"{taken} of {sent} were answered in {time.monotonic() - started:.0f} s")


@attack("llm-uncounted", "streams without usage, and streams that are cut", seconds=40, alone=True)
async def uncounted(pod: Pod) -> Outcome:
    """Call in ways that leave no usage; what was written down is looked at from outside."""
    whole = await call(pod, stream=True, messages=[{"role": "user", "content": "slow 40 1"}])
    body = {"model": pod.model, "stream": True, "messages": [{"role": "user", "content": "slow 400 20"}]}
    headers = {"Authorization": f"Bearer {pod.token}", "Content-Type": "application/json"}
    cut = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        url = f"{pod.url}/v1/llm/{pod.provider}/chat/completions"
        for _ in range(3):
            async with session.post(url, data=json.dumps(body), headers=headers) as response:
                cut += bool(await response.content.read(600))
                response.close()
    if whole.status != 200 or not cut:
        return untried(f"answered with {whole.status}, {cut} streams")
    return held(f"one stream without usage and {cut} that were cut")


@attack("llm-outside-turn", "a process that stays behind its turn, and calls then", seconds=20)
def outside_turn(_pod: Pod) -> Outcome:
    """Leave a process behind that calls after the turn is over; it writes its own line."""
    archive, results = sys.argv[0], sys.argv[1]
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            _wait_and_call([sys.executable, archive, results, "late-call"])
        os._exit(0)
    os.waitpid(child, 0)
    return held("left behind")


def _wait_and_call(command: list[str]) -> NoReturn:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    time.sleep(AFTER_TURN)
    os.execv(command[0], command)  # noqa: S606  # the same program, for one attack


@attack("late-call", "call the model long after the turn")
async def late_call(pod: Pod) -> Outcome:
    """Call; only `llm-outside-turn` starts this one."""
    answer = await call(pod)
    return decide(answer.status in {403, 409, 429}, f"{AFTER_TURN:.0f} s later: {answer.status} {answer.text[:80]}")
