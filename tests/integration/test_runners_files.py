"""Files of the chat at the runners' port: from Telegram to the run that has the turn, and from the agent to the outbox."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io

import pytest
from aiohttp import ClientError

from agent_contract import names, wire
from agent_gateway.store.rows import Attachment
from agent_gateway.telegram.errors import NotSent, RefusalKind, Refused
from tests.support.eventually import PATIENCE, eventually
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres
PHOTO = Attachment("photo-id", "photo-7.jpg", "image/jpeg", 3)


async def begin(port, files=(PHOTO,)):
    thread = await port.make_thread()
    await port.make_run(thread)
    turn = await port.make_turn(thread, files=files)
    runner = await port.join()
    await port.store.turns.deliver_next(thread.id, 1)
    return thread, turn, runner


def path_of(port, turn, number=0):
    return f"{port.url}{names.PATH_FILES}/{turn.id}/{number}"


async def get(port, url, token="token-1"):
    async with port.session.get(url, headers=bearer(token)) as response:
        return response.status, await response.read()


async def put(port, turn, data=b"hello", token="token-1", **query):
    asked = {"turn": str(turn.id), "call": "c1", "name": "report.txt", **query}
    async with port.session.put(
        port.url + names.PATH_FILES, params=asked, data=io.BytesIO(data), headers=bearer(token)
    ) as response:
        return response.status, (await response.json())["error"]["message"] if response.status != 204 else ""


async def rows(store):
    return await store.pool.fetch("SELECT * FROM outbox ORDER BY id")


async def test_a_turn_tells_of_its_files_and_its_run_gets_them(port):
    thread, turn, runner = await begin(port)
    await port.deps.registry.link(thread.id).send_turn(await port.store.turns.running(thread.id))
    frame = await runner.get(wire.Turn)
    assert frame.files == [wire.TurnFile(name="photo-7.jpg", media_type="image/jpeg", size=3)]
    port.deps.files.files["photo-id"] = [b"ab", b"c"]
    assert await get(port, path_of(port, turn)) == (200, b"abc")


async def test_another_runs_files_are_not_given(port):
    _, turn, _ = await begin(port)
    other = await port.make_thread(chat=43, name="tg-43")
    await port.make_run(other, pod="pod-b", token="token-b")
    await port.join("token-b")
    assert (await get(port, path_of(port, turn), "token-b"))[0] == 404
    assert (await put(port, turn, token="token-b"))[0] == 404
    assert (await get(port, path_of(port, turn, 1)))[0] == 404
    assert await rows(port.store) == []


async def test_what_telegram_refuses_is_told_in_words_and_what_may_help_is_tried_again(port):
    _, turn, _ = await begin(port)
    refusal = Refused(RefusalKind.OTHER, "Bad Request: file is too big")
    for problem, status, words in ((refusal, 404, b"file is too big"), (NotSent("no way there"), 503, b"no way there")):
        port.deps.files.files["photo-id"] = [problem]
        answered, body = await get(port, path_of(port, turn))
        assert answered == status
        assert words in body


async def test_a_file_that_telegram_lets_no_bot_fetch_is_told_with_its_size(port):
    _, turn, _ = await begin(port, [Attachment("f", "film.mp4", "video/mp4", 34_000_000)])
    status, words = await get(port, path_of(port, turn))
    assert (status, b"It has 34 MB, and Telegram lets a bot fetch at most 20 MB." in words) == (404, True)


async def test_who_does_not_read_its_files_takes_no_connection_from_the_others(port):
    _, turn, _ = await begin(port)
    port.deps.files.files["photo-id"] = [b"x" * (8 << 20)] * 3
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(port.session.get(path_of(port, turn), headers=bearer("token-1")))
        assert (await get(port, path_of(port, turn)))[0] == 503
    async with asyncio.timeout(PATIENCE):
        while (await get(port, path_of(port, turn)))[0] == 503:
            pass  # until both are seen to be gone
    assert len((await get(port, path_of(port, turn)))[1]) == 24 << 20


async def test_half_a_file_is_never_taken_for_the_whole(port):
    _, turn, _ = await begin(port)
    port.deps.files.files["photo-id"] = [b"half", NotSent("gone")]
    with pytest.raises(ClientError):
        await get(port, path_of(port, turn))


async def test_a_file_of_the_agents_is_said_once(port):
    thread, turn, _ = await begin(port)
    caption = base64.urlsafe_b64encode("für dich".encode()).decode()
    data = bytes(range(256)) * 9000  # more than one row of the store
    for _ in range(2):
        assert await put(port, turn, data, caption=caption, name="../re port.pdf") == (204, "")
    [row] = await rows(port.store)
    assert (row["text"], row["reply_to"], row["chat_id"]) == ("für dich", 7, thread.address.chat_id)
    [claimed] = await port.store.outbox.claim(())
    assert (claimed.file.name, claimed.file.media_type, claimed.file.bytes) == (
        "re port.pdf", "application/pdf", len(data),
    )  # fmt: skip
    assert b"".join([part async for part in port.store.files.stream(claimed.file.id)]) == data
    await port.store.outbox.sent(claimed.id)
    assert await port.store.pool.fetchval("SELECT count(*) FROM file_chunks") == 0
    assert await port.store.pool.fetchval("SELECT count(*) FROM files") == 1


async def test_pictures_are_known_by_their_names_on_every_machine(port):
    _, turn, _ = await begin(port)
    for number, name in enumerate(("a.webp", "A.JPG", "a.png", "notes")):
        await put(port, turn, name=name, call=f"c{number}")
    types = [row["media_type"] for row in await port.store.pool.fetch("SELECT media_type FROM files ORDER BY id")]
    assert types == ["image/webp", "image/jpeg", "image/png", "application/octet-stream"]


async def test_a_file_over_the_limit_leaves_nothing(port, monkeypatch):
    monkeypatch.setattr("agent_gateway.runners.files.MAX_FILE_BYTES", 3_000_000)
    _, turn, _ = await begin(port)
    status, words = await put(port, turn, b"x" * 3_000_001)
    assert status == 413
    assert "3 MB" in words
    assert await port.store.pool.fetchval("SELECT count(*) FROM files") == 0


async def test_a_file_that_is_empty_when_it_comes_leaves_nothing(port):
    _, turn, _ = await begin(port)
    assert await put(port, turn, b"") == (400, "The file is empty.")
    assert await port.store.pool.fetchval("SELECT count(*) FROM files") == 0
    assert await rows(port.store) == []


async def test_files_that_wait_are_counted(port):
    _, turn, _ = await begin(port)
    for number in range(20):
        assert (await put(port, turn, call=f"c{number}"))[0] == 204
    status, words = await put(port, turn, call="c20")
    assert (status, "20 files wait" in words) == (409, True)
    assert (await put(port, turn, call="c19"))[0] == 204  # it is there: only the answer to it was lost
    [first] = await port.store.outbox.claim(())
    await port.store.outbox.sent(first.id)
    assert (await put(port, turn, call="c20"))[0] == 204


async def test_a_file_that_is_given_up_takes_no_room(port):
    _, turn, _ = await begin(port)
    await put(port, turn)
    [claimed] = await port.store.outbox.claim(())
    await port.store.outbox.dead(claimed.id, "the chat is gone")
    assert await port.store.pool.fetchval("SELECT count(*) FROM file_chunks") == 0


async def test_words_for_a_turn_are_sent_again_until_they_are_read(port):
    thread, turn, runner = await begin(port)
    running = await port.store.turns.running(thread.id)
    async with port.store.transaction() as tx:
        number = await tx.steers.add(running, "steer", 9, 70, 42, "in French")
    await runner.close()
    runner = await port.join(ready=True)
    frame = await runner.get(wire.Steer)
    assert frame == wire.Steer(turn=turn.id, id=number, text="in French")
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, wire.Steered(id=number))
    await runner.acked(2)
    assert await port.store.steers.unread(turn.id) == []


async def answered(port, turn, runner, said="an edit"):
    """End a turn, and edit its message afterwards."""
    await port.deps.registry.link(turn.thread_id).send_turn(turn)
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, wire.TurnSettled())
    await runner.acked(2)
    async with port.store.transaction() as tx:
        await tx.steers.add(turn, "edit", 9, 70, 42, said)


async def test_a_turn_that_is_sent_again_still_tells_what_the_agent_has_to_know(port):
    thread, first, runner = await begin(port)
    await answered(port, await port.store.turns.by_id(first.id), runner)
    await runner.close()
    link = port.deps.registry.link(thread.id)
    await eventually(lambda: not link.connected)
    await port.make_turn(thread, update=2, text="go on")
    turn = await port.store.turns.deliver_next(thread.id, 1)
    assert not await link.send_turn(await port.deps.notes.add(thread, 1, turn))
    for _ in range(2):
        again = await port.join(ready=True, turns_seen=[first.id], acked=2)
        assert (await again.get(wire.Turn)).text == "an edit\n\ngo on"
    await again.event(3, turn.id, wire.TurnStarted())
    await again.event(4, turn.id, wire.TurnSettled())
    await again.acked(4)
    assert await port.store.steers.unread_edits(await port.make_turn(thread, update=3)) == []


async def test_a_turn_that_is_handed_over_tells_what_the_agent_has_to_know(port):
    thread, first, runner = await begin(port)
    await answered(port, await port.store.turns.by_id(first.id), runner)
    await port.make_turn(thread, update=2, text="go on")
    await runner.send(wire.Leave(seq=3, reason="idle"))
    await runner.get(wire.Stay)
    assert (await runner.get(wire.Turn, count=2)).text == "an edit\n\ngo on"
