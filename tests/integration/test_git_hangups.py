"""A pod that hangs up: what went upstream is recorded all the same, and what did not come whole moves nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import zlib

import aiohttp
import pytest

from agent_gateway.connections import fronts, passing
from agent_gateway.connections.pktline import FLUSH, encode
from tests.support.eventually import eventually
from tests.support.git_lab import TOKEN, running_lab
from tests.support.git_server import commit

REF = "refs/heads/agent/fix"
PATH = "/git/lab/acme/api.git/git-receive-pack"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-git-receive-pack-request"}
HEAD = b"PACK" + struct.pack(">II", 2, 1) + bytes([0xB0, 0x80, 0x80, 0x04])
"""Of a pack with one object, a file of a mebibyte."""


@pytest.fixture
async def lab(tmp_path):
    async with running_lab(tmp_path) as lab:
        lab.server.create("acme/api")
        yield lab
        if lab.server.going is not None:
            lab.server.going.set()


async def push_and_hang_up(lab, work, made):
    """Push, and kill git once the server has taken it and answers nothing yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {**kept, "HOME": str(lab.folder), "GIT_CONFIG_SYSTEM": str(lab.folder / "gitconfig")}
    git = await asyncio.create_subprocess_exec(
        "git", "push", "-q", "origin", f"HEAD:{REF}", cwd=work, env=env, start_new_session=True
    )
    await eventually(lambda: lab.server.taken and lab.server.read("acme/api", REF) == made)
    os.killpg(git.pid, signal.SIGKILL)
    await git.wait()
    await eventually(lambda: not lab.at_work)


@pytest.mark.parametrize("size", [1000, 3 << 20])
async def test_a_push_whose_pod_hangs_up_before_the_answer_is_recorded(lab, size):
    work = await lab.clone()
    made = commit(work, 9, os.urandom(size // 2).hex())
    lab.server.going = asyncio.Event()
    await push_and_hang_up(lab, work, made)
    assert not lab.record.moved
    lab.server.going.set()
    await eventually(lambda: lab.record.moved)
    assert lab.record.moved == [(1, "lab", "acme/api", [(REF, made)])]


async def test_pushes_that_hang_up_are_waited_for_within_a_bound(lab, monkeypatch):
    monkeypatch.setattr(passing, "MOST_OF_ONE", 1)
    work = await lab.clone()
    made = commit(work, 9)
    lab.server.going = asyncio.Event()
    await push_and_hang_up(lab, work, made)
    done = await lab.git("push", "origin", "HEAD:agent/two", cwd=work, check=False)
    assert "too many pushes are not answered yet" in done.stderr
    lab.server.going.set()
    await eventually(lambda: lab.record.moved)
    await eventually(lambda: not lab.broker._receiver._passer._tasks)
    await lab.git("push", "-q", "origin", "HEAD:agent/two", cwd=work)


async def test_an_answer_that_nobody_takes_is_given_up_and_the_push_is_recorded(lab, monkeypatch):
    monkeypatch.setattr(passing, "MOST_WAITING", 1)
    work = await lab.clone()
    made = commit(work, 9)
    done = await lab.git("push", "origin", f"HEAD:{REF}", cwd=work, check=False)
    assert done.returncode != 0
    await eventually(lambda: lab.record.moved == [(1, "lab", "acme/api", [(REF, made)])])


async def test_a_push_that_is_cut_in_its_body_moves_nothing(lab):
    old = lab.server.read("acme/api")
    line = f"{'0' * 40} {old} {REF}\0 report-status object-format=sha1".encode()
    lab.allow(access="Write", workflows="Allow")  # it is sent on while it comes

    async def body():
        yield encode(line) + FLUSH + HEAD + zlib.compress(os.urandom(1 << 20), 0)[: 1 << 19]
        await asyncio.Event().wait()

    async with aiohttp.ClientSession() as session:
        asking = asyncio.ensure_future(session.post(lab.gateway + PATH, data=body(), headers=HEADERS))
        await eventually(lambda: any(method == "POST" for method, *_ in lab.server.seen))
        asking.cancel()
        await asyncio.wait({asking})
    await eventually(lambda: not lab.at_work)
    assert not lab.record.moved
    assert lab.server.read("acme/api", REF) == ""


async def test_a_pod_that_stops_in_its_pack_is_told_so(lab, monkeypatch):
    monkeypatch.setattr(fronts, "SILENCE_SECONDS", 4.0)

    async def body():
        line = f"{'0' * 40} {lab.server.read('acme/api')} {REF}\0 report-status object-format=sha1".encode()
        yield encode(line) + FLUSH + HEAD
        await asyncio.Event().wait()

    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
    async with session, session.post(lab.gateway + PATH, data=body(), headers=HEADERS) as answer:
        assert b"nothing came of this push" in await answer.content.readuntil(b"push again")


async def test_what_is_refused_keeps_no_room_while_its_rest_is_read(lab):
    room = lab.broker._receiver._inspector._room = fronts.FrontRoom(1 << 10)
    begun, going = asyncio.Event(), asyncio.Event()

    async def body():
        line = f"{'0' * 40} {lab.server.read('acme/api')} {REF}\0 report-status object-format=sha1".encode()
        yield encode(line) + FLUSH + HEAD
        await eventually(lambda: room._taken)
        begun.set()
        yield bytes(1 << 11)
        await going.wait()

    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
    async with session:
        asking = asyncio.ensure_future(session.post(lab.gateway + PATH, data=body(), headers=HEADERS))
        await begun.wait()
        await eventually(lambda: not room._taken)
        assert lab.at_work == 1
        going.set()
        assert b"too many pushes are looked at" in await (await asking).read()


async def test_a_push_is_recorded_while_the_gateway_ends(lab):
    work = await lab.clone()
    made = commit(work, 9)
    lab.server.going = asyncio.Event()
    await push_and_hang_up(lab, work, made)
    closing = asyncio.create_task(lab.broker.close())
    lab.server.going.set()
    await closing
    assert lab.record.moved == [(1, "lab", "acme/api", [(REF, made)])]


async def test_a_server_that_never_answers_is_not_waited_for_for_ever(lab, monkeypatch):
    monkeypatch.setattr(passing, "ANSWER_SECONDS", 0.1)
    work = await lab.clone()
    made = commit(work, 9)
    lab.server.going = asyncio.Event()
    await push_and_hang_up(lab, work, made)
    await eventually(lambda: not lab.broker._receiver._passer._tasks)
