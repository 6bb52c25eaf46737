"""Sub-agents whose resource the API server refuses, or does not create, on a real Postgres; the rest is played."""

from __future__ import annotations

import pytest

from agent_contract.names import SUBAGENT_RUN
from agent_gateway.store.rows import SubAgentState, TurnState
from agent_gateway.subagents import apply
from agent_gateway.wording import keys
from agent_kube.errors import Away, Refused, Throttled
from agent_kube.pace import Backoff
from tests.support.children import TASK, ask, begin, connect_child, created, first_line, reports, results
from tests.support.desk import running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
POLICY = Refused("SubAgent is invalid: no agents at night", 422, "Invalid")
BUSY = Away("the server is busy", 503, "ServiceUnavailable")


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    """A pause of the first try is over before a slow machine has looked at it."""
    monkeypatch.setattr(apply, "REFUSED", Backoff(first=100.0, factor=3.0, cap=6000.0))


async def state_of(store, child):
    return (await store.subagents.get(child.thread_id)).state


async def refused(store, child, times):
    """Wait until a create was tried so often; return the seconds until the next."""

    async def counted():
        query = "SELECT extract(epoch FROM next_at - now())::float FROM runs WHERE thread_id = $1 AND attempts = $2"
        return await store.pool.fetchval(query, child.thread_id, times)

    return await eventually(counted)


async def make_old(store, child, seconds):
    query = "UPDATE subagents SET created_at = now() - make_interval(secs => $2) WHERE thread_id = $1"
    await store.pool.execute(query, child.thread_id, float(seconds))


@pytest.mark.parametrize("error", [POLICY, Refused("no", 403, "Forbidden"), Refused("no", 400, "BadRequest")])
async def test_one_that_the_api_server_refuses_has_failed_and_all_are_told(store, error):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        desk.subagents.faults.extend([error] * 2)
        child = await ask(desk, thread, turn)
        [told] = await eventually(lambda: results(parent))
        assert (told.ok, told.call_id) == (False, "call-1")
        assert keys.lost_settings("en") in told.text
        [report] = await reports(desk)
        assert keys.lost_settings("en") in report
        row = await store.subagents.get(child.thread_id)
        assert (row.state, row.phase, row.reason) == (SubAgentState.FINISHED, "Failed", "CreateRefused")

        async def over():
            return await store.runs.open(child.thread_id) is None

        await eventually(over)
        assert (desk.subagents.made, len(desk.subagents.faults)) == (0, 1)


async def test_a_person_is_told_of_one_that_is_refused(store):
    async with running_desk(store) as desk:
        desk.subagents.faults.append(POLICY)
        await desk.say(f"/spawn {TASK}")
        [report] = await eventually(lambda: reports(desk))
        assert keys.lost_settings("en") in report
        assert "no agents at night" not in report  # the cluster's words are an administrator's to read


@pytest.mark.parametrize("error", [BUSY, Away("no", None, "Unreachable"), Throttled("no", 429, "TooManyRequests", 1.0),
                                   Away("no", 401, "Unauthorized")])  # fmt: skip
async def test_a_create_that_is_not_decided_is_tried_again_after_pauses_that_grow(store, error):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        opened = list(desk.views.opened)
        desk.subagents.faults.extend([error] * 3)
        child = await ask(desk, thread, turn)
        pauses = []
        for times in (1, 2, 3):
            pauses.append(await refused(store, child, times))
            await eventually(lambda: keys.subagent_waiting("en") in first_line(desk, turn).text)
            await store.pool.execute("UPDATE runs SET next_at = now() WHERE thread_id = $1", child.thread_id)
            desk.wake.thread(child.thread_id)
        _, runner = await connect_child(desk, child.name)
        assert runner.turns[0].text == TASK
        assert pauses[0] < 121 < pauses[1] < 361 < pauses[2] < 1081
        assert await store.pool.fetchval("SELECT attempts FROM runs WHERE thread_id = $1", child.thread_id) == 0
        assert desk.views.opened == opened


