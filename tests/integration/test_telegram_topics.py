"""Topics are opened and named by the real client, against the simulated Telegram over real HTTP."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Refused
from agent_gateway.telegram.inbound.topics import Unnamed, read_unnamed
from agent_simulators.telegram.server import CLOUD
from tests.conftest import BOT_ID
from tests.support.simulated import BOT, FORUM, play


async def test_a_topic_is_opened_and_named(sim, api):
    await play(sim, "topics", chat=FORUM, topic=42, name="one")
    opened = await api.topics.open_topic(Address(BOT_ID, FORUM, 42), "New task")
    await api.topics.name_topic(opened, "Why does the build fail?")
    await api.topics.name_topic(opened, "Why does the build fail?")  # not modified is success
    assert sim.app[CLOUD].chats[FORUM].topics[opened.topic_id].name == "Why does the build fail?"
    with pytest.raises(Refused):
        await api.topics.name_topic(Address(BOT_ID, FORUM, 9999), "gone")


async def test_a_topic_that_a_client_opened_for_a_message_is_known(sim, api):
    assert await api.set_my_settings(has_topics_enabled=True)
    await play(sim, "topics", chat=5, user=5, name="New Chat", implicit=True)
    await play(sim, "topics", chat=5, user=5, name="Mine")
    updates = await api.get_updates(0, 0)
    found = [read_unnamed(update, BOT) for update in updates]
    (unnamed,) = [each for each in found if each is not None]
    assert unnamed == Unnamed(Address(BOT_ID, 5, unnamed.address.topic_id), 5)
    assert unnamed.address.topic_id is not None
