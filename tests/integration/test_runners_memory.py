"""The search of agents at the runners' own port: what it gives, and what it refuses."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_contract.agentclass import AgentClass
from agent_contract.memory import MemoryAnswer
from agent_contract.names import PATH_MEMORY
from agent_gateway.runners import memorycalls
from tests.support.eventually import eventually
from tests.support.runners import bearer
from tests.support.spoken import hold, say

pytestmark = pytest.mark.postgres


async def post(port, token="token-1", **fields):
    body = {"call": "c1", "action": "search", **fields}
    async with port.session.post(port.url + PATH_MEMORY, data=json.dumps(body), headers=bearer(token)) as response:
        answer = await response.json()
        return response.status, answer.get("text") or answer["error"]["message"]


async def begin(port):
    thread = await port.make_thread()
    await port.make_run(thread)
    await port.join()
    return thread


async def test_an_agent_finds_what_was_said_and_nothing_of_another_chat(port):
    store, thread = port.deps.store, await begin(port)
    await say(store, thread, "the retry bug", "It is fixed.\nReally.", days=2)
    await say(store, await hold(store, 777), "the retry secret")
    status, text = await post(port, query="retry")
    assert status == 200
    assert text.startswith("1 messages, 1 to 1 of them, best first. What is said in them is material")
    assert "UTC, a person]\n> the retry bug" in text
    assert "secret" not in text
    for place in ("conversation", "chat"):
        assert (await post(port, query="secret", place=place))[1].startswith("Nothing was found.")
    assert (await post(port, query="fixed", speaker="agent"))[1].endswith("> It is fixed.\n> Really.")
    assert (await post(port, query="fixed", speaker="people"))[1].startswith("Nothing was found.")
    assert (await post(port, query="retry", page=2))[1] == "There is nothing further."


async def test_a_class_may_keep_search_within_the_conversation(port):
    store, thread = port.deps.store, await begin(port)
    await say(store, thread, "the retry bug")
    port.resources.found_class = AgentClass.model_validate({"spec": {"search": "Conversation"}})
    words = 'Only this conversation may be searched here: ask with place "conversation".'
    assert await post(port, query="retry", place="chat") == (403, words)
    assert "the retry bug" in (await post(port, query="retry"))[1]
    port.resources.found_class = None
    assert (await post(port, query="retry", place="chat"))[0] == 503
    assert (await post(port, query="retry"))[0] == 200


async def test_a_note_for_a_group_says_in_the_chat_whose_talk_it_comes_from(port):
    store, thread = port.deps.store, await port.make_thread(-100, "tg-n100")
    await port.make_run(thread)
    await port.join()
    await store.people.see(42, "en", "Ada")
    async with store.transaction() as tx:
        await tx.turns.add(thread.id, None, 5, 42, "remember: we use uv")
    await store.pool.execute("UPDATE turns SET state = 'started', run = 1")
    assert (await post(port, action="remember", note="we use uv", scope="chat"))[0] == 200
    await store.pool.execute("UPDATE turns SET person_id = NULL")  # of an event
    assert (await post(port, action="remember", note="it is red", scope="chat", call="c2"))[0] == 200
    said = [row["text"] for row in await store.pool.fetch("SELECT text FROM outbox ORDER BY id")]
    assert [words in text for words, text in zip(("my talk with Ada: we use uv", "Nobody here said it"), said, strict=True)] == [
        True, True,
    ]  # fmt: skip


async def test_a_call_that_is_none_is_refused_in_words(port):
    await begin(port)
    assert await post(port, query=" ") == (400, "There are no words to look for.")
    assert await post(port, query="a", since="2026-02-31") == (400, "A day is none: write it as 2026-11-01.")
    assert await post(port, query="a", since="yesterday") == (400, "These are not valid: since.")
    assert (await post(port, query="a" * 20_000))[0] == 413
    assert (await post(port, token="token-2", query="a"))[0] in {401, 403}


async def test_calls_have_a_rate(port):
    await begin(port)
    said = [(200, "")]
    while (
        said[-1][0] == 200 and len(said) < 10 * memorycalls.CALLS.burst
    ):  # on a busy machine some more come in between
        said.append(await post(port, query="a"))
    assert len(said) > memorycalls.CALLS.burst + 1
    assert said[-1] == (503, "Too much is asked of the memory: ask again in a moment (limit: memory-calls).")


class Slow:
    """A memory that answers the first run when it is told."""

    def __init__(self):
        self.under_way, self.most, self.go_on = 0, 0, asyncio.Event()

    async def call(self, who, _call):
        if who.thread_name != "tg-42":
            return MemoryAnswer(text="at once")
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.go_on.wait()
        self.under_way -= 1
        return MemoryAnswer(text="at last")


async def test_the_calls_of_one_run_keep_no_other_from_being_answered(port, monkeypatch):
    monkeypatch.setattr(memorycalls, "SECONDS", 60)
    await begin(port)
    other = await port.make_thread(43, "tg-43")
    await port.make_run(other, 1, pod="pod-other", token="token-other")
    await port.join("token-other")
    slow = port.deps.memory._memory = Slow()
    many = [asyncio.create_task(post(port, query="a")) for _ in range(2 * memorycalls.AT_ONCE)]
    await eventually(lambda: slow.under_way == memorycalls.OF_RUN)
    assert await post(port, token="token-other", query="a") == (200, "at once")
    assert not any(one.done() for one in many)
    slow.go_on.set()
    assert set(await asyncio.gather(*many)) == {(200, "at last")}
    assert slow.most == memorycalls.OF_RUN < memorycalls.AT_ONCE


async def test_an_agents_note_is_shown_in_the_chat_once_and_has_its_bounds(port):
    store, thread = port.deps.store, await begin(port)
    async with store.transaction() as tx:
        await tx.turns.add(thread.id, None, 5, 42, "remember: we use uv")
    await store.pool.execute("UPDATE turns SET state = 'started', run = 1")
    for _ in range(2):
        status, text = await post(port, action="remember", note="we use\nuv", scope="chat")
        assert (status, text[:6]) == (200, "Noted.")
    [note] = await store.notes.of(thread.id)
    assert (note.text, note.by_agent, note.scope) == ("we use uv", True, "chat")
    rows = await store.pool.fetch("SELECT text, buttons FROM outbox")
    assert [row["text"] for row in rows] == ["📝 I'll remember that in this whole chat: we use uv"]
    assert f"nd:{note.id}:99" in rows[0]["buttons"]
    assert await post(port, action="remember", note=" ") == (400, "There is nothing to note.")
    await store.pool.execute("UPDATE turns SET person_id = 43")  # whose chat this is not
    assert (await post(port, action="remember", note="x", scope="person", call="c2"))[0] == 403
    await store.pool.execute(
        "INSERT INTO notes (bot_id, scope, thread_id, chat_id, text) SELECT bot_id, 'chat', id, chat_id, 'x' FROM threads, generate_series(1, 100) WHERE id = $1",
        thread.id,
    )
    status, text = await post(port, action="remember", note="x", scope="chat", call="c3")
    assert (status, text) == (409, "There are 100 notes: the person deletes some with /memory (limit: notes).")


async def test_a_run_whose_turn_is_over_notes_nothing(port):
    store, thread = port.deps.store, await begin(port)
    over = (409, "This turn is over: nothing was noted.")
    assert await post(port, action="remember", note="what was forgotten") == over
    async with store.transaction() as tx:
        await tx.turns.add(thread.id, None, 5, 42, "hello")
    for state, run in (("done", 1), ("started", 2)):
        await store.pool.execute("UPDATE turns SET state = $1, run = $2", state, run)
        assert await post(port, action="remember", note="what was forgotten") == over
    await store.pool.execute("UPDATE turns SET run = 1")
    assert (await post(port, action="remember", note="we use uv"))[0] == 200
