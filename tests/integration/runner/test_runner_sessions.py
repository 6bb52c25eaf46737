"""Sessions that are opened from their last compaction, and pictures in a model's view, with the real pi."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from agent_contract import wire
from agent_runner.pictures import find_size
from agent_simulators.model.server import MODEL
from dev.bench.madesessions import MadeSession, make_png
from tests.support.runner_talk import begin, texts
from tests.support.stored import make_thread, read_start

LONG = 120
"""Seconds for a turn of many model calls or pictures."""


async def store_lines(store, lines):
    """Store a session; return what a run begins with."""
    thread = await make_thread(store)
    await store.runs.want(thread.id, 1, "uid-1")
    await store.runs.accept_hello(thread.id, 1, "pod", "uid-pod", "job")
    for at in range(0, len(lines), 20):
        await store.sessions.add_entries(thread, 1, 0, lines[at : at + 20])
    return await read_start(store, thread)


async def ask_with(gateway, make_runner, model_requests, lines, **config):
    """Open a session in a new pi, ask, and return the body of what its model was asked, and the lines that came."""
    await gateway.drop()
    gateway.stored, gateway.frames, gateway.readies, gateway.acked = list(lines), [], [], 0
    gateway.hellos = []
    runner = make_runner(**config)
    await begin(gateway, runner, "hello")
    assert (await gateway.ended(1))[-1] == wire.TurnSettled()
    new = gateway.lines()
    await runner.stop()
    body = json.dumps(model_requests()[-1]["body"]).replace(str(runner.folder), "/folder")  # each has its own
    return json.loads(body), new


def pictures_of(request):
    found = []
    for message in request["body"]["messages"]:
        content = message["content"]
        parts = content if isinstance(content, list) else []
        found += [part["image_url"]["url"] for part in parts if part.get("type") == "image_url"]
    return found


@pytest.mark.postgres
async def test_a_session_from_its_last_compaction_says_the_same_to_the_model(
    gateway, make_runner, model_requests, store
):
    """Two compactions that pi made itself; then the whole of the session, and the start of it."""
    runner = make_runner(thinking="high", contextWindow=60_000)
    await begin(gateway, runner, "first " + "words " * 3000)
    await gateway.ended(1)
    for turn in range(2, 18):
        events = await gateway.ask(turn, f"turn {turn} " + f"word{turn} " * 3000, LONG)
        assert isinstance(events[-1], wire.TurnSettled)
    whole = gateway.lines()
    await runner.stop()
    assert sum(json.loads(line)["type"] == "compaction" for line in whole) >= 2
    start = await store_lines(store, whole)
    assert len(start) < len(whole) / 2
    config = {"thinking": "high", "contextWindow": 60_000}
    expected, _ = await ask_with(gateway, make_runner, model_requests, whole, **config)
    found, new = await ask_with(gateway, make_runner, model_requests, start, **config)
    assert found == expected
    # what comes is only new, and goes on where the session was
    known = {json.loads(line)["id"] for line in whole}
    assert known.isdisjoint(json.loads(line)["id"] for line in new)
    assert json.loads(new[0])["parentId"] == json.loads(whole[-1])["id"]


@pytest.mark.postgres
async def test_the_thinking_of_a_session_is_that_of_the_whole_one(gateway, make_runner, model_requests, store):
    made = MadeSession()
    made.add("model_change", provider="test", modelId="m")
    made.add("thinking_level_change", thinkingLevel="low")
    for _ in range(5):
        made.add_turn()
    made.compact(4)
    made.add_turn()
    start = await store_lines(store, made.lines)
    assert len(start) < len(made.lines)
    expected, _ = await ask_with(gateway, make_runner, model_requests, made.lines, reasoning=True)
    found, _ = await ask_with(gateway, make_runner, model_requests, start, reasoning=True)
    assert found == expected
    assert found["reasoning_effort"] == "low"


@pytest.mark.postgres
async def test_a_view_shows_the_newest_pictures_and_a_later_start_the_same(gateway, make_runner, model_requests, store):
    runner = make_runner(images=True)
    for number in range(22):
        (runner.workspace / f"p{number}.png").write_bytes(make_png(40, 40, noise=number))
    first = " || ".join(f'read {{"path":"p{n}.png"}}' for n in range(11))
    second = " || ".join(f'read {{"path":"p{n}.png"}}' for n in range(11, 22))
    await begin(gateway, runner, f"multi: {first}")
    assert (await gateway.ended(1, LONG))[-1] == wire.TurnSettled()
    assert len(pictures_of(model_requests()[-1])) == 11
    assert (await gateway.ask(2, f"multi: {second}", LONG))[-1] == wire.TurnSettled()
    expected = [base64.b64encode(make_png(40, 40, noise=n)).decode() for n in range(12, 22)]
    assert [url.partition(",")[2] for url in pictures_of(model_requests()[-1])] == expected
    assert "Newer ones came" in json.dumps(model_requests()[-1]["body"])
    whole = gateway.lines()
    await runner.stop()
    start = await store_lines(store, whole)
    assert sum(len(line) for line in start) < sum(len(line) for line in whole)
    assert await store.pool.fetchval("SELECT count(*) FROM pictures") == 22
    config = {"images": True}
    expected, _ = await ask_with(gateway, make_runner, model_requests, whole, **config)
    found, new = await ask_with(gateway, make_runner, model_requests, start, **config)
    assert found == expected
    assert not any('"type":"image"' in line for line in new)


async def test_a_wide_picture_is_made_smaller_and_spoils_nothing(gateway, make_runner, model_requests):
    """One that providers refuse as it is wider than 8000 pixels."""
    wide = make_png(9000, 40)
    gateway.files = [wide]
    runner = make_runner(images=True)
    await begin(gateway, runner, "look", files=[wire.TurnFile(name="wide.png", media_type="image/png", size=len(wide))])
    assert (await gateway.ended(1))[-1] == wire.TurnSettled()
    [url] = pictures_of(model_requests()[0])
    width, height = find_size(base64.b64decode(url.partition(",")[2]))
    assert (width, height) == (2000, 9)
    assert (await gateway.ask(2, "hello"))[-1] == wire.TurnSettled()


async def test_pictures_that_are_refused_spoil_no_later_turn_nor_a_later_start(
    gateway, make_runner, model_server, model_requests
):
    model_server.app[MODEL].pictures = False
    runner = make_runner(images=True)
    (runner.workspace / "p.png").write_bytes(make_png(40, 40, noise=1))
    await begin(gateway, runner, 'tool: read {"path":"p.png"}')
    assert (await gateway.ended(1))[-1] == wire.TurnSettled(pictures=1)
    assert [len(pictures_of(request)) for request in model_requests()] == [0, 1, 0]
    assert "provider refused it" in json.dumps(model_requests()[-1]["body"])
    assert (await gateway.ask(2, "hello"))[-1] == wire.TurnSettled()  # it is told once
    whole = gateway.lines()
    await runner.stop()
    body, _ = await ask_with(gateway, make_runner, model_requests, whole, images=True)
    assert "image_url" not in json.dumps(body)


def read_peak(pid):
    """Return the most memory that a process had, in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) // 1024


async def test_a_picture_that_would_take_all_memory_is_left_out_in_words(gateway, make_runner, model_requests):
    """Some kilobytes that are 1.6 GB once they are decoded."""
    runner = make_runner(images=True)
    bomb = make_png(20_000, 20_000, depth=1)
    assert len(bomb) < 1 << 20
    (runner.workspace / "bomb.png").write_bytes(bomb)
    await begin(gateway, runner, 'tool: read {"path":"bomb.png"}')
    assert (await gateway.ended(1, LONG))[-1] == wire.TurnSettled()
    pid = runner.pi_pid()
    assert "Image omitted" in json.dumps(model_requests()[-1]["body"])
    assert pictures_of(model_requests()[-1]) == []
    assert read_peak(pid) < 900
    assert "hello" in texts(await gateway.ask(2, "hello"))[-1]
