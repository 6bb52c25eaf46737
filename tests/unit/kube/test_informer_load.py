"""What a large list costs the event loop, which proves by its pings that the gateway leads."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import time
from dataclasses import dataclass

import pytest
from aiohttp import web
from pydantic import BaseModel

from agent_kube.client import Limits
from agent_kube.informer import Informer
from agent_kube.source import PAGE_SIZE, Source
from tests.support.eventually import PATIENCE
from tests.unit.kube.played import PATH, client_of

COUNT = 10_000
FAT = 1000
"""Characters of padding; with its runs an object is about twice as large as an AgentThread."""
SHARES = 20
"""Of all the work, on whatever machine: a twentieth is what a page of 500 objects comes to, and no piece is as long."""


class Metadata(BaseModel):
    name: str
    uid: str
    labels: dict[str, str]


class Run(BaseModel):
    number: int
    reason: str


class Whole(BaseModel):
    metadata: Metadata
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Slim:
    name: str
    uid: str
    run: int


def read(raw):
    whole = Whole.model_validate(raw)
    return Slim(whole.metadata.name, whole.metadata.uid, whole.runs[-1].number)


def build(number):
    fields = {"f:metadata": {"f:labels": {}}, "f:spec": {f"f:{i}": {} for i in range(20)}}
    metadata = {"name": f"t{number}", "uid": f"u{number}", "resourceVersion": "5", "labels": {"a": "b"},
                "managedFields": [{"manager": m, "fieldsV1": fields} for m in "abc"]}  # fmt: skip
    return {"metadata": metadata, "runs": [{"number": i, "reason": "IdleTimeout"} for i in range(100)], "x": "y" * FAT}


def pages():
    found = []
    for begin in range(0, COUNT, PAGE_SIZE):
        metadata = {"resourceVersion": "9"} | (
            {"continue": str(begin + PAGE_SIZE)} if begin + PAGE_SIZE < COUNT else {}
        )
        found.append(json.dumps({"items": [build(begin + i) for i in range(PAGE_SIZE)], "metadata": metadata}).encode())
    return found


async def measure_pieces(done: asyncio.Event) -> tuple[float, float]:
    """Return the longest time of this thread's CPU that one round of the event loop took, and the time of all rounds."""
    begun = last = time.thread_time()
    longest = 0.0
    while not done.is_set():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    return longest, last - begun


@pytest.fixture
def quiet_gc():
    """Keep the collector from walking all that other tests left: that is no piece of the informer's."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def test_ten_thousand_large_objects_hold_the_loop_in_short_pieces_only(quiet_gc):
    """It was one piece of 2.8 s for 10,000 objects, and a gateway with 20,000 ended at its first list."""
    bodies = pages()

    async def handle(request):
        if "watch" in request.query:
            await asyncio.sleep(60)
        return web.Response(body=bodies[int(request.query.get("continue", 0)) // PAGE_SIZE])

    app = web.Application()
    app.router.add_get(PATH, handle)
    async with client_of(app, Limits()) as client:
        informer = Informer(client, Source(PATH, "Thing"), read, lambda *_: None)
        done = asyncio.Event()
        measuring = asyncio.create_task(measure_pieces(done))
        task = asyncio.create_task(informer.run())
        async with asyncio.timeout(PATIENCE):
            await informer.wait_synced()
        done.set()
        longest, whole = await measuring
        assert longest < whole / SHARES
        assert len(informer.all()) == COUNT
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
