"""A copy by `/fork` in which nobody wrote goes by the rule of the class that it was made with, as old as itself."""

from __future__ import annotations

import pytest

from tests.integration.test_gateway_fork import NAME, begin, fork, read_new
from tests.integration.test_retention import end_run, look
from tests.support.desk import running_desk
from tests.support.stored import count_lines

pytestmark = pytest.mark.postgres


async def copy(desk, class_name="default"):
    """Have a conversation with files copied, and its run ended; return both."""
    talk = begin(desk)
    await talk.ask("count the stars")
    desk.resources.change(NAME, classRef={"name": class_name})
    await fork(desk)
    await end_run(desk.store, talk.thread)
    return talk.thread, await read_new(desk.store)


async def count_states(store, thread):
    return await store.pool.fetchval("SELECT count(*) FROM kept_states WHERE thread_id = $1", thread.id)


async def test_a_copy_in_which_nobody_wrote_goes_when_it_is_as_old(store):
    async with running_desk(store) as desk:
        _, new = await copy(desk)
        lines = await count_lines(store, new.session_id)
        assert (lines > 0, await count_states(store, new)) == (True, 1)
        await look(store, 29, messageDays=30, fileDays=30)
        assert (await count_lines(store, new.session_id), await count_states(store, new)) == (lines, 1)
        await look(store, 31, messageDays=30, fileDays=30)
        assert (await count_lines(store, new.session_id), await count_states(store, new)) == (0, 0)
        assert (await store.threads.by_id(new.id)).session_id != new.session_id
        assert await store.pool.fetchval("SELECT count(*) FROM past_sessions") == 0


async def test_a_copy_goes_by_the_class_that_it_was_made_with(store):
    async with running_desk(store) as desk:
        _, new = await copy(desk, "kept")
        lines = await count_lines(store, new.session_id)
        await look(store, 31, messageDays=30, fileDays=30)
        assert (await count_lines(store, new.session_id), await count_states(store, new)) == (lines, 1)


async def test_a_copy_of_an_old_conversation_is_young(store):
    async with running_desk(store) as desk:
        source, new = await copy(desk)
        for column in ("created_at", "ended_at"):
            await store.pool.execute(f"UPDATE turns SET {column} = {column} - interval '40 days'")
        lines = await count_lines(store, new.session_id)
        await look(store, 0, messageDays=30)
        assert await count_lines(store, source.session_id) == 0
        assert await count_lines(store, new.session_id) == lines
