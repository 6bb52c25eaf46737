"""Frames of a hostile pod: what they cost, and what becomes of the others meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import aiohttp
import pytest

from agent_contract import wire
from agent_gateway.runners import handshake
from agent_gateway.runners.handshake import HANDSHAKES
from tests.support.eventually import PATIENCE, eventually
from tests.support.hostile import build_frame, is_cut, open_raw, pauses, pour, read_answer, read_memory, upgrade
from tests.support.stored import count_lines
from tests.support.turns import deliver, entry

pytestmark = pytest.mark.postgres
LISTS = ",".join(["[]"] * 2_600_000)
LONGEST = 0.25
"""Seconds that the loop may stand still here, where the tests' own side works in it too."""


async def open_socket(port, token="token-1"):
    reader, writer = await open_raw(port)
    writer.write(upgrade(token))
    assert await read_answer(reader) == 101
    return reader, writer


async def join_raw(port):
    """Connect and be welcomed, and read nothing more."""
    reader, writer = await open_socket(port)
    writer.write(build_frame(wire.encode(wire.Hello(run=1)).encode()))
    assert await asyncio.wait_for(reader.read(1), PATIENCE)
    return reader, writer


@pytest.mark.parametrize(
    "data",
    [
        '{"type":"hello","run":1,"versions":{' + ",".join(f'"secret{i}":{i}' for i in range(3000)) + "}}",
        '{"type":"entries","seq":1,"lines":[' + ",".join(["7"] * 30_000) + "]}",
        '{"type":"hello","run":1,"turnsSeen":["secret"]}',
        "[" * 60_000,
        '{"type":"hello","run":-1}',
    ],
    ids=range(5),
)
async def test_a_malformed_hello_is_refused_in_few_words(port, thread, data, caplog):
    runner = await port.connect()
    await runner.socket.send_str(data)
    reason = (await runner.get(wire.Refused)).reason
    assert len(reason) < 300
    assert "secret" not in reason + caplog.text
    assert len(caplog.text) < 3000


@pytest.mark.parametrize(
    "data",
    [
        f'{{"type":"applause","x":[{LISTS}]}}',
        f'{{"type":"entries","seq":1,"lines":[],"x":[{LISTS}]}}',
        '{"type":"entries","seq":1,"lines":[' + ",".join(['"a"'] * 400_000) + "]}",
        '{"type":"entries","seq":1,"lines":[' + json.dumps('{"id":"a","x":[' + LISTS[: 6 << 20] + "]}") + "]}",
        '{"type":"event","seq":1,"turn":1,"event":{"kind":"failed","reason":"provider","error":"x'
        + " " * 70_000
        + '"}}',
        '{"type":"event","seq":1,"turn":1,"event":{"kind":"text","message":0,"offset":0,"text":"","x":['
        + LISTS
        + "]}}",
    ],
    ids=["nested-lists", "hidden", "many-lines", "one-line", "error", "event"],
)
async def test_one_frame_holds_nobody_up(port, thread, data):
    runner = await port.join()
    async with pauses() as stood:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            await runner.socket.send_str(data)
        await eventually(lambda: runner.closed)
    assert len([frame for frame in runner.frames if isinstance(frame, wire.Refused)]) == 1
    assert stood.longest < LONGEST


async def test_an_error_of_many_blanks_ends_its_turn_at_once(port, thread):
    runner = await port.join()
    await port.make_turn(thread)
    turn = await deliver(port, thread)
    begun = time.process_time()
    await runner.event(1, turn.id, wire.Failed(reason="provider", error="x" + " " * 60_000 + "y"))
    await runner.acked(1)
    assert time.process_time() - begun < 2


async def test_large_lines_of_an_honest_runner_are_stored_and_hold_nobody_up(port, thread):
    runner = await port.join()
    picture = json.dumps({"id": "p", "x": "A" * 6_000_000})
    async with pauses() as stood:
        await runner.send(wire.Entries(seq=1, lines=[picture]))
        await runner.acked(1)
    assert stood.longest < LONGEST
    assert await count_lines(port.store, thread.session_id) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id":"\\u0000"}', "an id"),
        ('{"id":"\\ud800"}', "an id"),
        (json.dumps({"id": "i" * 5000}), "an id"),
        ('{"id":"a","x":' + "[" * 2000 + "]" * 2000 + "}", "deep"),
        ('{"id":"a","x":"\x00', "not JSON"),
        ('{"id":"a","message":{"role":"toolResult","details":{"subagent":{"name":"\\u0000"}}}}', "sub-agent"),
        ('{"id":"a","message":{"role":"toolResult","details":{"subagent":{"name":"\\ud800"}}}}', "sub-agent"),
    ],
    ids=range(7),
)
async def test_an_odd_session_line_is_refused_at_once_and_in_words(port, thread, line, words):
    runner = await port.join()
    begun = time.process_time()
    await runner.send(wire.Entries(seq=1, lines=[entry(1), line]))
    assert words in (await runner.get(wire.Refused)).reason
    assert time.process_time() - begun < 2
    assert await count_lines(port.store, thread.session_id) == 0


