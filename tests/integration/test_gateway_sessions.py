"""`/sessions` on a real Postgres: earlier sessions are listed, named and gone back to."""

from __future__ import annotations

import pytest

from tests.support.desk import GROUP, PERSON, running_desk
from tests.support.pressing import last_said, press
from tests.support.spoken import hold, say

pytestmark = pytest.mark.postgres
GONE = "That session is no longer there."


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def ask_agent(store, thread, text):
    """Let a conversation's present session have been asked something; return the session."""
    now = await store.threads.by_id(thread.id)
    turn = await say(store, thread, text, "yes")
    await store.pool.execute(
        "UPDATE turns SET before_session = $2, delivered_at = now() WHERE id = $1", turn, now.session_id
    )
    await store.pool.execute(
        "INSERT INTO session_entries (session_id, ordinal, entry_id, line) SELECT $1, $2, 'e' || $2::int, '{}'",
        now.session_id, turn,
    )  # fmt: skip
    return now.session_id


async def test_an_earlier_session_is_gone_back_to_and_the_present_one_kept(store):
    async with running_desk(store, reconcile=False) as desk:
        mine = await hold(store, PERSON)
        first = await ask_agent(store, mine, "port the parser")
        assert (await ask(desk, "/sessions the  parser"))[0] == "This session is called “the parser” now."
        await desk.say("/new")
        second = await ask_agent(store, mine, "write the /docs")
        text, buttons = await ask(desk, "/sessions")
        lines = text.split("\n")
        assert "write the " in lines[2]
        assert lines[3].startswith("now · 1 message · ")
        assert (lines[5], list(buttons)) == ("2. the parser", ["↩ 2. the parser"])
        await press(desk, buttons["↩ 2. the parser"])
        text, _, under = await last_said(desk)
        assert (text.partition(".")[0], under) == ("We go on with “the parser”", [500])
        assert (await store.threads.by_id(mine.id)).session_id == first
        assert await store.pool.fetchval("SELECT session_id FROM past_sessions") == second
        assert await press(desk, buttons["↩ 2. the parser"]) == GONE  # it is the present one


async def test_the_run_that_holds_another_session_ends(store):
    async with running_desk(store) as desk:
        await desk.say("hello")
        mine = await desk.run_wanted("tg-42", 1)
        await desk.connect(mine, 1)
        first = await ask_agent(store, mine, "port the parser")
        assert (await ask(desk, "/sessions"))[0].startswith("Sessions of this conversation")
        async with store.transaction() as tx:
            await tx.threads.begin_session(mine.id)
        assert await press(desk, f"se:{first}") == "I'm still working. Send /stop first, or wait."
        assert (await store.threads.by_id(mine.id)).session_id != first
        await store.pool.execute("UPDATE turns SET state = 'done' WHERE state <> 'done'")
        await press(desk, f"se:{first}")
        assert (await store.threads.by_id(mine.id)).session_id == first
        assert (await store.runs.open(mine.id)).stop == "killed"


async def test_no_other_conversations_session_is_taken_nor_one_that_is_forgotten(store):
    async with running_desk(store, reconcile=False) as desk:
        mine, other = await hold(store, PERSON), await hold(store, GROUP)
        theirs = await ask_agent(store, other, "a secret")
        ours = await ask_agent(store, mine, "hello")
        async with store.transaction() as tx:
            await tx.threads.begin_session(other.id)
            await tx.threads.begin_session(mine.id)
        assert await press(desk, f"se:{theirs}") == GONE
        before = (await store.threads.by_id(mine.id)).session_id
        await desk.say("/forget")
        await press(desk, (await last_said(desk))[1]["Delete it"])
        assert await press(desk, f"se:{ours}") == GONE
        assert (await store.threads.by_id(mine.id)).session_id not in {ours, before}
        await desk.worked()
        assert "secret" not in (await ask(desk, "/sessions"))[0]
        assert await store.pool.fetchval("SELECT count(*) FROM session_names") == 0


async def test_many_sessions_are_pages(store):
    async with running_desk(store, reconcile=False) as desk:
        mine = await hold(store, PERSON)
        assert (await ask(desk, "/sessions@demo_bot", chat=GROUP))[0] == "We haven't talked here yet."
        for number in range(12):
            await ask_agent(store, mine, f"question {number}")
            async with store.transaction() as tx:
                await tx.threads.begin_session(mine.id)
        text, buttons = await ask(desk, "/sessions")
        assert ("question 11" in text, "question 4" in text, list(buttons)[-1]) == (True, False, "▶")
        await press(desk, buttons["▶"])
        text, buttons, _ = await last_said(desk)
        assert ("question 0" in text, list(buttons)[-1]) == (True, "◀")
        assert await press(desk, "se:" + "-" * 36) == "This button does nothing any more."
