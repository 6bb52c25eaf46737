"""/heartbeat: on, off, as often as is said, once for each conversation; in a group for its administrators."""

from __future__ import annotations

import pytest

from agent_gateway.resources.fakeschedules import FakeSchedules
from agent_gateway.resources.reading import read_class
from agent_gateway.schedules.writing import ScheduleWriter
from agent_gateway.store.rows import Address
from agent_gateway.venues.moved import move
from tests.conftest import BOT_ID
from tests.support.confirms import ask
from tests.support.desk import ADMIN, GROUP, running_desk
from tests.support.pressing import press
from tests.support.venues import NEW

pytestmark = pytest.mark.postgres


async def test_it_is_turned_on_anew_and_off(store):
    async with running_desk(store) as desk:
        resources = FakeSchedules()
        writer = ScheduleWriter(store, resources, lambda: None)
        assert (await ask(desk, "/heartbeat"))[0].startswith("It is off.\n\nI look at HEARTBEAT.md")
        said = "✓ On: every 30 min from 8 to 22 (UTC). I write only when there is something to say."
        assert (await ask(desk, "/heartbeat on"))[0] == said
        await writer.write_due()
        [name] = resources.names
        spec = resources.cached(name).spec
        assert (spec.cron, spec.quiet, spec.time_zone) == ("*/30 8-21 * * *", True, "UTC")
        await desk.say("/heartbeat 60 9-18")
        await writer.write_due()
        [other] = resources.names
        assert other != name, "there is one of each conversation"
        assert resources.cached(other).spec.cron == "0 9-17 * * *"
        assert (await ask(desk, "/heartbeat"))[0].startswith("It is on (0 9-17 * * *).")
        assert (await ask(desk, "/heartbeat 7"))[0].startswith("I look at HEARTBEAT.md")
        assert (await ask(desk, "/heartbeat 2"))[0] == "That is too often: every 5 min at most."
        assert (await ask(desk, "/heartbeat off"))[0] == "✓ Off."
        await writer.write_due()
        assert resources.names == []


async def test_it_is_turned_off_also_where_somebody_changed_it_by_hand(store):
    async with running_desk(store) as desk:
        await desk.say("/heartbeat on")
        await store.pool.execute("UPDATE schedules SET person_id = NULL")
        assert (await ask(desk, "/heartbeat"))[0].startswith("It is on")
        assert (await ask(desk, "/heartbeat off"))[0] == "✓ Off."
        assert await store.pool.fetchval("SELECT state FROM schedules") == "gone"


async def test_it_is_turned_off_also_where_its_group_became_a_supergroup(store):
    async with running_desk(store) as desk:
        await desk.say("/heartbeat@demo_bot on", chat=GROUP, user=ADMIN)
        assert await store.pool.fetchval("SELECT state FROM schedules") == "wanted"
        async with store.transaction() as tx:
            await move(tx, Address(BOT_ID, GROUP), Address(BOT_ID, NEW), "tg")
        await desk.say("/heartbeat@demo_bot", chat=NEW, user=ADMIN)
        assert (await desk.said())[-1].startswith("It is on")
        await desk.say("/heartbeat@demo_bot off", chat=NEW, user=ADMIN)
        assert await store.pool.fetchval("SELECT state FROM schedules") == "gone"


async def test_a_quiet_one_that_somebody_made_by_hand_is_left_alone(store):
    async with running_desk(store) as desk:
        await desk.say("/heartbeat on")
        await store.pool.execute("UPDATE schedules SET state = 'live', uid = 'u', name = 'morning-s3'")
        assert (await ask(desk, "/heartbeat"))[0].startswith("It is off.")


async def test_in_a_group_it_is_its_administrators(store):
    async with running_desk(store) as desk:
        desk.members.admins = {1234}
        await desk.say("/heartbeat@demo_bot on", chat=GROUP)
        assert (await desk.said())[-1].startswith("In a group, only its administrators")
        assert await store.pool.fetchval("SELECT count(*) FROM schedules") == 0


async def test_one_that_is_asked_now_is_told_the_checklist_of_its_class(store):
    async with running_desk(store) as desk:
        writer = ScheduleWriter(store, FakeSchedules(), lambda: None)
        spec = {"heartbeat": "Look at the builds."}
        desk.resources.found_class = read_class({"metadata": {"name": "default"}, "spec": spec})
        await desk.say("/heartbeat on")
        await writer.write_due()
        _, buttons = await ask(desk, "/schedules")
        assert await press(desk, buttons["⚡ 1"]) == "I'm on it."
        text = await store.pool.fetchval("SELECT text FROM turns")
        assert "[The checklist of your team:]\nLook at the builds." in text
