"""Events that are brought to a hook become turns, each once, whoever brings it how often; what is refused leaves nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession

from agent_gateway.forges.build import build_forges
from agent_gateway.hooks import places, server, worker
from agent_gateway.hooks.settings import read_hooks
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.publicport import open_public_port
from agent_gateway.store import Store
from agent_gateway.store.hooks import MOST_WAITING
from agent_gateway.store.rows import Address
from agent_gateway.venues.moved import settle
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, running_desk
from tests.support.hooking import SECRET, TOPIC, opened, sign
from tests.support.stored import make_thread

pytestmark = pytest.mark.postgres
CALLS = {
    "name": "calls", "form": "secret", "to": {"chatId": GROUP, "topicId": TOPIC},
    "template": "Look at {{ what }}.\n{{ quote text }}",
}  # fmt: skip
HUB = {"name": "hub", "form": "github", "to": {"chatId": GROUP}, "events": ["issues"], "template": "{{ issue.title }}"}
ISSUE = {"action": "opened", "issue": {"title": "It breaks"}}


@pytest.fixture
async def doors(store, tmp_path):
    async with running_desk(store, reconcile=False) as desk:
        forges = build_forges(None, store, desk.classes, lambda: None)
        async with opened(
            store, forges, desk.access, tmp_path, [CALLS, HUB, {**CALLS, "name": "other", "perHour": 3}]
        ) as found:
            yield found
        await forges.close()


async def test_an_event_becomes_a_turn_of_its_topic_and_the_topic_says_so(doors):
    assert await doors.call({"what": "api", "text": "it *fell* over\n[From Bob]", "type": "alert"}, "1") == (
        202,
        {"outcome": "taken"},
    )
    assert await doors.worker.ask_due() == 1
    [prompt] = await doors.prompts()
    assert prompt.startswith("[An event came in by the hook calls, alert. Nobody in this chat wrote it.")
    assert prompt.endswith("\n\nLook at api.\n\n> it *fell* over\n> [From Bob]")
    assert await doors.told() == [
        "⚡ Event from `calls` · alert\n\n> Look at api.\n> \\> it \\*fell\\* over\n> \\> \\[From Bob\\]"
    ]
    [row] = await doors.store.pool.fetch(
        "SELECT chat_id, topic_id, name, person_id FROM threads h JOIN turns t ON t.thread_id = h.id"
    )
    assert tuple(row) == (GROUP, TOPIC, f"tg-n{-GROUP}-{TOPIC}", None)
    [row] = await doors.rows()
    assert (row["prompt"], row["outcome"]) == (None, "asked"), "what was said is kept once"


async def test_one_delivery_is_one_turn_however_often_and_at_once_it_is_brought(doors):
    answers = await asyncio.gather(*(doors.call({"what": n}, "the-same") for n in range(8)))
    assert sorted(status for status, _ in answers) == [200] * 7 + [202]
    await asyncio.gather(*(doors.worker.ask_due() for _ in range(4)))
    assert await doors.call({"what": "again"}, "the-same") == (200, {"outcome": "known"})
    assert await doors.worker.ask_due() == 0
    assert len(await doors.prompts()) == len(await doors.told()) == 1


async def test_calls_without_an_id_are_each_their_own(doors):
    for _ in range(2):
        assert (await doors.call({"what": "api"}))[0] == 202
    await doors.worker.ask_due()
    assert len(await doors.prompts()) == 2


async def test_what_was_overheard_is_not_taken_under_another_id(doors):
    assert (await doors.push("issues", ISSUE, "one"))[0] == 202
    assert await doors.push("issues", ISSUE, "two") == (200, {"outcome": "known"})
    assert await doors.push("issues", {**ISSUE, "n": 1}, "one") == (200, {"outcome": "known"}), (
        "nor is an id used twice"
    )
    assert (await doors.push("issues", {**ISSUE, "n": 1}, "three"))[0] == 202


async def test_events_of_other_kinds_are_passed_over(doors):
    for event, body in (("push", {}), ("ping", {"zen": "x"}), ("issue_comment", {"action": "created"})):
        assert await doors.push(event, body, event) == (200, {"outcome": "passed"})
    assert await doors.rows() == []


async def test_any_replica_takes_events_and_the_leader_acts_on_them(doors, dsn):
    standby = await Store.open(dsn, BOT_ID)
    try:
        async with opened(
            standby, SimpleNamespace(connections={}, kinds={}, events=None), None, doors.folder, [CALLS]
        ) as other:
            assert standby.fence is None
            assert (await other.call({"what": "standby"}, "1"))[0] == 202
            assert (await doors.call({"what": "leader"}, "1"))[1] == {"outcome": "known"}
    finally:
        await standby.close()
    await doors.worker.ask_due()
    [prompt] = await doors.prompts()
    assert "standby" in prompt


async def test_strangers_are_told_little_and_leave_nothing(doors, caplog):
    body = {"what": "secret words"}
    with caplog.at_level(logging.INFO):
        known = [
            await doors.call(body, secret="wrong-secret-of-it"),
            await doors.bring("calls", body),
            await doors.bring("none", body),
            await doors.push("issues", ISSUE, "1", secret="wrong-secret-of-it"),
            await doors.bring("hub", body, X_Hub_Signature_256="sha256=" + "a" * 64),
        ]
    assert len({json.dumps(answer) for answer in known}) == 1, "which hooks there are is nobody's business"
    assert known[0][0] == 401
    reasons = [(record.hook, record.reason) for record in caplog.records if record.message == "hook_refused"]
    assert reasons == [
        ("calls", "signature"),
        ("calls", "unsigned"),
        ("?", "unknown"),
        ("hub", "signature"),
        ("hub", "signature"),
    ]
    assert "secret words" not in caplog.text
    assert await doors.rows() == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b"", 400), (b"9" * 5000, 400), (b"{}" + b" " * (1 << 20), 413)]
)  # fmt: skip
async def test_what_is_no_event_is_told_as_such(doors, body, status):
    assert (await doors.call(body, "1"))[0] == status
    assert await doors.rows() == []


async def test_a_form_is_no_json(doors):
    body = b"payload=%7B%7D"
    status, answer = await doors.bring(
        "hub", body, X_Hub_Signature_256=sign(body), Content_Type="application/x-www-form-urlencoded"
    )
    assert (status, "application/json" in answer["error"]) == (415, True)


async def test_what_strangers_pack_is_not_unpacked_and_fills_no_log(doors, store, caplog):
    read = read_hooks(doors.folder / "hooks.json", "tg", None)
    port = await open_public_port(server.HookServer(read, store).build(), "127.0.0.1", 0, "hook-connections")
    try:
        where = "http://{}:{}/hooks/hub".format(*port.addresses[0])
        shown = {"X-Hub-Signature-256": sign(b"abcd", "wrong-secret-of-it"), "Content-Encoding": "gzip"}
        async with ClientSession() as client, client.post(where, data=b"abcd", headers=shown) as answer:
            assert answer.status == 401
    finally:
        await port.cleanup()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_body_without_a_length_ends_at_the_bound(doors):
    async def pieces():
        for _ in range(20):
            yield b"x" * (1 << 16)

    async with doors.client.post("/hooks/calls", data=pieces(), headers={"X-Hook-Secret": SECRET}) as answer:
        assert answer.status == 413


async def test_slow_senders_hold_up_their_own_hook_alone_and_not_for_long(doors, monkeypatch):
    monkeypatch.setattr(server, "BODY_SECONDS", 2.0)
    begun = asyncio.Semaphore(0)

    async def slow():
        yield b"{"
        begun.release()
        await asyncio.sleep(300)

    async def send():
        async with doors.client.post("/hooks/calls", data=slow(), headers={"X-Hook-Secret": SECRET}) as answer:
            return answer.status

    sending = [asyncio.create_task(send()) for _ in range(places.MOST_AT_ONCE)]
    for _ in sending:
        await begun.acquire()
    monkeypatch.setattr(server, "BODY_SECONDS", 30.0)  # for who is not slow, on whatever machine
    assert (await doors.call({"what": "api"}, "1", name="other"))[0] == 202
    assert set(await asyncio.gather(*sending)) == {408}
    assert (await doors.call({"what": "api"}, "2"))[0] == 202


async def test_a_secret_changes_in_place(doors):
    (doors.folder / "secret").write_text(f"the-next-secret-of-it\n{SECRET}\n")
    assert (await doors.call({}, "1"))[0] == 202
    assert (await doors.call({}, "2", secret="the-next-secret-of-it"))[0] == 202
    (doors.folder / "secret").write_text("the-next-secret-of-it\n")
    assert (await doors.call({}, "3"))[0] == 401
    (doors.folder / "secret").unlink()
    assert (await doors.call({}, "4", secret="the-next-secret-of-it"))[0] == 503


async def test_a_hook_asks_no_more_than_it_may_within_an_hour(doors):
    for n in range(3):
        assert (await doors.call({}, f"{n}", name="other"))[0] == 202
    status, answer = await doors.call({}, "3", name="other")
    assert (status, "within an hour" in answer["error"]) == (429, True)
    assert (await doors.call({}, "1", name="other"))[0] == 200, "what is known is answered as ever"
    assert (await doors.call({}, "3"))[0] == 202, "another hook is none of its business"
    await doors.store.pool.execute("UPDATE hook_deliveries SET received_at = received_at - interval '1 hour'")
    assert (await doors.call({}, "3", name="other"))[0] == 202


async def test_no_more_wait_than_may(doors):
    for n in range(MOST_WAITING):
        assert (await doors.call({}, f"{n}"))[0] == 202
    assert (await doors.call({}, "more"))[0] == 429
    while await doors.worker.ask_due():
        pass
    assert (await doors.call({}, "more"))[0] == 202


async def test_an_event_waits_for_room_in_its_conversation_and_is_given_up_after_a_day(doors):
    await doors.call({"what": 1}, "1")
    await doors.worker.ask_due()
    thread = await doors.store.threads.by_address(Address(BOT_ID, GROUP, TOPIC))
    await doors.store.pool.execute(
        "INSERT INTO turns (thread_id, text) SELECT $1, 'x' FROM generate_series(1, $2)", thread.id, MOST_QUEUED
    )
    await doors.call({"what": 2}, "2")
    assert await doors.worker.ask_due() == 1
    assert await doors.worker.ask_due() == 0, "it waits"
    assert (await doors.rows())[-1]["attempts"] == 0, "which is no failure"
    await doors.store.pool.execute("DELETE FROM turns WHERE text = 'x'")
    await doors.store.pool.execute("UPDATE hook_deliveries SET due_at = now()")
    await doors.worker.ask_due()
    assert len(await doors.prompts()) == 2
    await doors.call({"what": 3}, "3")
    await doors.store.pool.execute(
        "INSERT INTO turns (thread_id, text) SELECT $1, 'x' FROM generate_series(1, $2)", thread.id, MOST_QUEUED
    )
    await doors.store.pool.execute("UPDATE hook_deliveries SET received_at = received_at - interval '2 days'")
    await doors.worker.ask_due()
    assert (await doors.rows())[-1]["outcome"] == "queue-full"


async def test_a_chat_that_may_not_use_the_bot_is_asked_nothing(store, tmp_path):
    async with running_desk(store, reconcile=False) as desk:
        forges = build_forges(None, store, desk.classes, lambda: None)
        async with opened(store, forges, desk.access, tmp_path, [{**CALLS, "to": {"chatId": -999}}]) as found:
            await found.call({}, "1")
            await found.worker.ask_due()
            assert [row["outcome"] for row in await found.rows()] == ["not-allowed"]
            assert await found.prompts() == []
        await forges.close()


async def test_a_topic_that_is_gone_is_asked_nothing(doors):
    await doors.call({}, "1")
    await doors.worker.ask_due()
    await doors.store.pool.execute("UPDATE threads SET place = 'orphaned'")
    await doors.call({}, "2")
    await doors.worker.ask_due()
    assert [row["outcome"] for row in await doors.rows()] == ["asked", "topic-gone"]


async def test_a_group_that_got_topics_is_asked_in_general_where_its_conversation_goes_on(doors):
    old, general = Address(BOT_ID, GROUP), Address(BOT_ID, GROUP, 1)
    thread = await make_thread(doors.store, old, f"tg-n{-GROUP}")
    async with doors.store.transaction() as tx:
        await settle(tx, general, "tg")
    await doors.push("issues", ISSUE, "1")
    await doors.worker.ask_due()
    rows = await doors.store.pool.fetch("SELECT thread_id FROM turns")
    assert [row["thread_id"] for row in rows] == [thread.id]


async def test_one_that_fails_holds_up_no_other_and_is_given_up(doors, monkeypatch):
    await doors.call({"what": "bad"}, "1")
    await doors.call({"what": "good"}, "2")
    told = worker.came_text

    def fail(language, hook, event, prompt):
        if "bad" in prompt:
            raise RuntimeError("a fault")
        return told(language, hook, event, prompt)

    monkeypatch.setattr(worker, "came_text", fail)
    for _ in range(worker.TRIES):
        await doors.worker.ask_due()
        await doors.store.pool.execute("UPDATE hook_deliveries SET due_at = now()")
    assert len(await doors.prompts()) == 1
    assert [row["outcome"] for row in await doors.rows()] == ["failed", "asked"]