async def test_a_refusal_is_not_tried_again_before_its_pause_is_over(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        desk.subagents.faults.append(BUSY)
        child = await ask(desk, thread, turn)
        await refused(store, child, 1)
        await store.pool.execute(
            "UPDATE runs SET next_at = now() + interval '1 hour' WHERE thread_id = $1", child.thread_id
        )
        for _ in range(3):
            await desk.children.reconcile(await store.threads.by_id(child.thread_id))
        assert (desk.subagents.made, await state_of(store, child)) == (0, SubAgentState.WANTED)


async def test_one_that_is_never_created_ends_in_the_end(store):
    async with running_desk(store) as desk:
        thread, turn, parent = await begin(desk)
        desk.subagents.faults.extend([BUSY] * 100)
        child = await ask(desk, thread, turn, timeout_seconds=60)
        await refused(store, child, 1)
        await make_old(store, child, 100)
        await desk.children.reconcile(await store.threads.by_id(child.thread_id))
        assert await state_of(store, child) is SubAgentState.WANTED
        await make_old(store, child, 181)
        desk.wake.thread(child.thread_id)
        [told] = await eventually(lambda: results(parent))
        assert keys.lost_settings("en") in told.text


async def test_the_clock_of_a_turn_goes_on_while_its_sub_agent_cannot_be_created(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        desk.subagents.faults.extend([BUSY] * 100)
        child = await ask(desk, thread, turn)
        await refused(store, child, 1)
        await store.pool.execute("UPDATE turns SET started_at = now() - interval '2 hours' WHERE id = $1", turn.id)
        desk.wake.thread(thread.id)

        async def timed_out():
            ended = await store.turns.by_id(turn.id)
            return (ended.state, ended.reason) == (TurnState.FAILED, "timeout")

        await eventually(timed_out)

        async def ended_too():
            return await state_of(store, child) is SubAgentState.FINISHED

        await eventually(ended_too)


async def test_all_the_time_of_a_turn_is_counted_while_its_sub_agent_works(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        child = await ask(desk, thread, turn)
        await connect_child(desk, child.name)
        await store.pool.execute("UPDATE turns SET started_at = now() - interval '59 minutes' WHERE id = $1", turn.id)
        await desk.look(thread)
        assert (await store.turns.by_id(turn.id)).state is TurnState.STARTED
        await store.pool.execute("UPDATE turns SET started_at = now() - interval '62 minutes' WHERE id = $1", turn.id)
        await desk.look(thread)
        assert (await store.turns.by_id(turn.id)).reason == "timeout"


async def test_the_end_of_the_turn_that_asked_is_the_end_of_what_was_not_created(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        desk.subagents.faults.extend([BUSY] * 100)
        child = await ask(desk, thread, turn)
        await refused(store, child, 1)
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="OOMKilled")
        desk.registry.detach(thread.id, desk.registry.link(thread.id).connection)

        async def over():
            desk.wake.thread(child.thread_id)  # its pause is over some time
            row = await store.subagents.get(child.thread_id)
            return row.state is SubAgentState.FINISHED and row

        row = await eventually(over)
        assert (row.phase, row.cancel) == ("Cancelled", "parent")
        assert await store.subagents.undelivered(thread.id) == []  # a new turn is told nothing of it


async def test_a_create_whose_answer_was_lost_leaves_no_pod_behind(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        desk.subagents.lost_answers = 1
        child = await ask(desk, thread, turn)
        await refused(store, child, 1)
        assert desk.subagents.made == 1
        await desk.service.cancel_call(thread, 1, 3, "call-1")
        await eventually(lambda: desk.subagents.cached(child.name).spec.cancel)
        desk.subagents.delete(child.name)

        async def over():
            return await store.runs.open(child.thread_id) is None

        await eventually(over)


async def test_a_create_whose_answer_was_lost_is_success_at_the_next_try(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        desk.subagents.lost_answers = 1
        child = await ask(desk, thread, turn)
        await refused(store, child, 1)
        await store.pool.execute("UPDATE runs SET next_at = now() WHERE thread_id = $1", child.thread_id)
        desk.wake.thread(child.thread_id)
        own, _ = await connect_child(desk, child.name)
        assert desk.subagents.made == 1
        assert (await store.runs.get(own.id, SUBAGENT_RUN)).thread_uid == (await created(desk, child.name)).uid