async def test_frames_that_are_never_finished_take_no_memory(port, thread):
    before, sent = read_memory(), 0
    for _ in range(20):
        _, writer = await open_raw(port)
        writer.write(upgrade() + build_frame(b"", size=8_000_000))
        sent += await pour(writer, b"x" * 65536, 7_900_000)
        writer.close()
    assert sent < 20 * 7_000_000  # what is on its way between the two is the system's
    assert read_memory() - before < 50_000_000


async def test_a_hello_of_many_pieces_is_cut(port, thread):
    reader, writer = await open_socket(port)
    writer.write(build_frame(b"{", whole=False))
    await pour(writer, build_frame(b"", opcode=0, whole=False) * 1000, 50_000_000)
    assert await is_cut(reader)
    writer.close()


async def test_a_pod_has_one_connection_that_is_not_welcomed(port, thread):
    first, one = await open_socket(port)
    second, two = await open_socket(port)
    assert await is_cut(first)
    two.write(build_frame(wire.encode(wire.Hello(run=1)).encode()))
    assert await asyncio.wait_for(second.read(1), PATIENCE)
    await eventually(lambda: port.deps.registry.link(thread.id))
    assert not port.deps.handshakes._open
    one.close()
    two.close()


async def test_a_hello_that_does_not_come_is_asked_for_anew(port, thread, monkeypatch):
    monkeypatch.setattr(handshake, "HELLO_SECONDS", 0.1)
    runner = await port.connect()
    await eventually(lambda: runner.closed == str(int(aiohttp.WSCloseCode.TRY_AGAIN_LATER)))
    assert not [frame for frame in runner.frames if isinstance(frame, wire.Refused)]


async def test_a_storm_of_hellos_is_bounded(port, thread):
    port.deps.handshakes._rates._clock = lambda: 0.0
    statuses = []
    for _ in range(30):
        try:
            runner = await port.connect()
        except aiohttp.WSServerHandshakeError as error:
            statuses.append(error.status)
        else:
            await runner.hello()
            await eventually(lambda r=runner: r.frames or r.closed)
    assert set(statuses) == {429}
    assert 30 - len(statuses) == HANDSHAKES.burst


async def test_a_storm_of_being_ready_is_refused(port, thread):
    runner = await port.join()
    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
        for _ in range(300):
            await runner.send(wire.Ready())
    assert "ready" in (await runner.get(wire.Refused)).reason


async def test_a_storm_of_frames_waits_and_others_do_not(port, thread):
    other = await port.make_thread(chat=43, name="tg-43")
    await port.make_run(other, 1, pod="pod-other", token="token-other")
    _, writer = await join_raw(port)
    calm = await port.join("token-other")
    storm = asyncio.create_task(pour(writer, build_frame(b'{"type":"telemetry"}') * 500, 40_000_000))
    async with pauses() as stood:
        for seq in range(1, 40):
            await calm.send(wire.Entries(seq=seq, lines=[entry(seq)]))
            await calm.acked(seq)
    assert stood.longest < LONGEST
    assert not storm.done()
    writer.transport.abort()
    await storm


@pytest.mark.parametrize("opcode", [9, 10, 0], ids=["ping", "pong", "empty"])
async def test_a_storm_of_small_things_waits(port, thread, opcode):
    _, writer = await join_raw(port)
    if opcode == 0:
        writer.write(build_frame(b"{", whole=False))
    storm = pour(writer, build_frame(b"", opcode=opcode, whole=opcode != 0) * 10_000, 60_000_000)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(storm, 1.5)
    writer.transport.abort()


async def test_a_ping_is_answered(port, thread):
    reader, writer = await open_socket(port)
    writer.write(build_frame(wire.encode(wire.Hello(run=1)).encode()) + build_frame(b"abc", opcode=9))
    await asyncio.wait_for(reader.readuntil(b"\x8a\x03abc"), PATIENCE)
    writer.close()
