from __future__ import annotations

import asyncio
import json
from collections import deque

import pytest

from agent_gateway.inbox.ingest import Ingest
from agent_gateway.inbox.rows import build_rows
from agent_gateway.store.errors import Away
from agent_gateway.telegram.errors import Ambiguous, Conflict, Throttled, Unauthorized
from agent_gateway.telegram.fakes import FakeStore
from tests.support.eventually import eventually


def update(update_id, text="hi", chat=5):
    return {"update_id": update_id, "message": {"message_id": 1, "text": text, "chat": {"id": chat, "type": "private"}}}


class Source:
    """Gives prepared answers, then nothing."""

    def __init__(self, *answers):
        self.answers = deque(answers)
        self.offsets = []
        self.hook = ""

    async def get_webhook_info(self):
        return {"url": self.hook}

    async def delete_webhook(self):
        self.hook = ""

    async def get_updates(self, offset, timeout):  # noqa: ASYNC109
        assert not self.hook
        self.offsets.append(offset)
        if not self.answers:
            await asyncio.Event().wait()
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def ingest(source, store, problems=None):
    """Poll until every answer was taken."""
    wakes = []
    ingest = Ingest(source, store, check=lambda: None, wake=lambda: wakes.append(1), pause=0.01)
    task = asyncio.create_task(ingest.run())

    def over():
        if problems is not None and ingest.problem and ingest.problem not in problems:
            problems.append(ingest.problem)
        return task.done() or not source.answers

    await eventually(over, interval=0.002)
    await eventually(lambda: task.done() or source.offsets[-1] == store.cursor)
    if task.done():
        task.result()
    task.cancel()
    return ingest, wakes


async def test_updates_are_committed_before_they_are_confirmed():
    store = FakeStore(cursor=3)
    source = Source([update(3), update(4, "/status")], [update(5)])
    polled, wakes = await ingest(source, store)
    assert source.offsets == [3, 5, 6]
    assert [store.inbox[n][0] for n in (3, 4, 5)] == ["5", "!4", "5"]
    assert json.loads(store.inbox[3][1]) == update(3)
    assert len(wakes) == 2
    assert polled.last_poll is not None


async def test_after_a_quiet_week_numbers_may_begin_anywhere():
    days = iter(range(100))
    source, store = Source([update(900)], *[[]] * 7, [update(17)]), FakeStore(cursor=900)
    polling = Ingest(source, store, check=lambda: None, wake=lambda: None, clock=lambda: next(days) * 86400.0 / 2)
    task = asyncio.create_task(polling.run())
    await eventually(lambda: 17 in store.inbox and source.offsets[-1] == store.cursor)
    task.cancel()
    assert source.offsets[:2] == [900, 901]
    assert source.offsets[-2:] == [0, 18]


async def test_what_cannot_be_committed_is_not_confirmed():
    store = FakeStore(cursor=3, failing=Away("database away"))
    source = Source([update(3)])
    with pytest.raises(Away, match="away"):
        await ingest(source, store)
    assert source.offsets == [3]
    assert store.cursor == 3


async def test_malformed_updates_stop_nothing():
    store = FakeStore()
    batch = [
        {"update_id": 1, "message": "junk"},
        "junk",
        {"no": "id"},
        {"update_id": True},
        {"update_id": "2"},
        update(3),
    ]
    await ingest(Source(batch), store)
    assert sorted(store.inbox) == [1, 3]
    assert store.cursor == 4


async def test_a_batch_without_any_id_is_a_problem_and_not_a_spin():
    store, problems = FakeStore(), []
    await ingest(Source([{"no": "id"}], [update(1)]), store, problems)
    assert problems == ["Telegram sends updates without a usable update_id"]
    assert sorted(store.inbox) == [1]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Conflict("Conflict: terminated by other getUpdates request"), "another program polls with this bot's token"),
        (Unauthorized(), "Telegram refuses the bot token"),
        (Ambiguous("no answer from Telegram (ReadTimeout)"), "updates cannot be fetched: no answer"),
        (Throttled(0.05), "Telegram asks to wait"),
    ],
)
async def test_faults_are_told_waited_out_and_forgotten(fault, words, caplog):
    store, problems = FakeStore(), []
    polled, _ = await ingest(Source(fault, fault, [update(1)]), store, problems)
    assert [words in problem for problem in problems] == [True]
    assert sum(words in record.getMessage() for record in caplog.records) == 1
    assert polled.problem is None
    assert sorted(store.inbox) == [1]


async def test_who_may_not_act_polls_nothing():
    def refuse():
        raise PermissionError

    source = Source()
    with pytest.raises(PermissionError):
        await Ingest(source, FakeStore(), check=refuse, wake=lambda: None).run()
    assert source.offsets == []


def test_payloads_hold_nothing_a_database_refuses():
    rows, offset = build_rows([update(1, "nul \x00 and half \ud83d")], 0)
    payload = rows[0][2]
    assert payload.isascii()
    assert "\x00" not in payload
    assert offset == 2


def test_an_offset_never_goes_back():
    assert build_rows([update(1)], 9)[1] == 9
    assert build_rows([], 9) == ([], 9)


async def test_a_webhook_that_was_left_is_taken_back_before_the_first_poll():
    source = Source([update(3)])
    source.hook = "https://bot.example/hook"
    await ingest(source, FakeStore(cursor=3))
    assert source.hook == ""
    assert source.offsets == [3, 4]


async def test_a_restart_within_the_quiet_week_does_not_begin_it_anew():
    source = Source([], [])
    store = FakeStore(cursor=700_000_001, quiet=6.1 * 86400)
    task = asyncio.create_task(Ingest(source, store, check=lambda: None, wake=lambda: None, pause=0.01).run())
    await eventually(lambda: not source.answers)
    task.cancel()
    assert source.offsets[0] == 0
