"""`/forget` takes back the title that a topic was given after what was said in it, and none that a person gave."""

from __future__ import annotations

import pytest

from tests.integration.test_gateway_forget import places_with
from tests.integration.test_gateway_fork import NEW, begin, fork, read_new
from tests.integration.test_gateway_titles import TOPIC, answer, created, in_topic
from tests.support.desk import GROUP, message, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
MADE = "Why does the build fail?"


async def forget(desk, update, chat):
    await desk.take(update)
    await desk.settled()
    _, buttons, _ = await last_said(desk)
    assert await press(desk, buttons["Delete it"], chat=chat) == "Done."
    await desk.worked()


async def begin_titled(desk):
    """Have a question answered in a topic without a name, which is titled then, as its AgentThread is."""
    await desk.take(created(is_name_implicit=True))
    thread = await answer(desk)
    await eventually(lambda: desk.topics.names)
    await desk.resources.want_run(await desk.store.threads.by_id(thread.id), 1, None)
    await shown(desk, thread, MADE)
    return thread


async def shown(desk, thread, title):
    """Wait until conversation and AgentThread have a title."""

    async def both():
        now = await desk.store.threads.by_id(thread.id)
        return now.title == title and desk.resources.cached(thread.name).spec.title == title

    await eventually(both)


async def test_a_title_made_of_words_goes_with_them(store):
    async with running_desk(store, reconcile=False) as desk:
        thread = await begin_titled(desk)
        await forget(desk, in_topic(text="/forget"), TOPIC.chat_id)
        await shown(desk, thread, "")

        async def gone():
            return await places_with(store, "build fail") == set()

        await eventually(gone)


async def test_the_title_that_a_person_gave_since_stays(store):
    async with running_desk(store, reconcile=False) as desk:
        thread = await begin_titled(desk)
        await desk.take(in_topic(forum_topic_edited={"name": "Mine"}))
        await desk.settled()
        await shown(desk, thread, "Mine")
        await forget(desk, in_topic(text="/forget"), TOPIC.chat_id)
        await shown(desk, thread, "Mine")
        assert await places_with(store, "build fail") == set()


@pytest.mark.parametrize(("asked", "left"), [("/fork", ""), ("/fork Plan B", "⑂ Plan B")])
async def test_a_copy_that_nobody_named_loses_its_title_too(store, asked, left):
    async with running_desk(store) as desk:
        await begin(desk).ask("count the stars")
        await fork(desk, asked)
        thread = await read_new(store)
        assert await store.pool.fetchval("SELECT count(*) FROM jobs WHERE progress::text LIKE '%⑂%'") == 0
        raw = message("/forget@demo_bot", chat=GROUP)
        raw["message"] |= {"message_thread_id": NEW.topic_id, "is_topic_message": True}
        raw["message"]["chat"] |= {"is_forum": True}
        await forget(desk, raw, GROUP)
        await shown(desk, thread, left)
