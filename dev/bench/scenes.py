"""What is measured of messages: new, live and returning conversations, many at once, and those that find a warm pod."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kubernetes_asyncio import client

from agent_contract.names import LABEL_POOL
from dev.bench.baselines import run_direct, run_job
from dev.bench.clouds import Clouds
from dev.bench.memory import Sizes, Waiting, read_memory, read_pods
from dev.bench.paths import PATIENCE, ask, send, wait_told, wait_visible
from dev.progress import UserError, step
from dev.release import Release

_MIB: Final = 1 << 20
FEW: Final = 3
"""Pods of a pool whose memory is told."""
_POLL: Final = 0.2
STILL_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What the scenes share.

    Attributes:
        release: The installed chart.
        clouds: Both simulators.
        image: The runner's.
        given: What the baselines' scripts are given.
        count: Samples of each kind.
        marks: What was measured, by scene.
        threads: The AgentThread of each of these.
        jobs: The bare Jobs.
        direct: Milliseconds from a prompt straight to pi until its first text.
        memory: MiB resident and proportional, by part.
        others: Milliseconds of what others do, by what it is.
        waiting: The pods of a pool of three.
    """

    release: Release
    clouds: Clouds
    image: str
    given: list[str]
    count: int
    marks: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    jobs: list[dict[str, float]] = field(default_factory=list)
    direct: list[float] = field(default_factory=list)
    memory: dict[str, Sizes] = field(default_factory=dict)
    others: dict[str, list[float]] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)

    def note(self, scene: str, chat: int, mark: dict[str, float]) -> None:
        """Keep what was measured of one message."""
        self.marks.setdefault(scene, []).append(mark)
        self.threads.setdefault(scene, []).append(f"tg-{chat}")

    async def end(self, chats: Sequence[int]) -> None:
        """Remove chats' agents and wait for their pods to be gone, so that what follows has the machine to itself.

        Raises:
            UserError: a pod stays.
        """
        names = [f"tg-{chat}" for chat in chats]
        self.release.agents.kubectl("delete", "agentthread", *names, "--wait=false", "--ignore-not-found")
        selector = f"openclaw.dev/thread in ({','.join(names)})"
        deadline = time.monotonic() + PATIENCE
        while self.release.agents.kubectl("get", "pods", "-l", selector, "-o", "name").strip():
            if time.monotonic() > deadline:
                raise UserError(f"Pods of {len(chats)} conversations did not go within {PATIENCE:.0f} s.")
            await asyncio.sleep(_POLL)


async def measure_cold(bench: Bench, api: client.ApiClient, chats: Sequence[int]) -> None:
    """New conversations, each with a bare Job after it."""
    # brings the image into the page cache
    await run_job(api, bench.release.namespace, bench.image, int(time.time()), bench.given)
    with step(f"measuring {len(chats)} cold starts and bare Jobs in turn", 8 * len(chats)):
        for number, chat in enumerate(chats):
            bench.note("cold", chat, _ask_whole(bench, chat, "hello"))
            await bench.end([chat])
            name = int(time.time()) + number + 1
            bench.jobs.append(
                await run_job(api, bench.release.namespace, bench.image, name, bench.given)
            )  # fmt: skip


def measure_live(bench: Bench, chat: int) -> None:
    """Messages of a conversation whose pod is there. The first one is not counted."""
    with step(f"measuring {bench.count} turns of a live conversation", bench.count):
        for text in ("warm up", *(f"hello {number}" for number in range(bench.count))):
            mark = _ask_whole(bench, chat, text)
            if text != "warm up":
                bench.note("live", chat, mark)


async def measure_direct(bench: Bench, api: client.ApiClient) -> None:
    """Prompts straight to a pi that runs."""
    with step(f"measuring {bench.count} prompts straight to pi", bench.count):
        bench.direct.extend(await run_direct(api, bench.release.namespace, bench.image, bench.count, bench.given))


async def measure_returning(bench: Bench, chat: int, mib: int, *, pool: int = 0) -> None:
    """Messages of a conversation whose pod has gone and whose workspace holds a file that nothing packs smaller.

    Args:
        bench: What all share.
        chat: The conversation.
        mib: Of the file.
        pool: So many pods wait as it comes back.

    Raises:
        UserError: the file is not there again.
    """
    scene = f"warm pool, returning, {mib} MB" if pool else f"returning, {mib} MB"
    size = mib * _MIB
    if pool:
        await fill_pool(bench, pool)
    with step(f"measuring {bench.count} returns ({scene})", (6 + mib / 20) * bench.count):
        made = f"bash: head -c {size} /dev/urandom > data.bin; stat -c %s data.bin" if mib else "hello"
        send(bench.clouds, chat, made, str(size) if mib else "Echo")
        await wait_kept(bench, chat, wanted=bool(mib))
        await bench.end([chat])
        for number in range(bench.count):
            if pool:
                await _wait_pool(bench.release, pool)
            bench.note(scene, chat, _ask_whole(bench, chat, f"hello {number}"))
            if mib and number == 0:  # a return without its files would be quick, and no return
                send(bench.clouds, chat, "bash: stat -c 'holds %s' data.bin", f"holds {size}")
            await bench.end([chat])


