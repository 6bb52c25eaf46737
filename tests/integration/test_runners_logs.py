"""What a hostile pod gets into the gateway's log: ids and numbers, and few lines."""

from __future__ import annotations

import contextlib
import json
import logging

import aiohttp
import pytest

from agent_contract import names, wire
from agent_gateway.logs import SafeFormatter
from tests.support.eventually import eventually
from tests.support.hostile import head, is_cut, open_raw
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres
MARK = "MARKER"
HELLO = {"type": "hello", "run": 1}


@pytest.fixture
def lines(caplog):
    """What stands in the log, as it is written there."""
    caplog.set_level(logging.INFO)
    formatter = SafeFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    return lambda: [formatter.format(record) for record in caplog.records]


@pytest.mark.parametrize(
    "frame",
    [
        HELLO | {"versions": {MARK: MARK, "a": MARK * 4000}},
        HELLO | {"versions": {MARK: 7}},
        HELLO | {"versions": {MARK: {MARK: MARK}}},
        HELLO | {"turnsSeen": [MARK]},
        HELLO | {MARK: MARK},
        HELLO | {"run": MARK},
        HELLO | {"protocol": 10**6},
        {"type": MARK},
        {MARK: MARK},
    ],
    ids=range(9),
)
async def test_no_hello_says_anything_there(port, thread, lines, frame):
    runner = await port.connect()
    await runner.socket.send_str(json.dumps(frame))
    await eventually(lambda: runner.frames or runner.closed)
    await runner.close()
    await eventually(lambda: any("runner_disconnected" in line for line in lines()))
    assert not [line for line in lines() if MARK in line]
    assert sum(map(len, lines())) < 5000


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ready", "timings": {MARK: 1.5, "ready": 2.5}, "filesProblem": MARK},
        {"type": "ready", "timings": {MARK: MARK}},
        {"type": MARK, "seq": MARK},
        {"type": "event", "seq": 1, "turn": 5, "event": {"kind": MARK, MARK: MARK}},
        {"type": "event", "seq": 1, "turn": 5, "event": {"kind": "text", "message": 0, "offset": 0, "text": MARK}},
        {"type": "event", "seq": 1, "turn": 5, "event": {"kind": "text", "message": MARK, "offset": 0, "text": MARK}},
        {"type": "event", "seq": MARK, "turn": 5, "event": MARK},
        {"type": "entries", "seq": 1, "lines": [MARK]},
        {"type": "entries", "seq": 1, "lines": [{MARK: MARK}]},
        {"type": "entries", "seq": 1, "lines": ['{"id":"MARKER\\u0000"}']},
        {"type": "leave", "seq": 1, "reason": MARK},
        {"type": "subagent", "seq": 1, "turn": 1, "callId": MARK + "/", "task": MARK},
        {"type": "subagent_cancel", "seq": 1, "callId": "-" + MARK},
        {"type": "ask", "seq": 1, "turn": 1, "id": "a", "kind": MARK, "text": MARK, "options": [MARK] * 99},
        {"type": "ask_closed", "seq": 1, "id": "/" + MARK},
    ],
    ids=range(15),
)
async def test_no_frame_says_anything_there(port, thread, lines, frame):
    runner = await port.join()
    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
        for _ in range(50):
            await runner.socket.send_str(json.dumps(frame))
    await eventually(lambda: runner.closed or len(runner.frames) > 1 or frame["type"] == MARK)
    await runner.close()
    await eventually(lambda: any("runner_disconnected" in line for line in lines()))
    assert not [line for line in lines() if MARK in line]
    assert sum(map(len, lines())) < 8000


async def test_denied_calls_have_a_line_a_minute(port, thread, lines):
    port.deps.denials._lines._clock = lambda: 0.0
    for number in range(60):
        url = f"{port.url}/{MARK}/{number}" + "x" * 4000
        async with port.session.get(url, headers=bearer(MARK)) as answer:
            assert answer.status == 404
        async with port.session.get(port.url + names.PATH_FILES + "/1/1", headers=bearer(MARK)) as answer:
            assert answer.status in {401, 429}
    denied = [json.loads(line) for line in lines() if "caller_denied" in line]
    assert len(denied) == 1
    assert denied[0]["route"].startswith(names.PATH_FILES)
    assert not [line for line in lines() if MARK in line]


async def test_what_is_no_http_has_few_lines(port, lines):
    for number in range(30):
        reader, writer = await open_raw(port)
        writer.write(f"{MARK}{number} \x00 {MARK}\r\n\r\n".encode())
        assert await is_cut(reader)
        writer.close()
    for _ in range(20):
        reader, writer = await open_raw(port)
        writer.write(head("GET", "/", None, f"{MARK} : {MARK}"))
        assert await is_cut(reader)
        writer.close()
    assert not [line for line in lines() if MARK in line]
    assert len(lines()) <= 10


async def test_timings_of_steps_that_we_know_are_logged(port, thread, lines):
    runner = await port.connect()
    await runner.hello()
    await runner.get(wire.Welcome)
    await runner.send(wire.Ready(timings={"pi_ready": 1.5, "other": 2.0}))
    said = await eventually(lambda: [json.loads(line) for line in lines() if '"step": "ready"' in line])
    assert said[0]["timings"] == {"pi_ready": 1.5}
