"""What ends with `/revoke`, at once: turns, sub-agents, pods that rest, what was allowed, links. On a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.wording import keys
from tests.support.deciding import begin_in
from tests.support.desk import ADMIN, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually
from tests.support.played import lost_answers
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
NAME = f"tg-{STRANGER}"


async def let_in(store, subject=STRANGER):
    async with store.transaction() as tx:
        await tx.access.allow(subject, ADMIN)


async def revoke(desk, subject=STRANGER):
    """Take it back, by a commit that nobody learns of."""
    with lost_answers(desk.store) as lost:
        await desk.take_quietly(message(f"/revoke {subject}", chat=ADMIN, user=ADMIN))
        await desk.settled()
        assert lost
    assert keys.revoked("en", id=str(subject)) in await desk.said()


async def test_a_pod_that_rests_is_ended_too(store):
    async with running_desk(store) as desk:
        await let_in(store)
        _, turn, _ = await begin_in(desk, STRANGER, NAME, user=STRANGER)
        await store.turns.cancel(turn.id)
        await store.pool.execute("UPDATE turns SET state = 'done', ended_at = now()")
        await revoke(desk)
        await eventually(lambda: (NAME, 1) in desk.resources.stops)


async def test_sub_agents_end(store):
    async with running_desk(store) as desk:
        await let_in(store)
        await desk.say("/spawn count the stars", chat=STRANGER, user=STRANGER)
        await revoke(desk)
        assert await store.pool.fetchval("SELECT cancel FROM subagents") == "parent"


async def test_what_they_allowed_is_asked_again(store):
    async with running_desk(store) as desk:
        await let_in(store)
        thread, _, _ = await begin_in(desk, STRANGER, NAME, user=STRANGER)
        other, _, _ = await begin_in(desk, PERSON, f"tg-{PERSON}")
        for place, person in ((thread, STRANGER), (other, STRANGER), (other, PERSON)):
            await store.pool.execute(
                "INSERT INTO approvals (thread_id, rule, person_id, person_name) VALUES ($1, $2, $3, 'P')",
                place.id, f"rule of {person}", person,
            )  # fmt: skip
        await revoke(desk)
        assert await store.decisions.allowed(thread.id) == []
        assert await store.decisions.allowed(other.id) == [(f"rule of {PERSON}", "P")]


async def test_buttons_of_theirs_do_nothing_more(store):
    async with running_desk(store) as desk:
        await let_in(store)
        _, turn, _ = await begin_in(desk, STRANGER, NAME, user=STRANGER)
        await revoke(desk)
        said = await press(desk, f"st:{turn.id}", chat=STRANGER, user=STRANGER)
        assert said == keys.access_unknown("en", id=str(STRANGER))


async def test_a_group_ends_as_a_whole(store):
    group = -100777
    async with running_desk(store) as desk:
        await let_in(store, group)
        await desk.say("/spawn@demo_bot count the stars", chat=group, user=STRANGER)
        await revoke(desk, group)
        assert await store.pool.fetchval("SELECT cancel FROM subagents") == "parent"


async def test_the_link_of_who_is_no_administrator_any_more_lets_nobody_in(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/invite", chat=ADMIN, user=ADMIN)
        code = (await desk.said())[-1].rsplit("=", 1)[-1]
        desk.access._admins = frozenset()
        await desk.say(f"/start {code}", chat=STRANGER, user=STRANGER)
        assert not await store.access.is_allowed(STRANGER)