async def measure_burst(bench: Bench, chats: Sequence[int], scene: str) -> None:
    """New conversations, all at once."""
    with step(f"measuring {len(chats)} conversations at once ({scene})", 4 * len(chats)):
        marks: dict[int, dict[str, float]] = {}
        try:
            for chat in chats:
                marks[chat] = ask(bench.clouds, chat, "hello")
            wait_visible(bench.clouds, marks)
            for chat, mark in marks.items():
                wait_told(bench.clouds, chat, mark, "Echo: hello")
        finally:
            for chat, mark in marks.items():
                if "visible" in mark:
                    bench.note(scene, chat, mark)
        await bench.end(chats)


async def fill_pool(bench: Bench, size: int) -> None:
    """Let so many pods wait, and wait for them.

    Raises:
        UserError: the pool does not fill.
    """
    set_pool(bench.release, size)
    await _wait_pool(bench.release, size)


async def drain_pool(bench: Bench) -> None:
    """Let no pod wait any more, and wait until none is there.

    Raises:
        UserError: a pod stays.
    """
    set_pool(bench.release, 0)
    deadline = time.monotonic() + PATIENCE
    while bench.release.agents.kubectl("get", "pods", "-l", LABEL_POOL, "-o", "name").strip():
        if time.monotonic() > deadline:
            raise UserError(f"Pods of the pool did not go within {PATIENCE:.0f} s.")
        await asyncio.sleep(_POLL)


async def measure_pool(bench: Bench, chats: Sequence[int], size: int) -> None:
    """New conversations that find one of so many pods which wait, one after the other."""
    await fill_pool(bench, size)
    with step(f"measuring {len(chats)} new conversations with warm pods", 8 * len(chats)):
        for chat in chats:
            await _wait_pool(bench.release, size)
            bench.note("warm pool", chat, _ask_whole(bench, chat, "hello"))
            await bench.end([chat])


async def measure_waiting(bench: Bench) -> None:
    """What pods that wait take of the machine's memory."""
    await fill_pool(bench, FEW)
    found = bench.release.agents.get("pods", "-l", LABEL_POOL)["items"]
    uids = {pod["metadata"]["uid"] for pod in found}
    bench.waiting.parts.update(read_memory(uids))
    bench.waiting.pods.extend(read_pods(uids))


def set_pool(release: Release, replicas: int) -> None:
    """Ask for so many warm pods of the class `default`."""
    patch = json.dumps({"spec": {"warmPool": {"replicas": replicas}}})
    release.agents.kubectl("patch", "agentclass", "default", "--type", "merge", "-p", patch)


def _ask_whole(bench: Bench, chat: int, text: str) -> dict[str, float]:
    """Say something and wait until its answer stands in the chat.

    Its last words would pass for the first ones of the next answer, and a turn whose agent is removed begins again.
    """
    mark = send(bench.clouds, chat, text)
    wait_told(bench.clouds, chat, mark, f"Echo: {text}")
    return mark


async def _wait_pool(release: Release, size: int) -> None:
    still = Standstill()
    while True:
        status: dict[str, Any] = release.agents.get("agentclass", "default").get("status", {}).get("warmPool", {})
        if status.get("ready", 0) >= size and not status.get("starting"):
            break
        if still.look(status):
            raise UserError(f"The warm pool stays at {status} instead of {size} pods that are ready.")
        await asyncio.sleep(_POLL)
    await asyncio.sleep(1)  # their runners connect a moment after their containers begin


class Standstill:
    """Tells whether what is waited for moves at all: where it does not for two minutes, more time would not help.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: object = None
        self._since = clock()

    def look(self, seen: object) -> bool:
        """Take what is seen now; say whether it has been the same for two minutes."""
        now = self._clock()
        if seen != self._seen:
            self._seen, self._since = seen, now
        return now - self._since > STILL_SECONDS


async def wait_kept(bench: Bench, chat: int, *, wanted: bool) -> None:
    """Wait until a run has kept its files behind its turn, as it logs."""
    deadline = time.monotonic() + PATIENCE
    selector = f"openclaw.dev/thread=tg-{chat}"
    while wanted:
        if '"files_kept"' in bench.release.agents.kubectl("logs", "-l", selector, "--tail=-1"):
            return
        if time.monotonic() > deadline:
            raise UserError(f"The files of tg-{chat} were not kept within {PATIENCE:.0f} s.")
        await asyncio.sleep(_POLL)
