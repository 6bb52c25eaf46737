"""A pod of a warm pool is nobody's until a conversation claims it, and then that one's for ever."""

from __future__ import annotations

import asyncio

import pytest

from agent_contract import names, wire
from agent_contract.agentthread import Reason
from agent_gateway.resources.fakes import FakeSubAgents
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import NewSubAgent, RunState, TurnState
from agent_gateway.subagents.parents import Parents
from agent_kube.errors import Away as KubeAway
from tests.support.claims import running_lab
from tests.support.eventually import eventually
from tests.support.runners import bearer
from tests.support.turns import text

pytestmark = pytest.mark.postgres
ASKED = (
    names.PATH_SESSION,
    names.PATH_WORKSPACE,
    f"{names.PATH_LLM}/zai/models",
    f"{names.PATH_GIT}/lab/a.git/info/refs",
)


async def answer(runner, turn, seq=1):
    await runner.send(wire.Ready())
    await runner.event(seq, turn, wire.TurnStarted())
    await runner.event(seq + 1, turn, text(0, 0, "Hi."))
    await runner.event(seq + 2, turn, wire.TurnSettled())
    await runner.acked(seq + 2)


async def leave(runner, seq=4):
    await runner.send(wire.Leave(seq=seq, reason="idle"))
    await runner.get(wire.Goodbye)


async def test_a_new_conversation_has_a_pod_that_waits(store):
    async with running_lab(store) as lab:
        runner, uid, _ = await lab.warm()
        thread, turn = await lab.ask(42)
        welcome = await runner.get(wire.Welcome)
        assert (welcome.thread, welcome.run, welcome.session_id) == (thread.name, 1, str(thread.session_id))
        assert (await runner.get(wire.Turn)).id == turn.id
        run = await lab.run_of(thread)
        assert (run.claimed, run.pod_uid, run.state) == (True, uid, RunState.LIVE)
        found = await eventually(lambda: lab.resources.cached(thread.name))
        assert (found.spec.run, found.spec.claim.pod_uid, found.spec.claim.job_name) == (1, uid, run.job_name)
        await answer(runner, turn.id)
        assert (await store.turns.by_id(turn.id)).state is TurnState.DONE
        assert lab.pool.count() == 0


async def test_what_a_pod_may_before_and_after_its_claim(store):
    async with running_lab(store) as lab:
        runner, _, token = await lab.warm()
        for path in ASKED:
            async with lab.port.session.get(lab.port.url + path, headers=bearer(token)) as answered:
                assert answered.status == 403, path
                assert "No conversation has pod" in await answered.text()
        thread, _ = await lab.ask(42)
        await runner.get(wire.Turn)
        async with lab.port.session.get(lab.port.url + names.PATH_SESSION, headers=bearer(token)) as answered:
            assert answered.status in (200, 204, 404)
        await lab.store.runs.end(thread.id, 1, Reason.STOPPED, None)
        lab.deps.registry.forget(thread.id, 1)
        async with lab.port.session.get(lab.port.url + names.PATH_SESSION, headers=bearer(token)) as answered:
            assert answered.status == 403
        # what it says of itself counts for nothing: it was a run's
        again = await lab.port.connect(token)
        await again.hello(0, warm=True)
        assert "is over" in (await again.get(wire.Refused)).reason
        assert lab.pool.count() == 0


async def test_a_pod_that_speaks_before_its_claim_is_refused(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
        await runner.event(1, 1, wire.TurnStarted())
        assert "say nothing" in (await runner.get(wire.Refused)).reason
        await eventually(lambda: lab.pool.count() == 0)
        lab.port.kube.add_warm_pod(99, token="cold")
        other = await lab.port.connect("cold")
        await other.hello(3)
        assert "warm" in (await other.get(wire.Refused)).reason


async def test_a_pod_that_asks_too_often_before_its_claim_keeps_no_other_from_waiting(store):
    async with running_lab(store) as lab:
        _, _, token = await lab.warm()
        asked = []
        while 429 not in asked and len(asked) < 60:
            async with lab.port.session.get(lab.port.url + names.PATH_SESSION, headers=bearer(token)) as answered:
                asked.append(answered.status)
        assert set(asked) == {403, 429}
        _, _, other = await lab.warm()  # from the same address
        again = await lab.port.connect(other)
        await again.hello(0, warm=True, states=True)
        await again.get(wire.Held)


@pytest.mark.parametrize("wrong", ["job", "labels", "class", "deleted"])
async def test_a_pod_that_is_none_of_the_pool_is_denied(store, wrong):
    async with running_lab(store) as lab:
        pod = lab.port.kube.add_warm_pod(1, token="t")
        meta = pod["metadata"]
        match wrong:
            case "job":
                meta["ownerReferences"][0]["name"] = "default-w1-00000000"
            case "labels":
                meta["labels"] |= {names.LABEL_THREAD: "tg-1", names.LABEL_RUN: "1"}
            case "class":
                meta["labels"][names.LABEL_POOL] = "other"
            case "deleted":
                meta["deletionTimestamp"] = "2030-01-01T00:00:00Z"
        async with lab.port.session.get(lab.port.url + names.PATH_CONNECT, headers=bearer("t")) as answered:
            assert answered.status == 403


async def test_words_that_came_before_the_agent_was_ready_are_told_when_it_is(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
        _, turn = await lab.ask(42)
        await runner.get(wire.Turn)
        async with store.transaction() as tx:
            number = await tx.steers.add(await store.turns.by_id(turn.id), "steer", 9, 70, 42, "in French")
        await runner.send(wire.Ready())
        steer = await runner.get(wire.Steer)
        assert (steer.turn, steer.id, steer.text) == (turn.id, number, "in French")


async def test_a_sub_agent_is_made_though_its_conversation_has_no_resource_yet(store):
    async with running_lab(store, pool=None) as lab:
        thread = await lab.port.make_thread(42, "tg-42")
        turn = await lab.port.make_turn(thread)
        async with store.transaction() as tx:
            child = await tx.subagents.add(
                NewSubAgent(
                    parent=thread, parent_uid="", parent_run=1, call_id="c1", turn_id=turn.id, reply_to=None, task="t",
                    class_name="default", timeout=60, workspace="Empty", depth=1,
                )
            )  # fmt: skip
        parent, _ = await Parents(store, lab.resources, FakeSubAgents()).find_resource(child)
        assert parent == lab.resources.cached(thread.name)
        assert parent is not None


async def test_an_empty_pool_or_another_hash_begins_without(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm(pool_hash="fedcba9876543210")
        thread, _ = await lab.ask(42)
        found = await eventually(lambda: lab.resources.cached(thread.name))
        assert (found.spec.run, found.spec.claim) == (1, None)
        run = await lab.run_of(thread)
        assert (run.claimed, run.cold) == (False, "PoolEmpty")
        assert lab.resources.spec_of(thread.name)["cold"] == {"run": 1, "reason": "PoolEmpty"}
        assert not [f for f in runner.frames if isinstance(f, wire.Welcome)]


async def test_why_a_run_begins_without_is_told_though_the_api_server_was_away(store):
    async with running_lab(store) as lab:
        lab.resources.faults.append(KubeAway("away", None, "Away"))
        thread, _ = await lab.ask(42)
        await eventually(lambda: lab.resources.cached(thread.name))
        assert lab.resources.spec_of(thread.name)["cold"] == {"run": 1, "reason": "PoolEmpty"}


async def test_a_class_without_a_pool_says_nothing_of_one(store):
    async with running_lab(store, pool=None) as lab:
        thread, _ = await lab.ask(42)
        await eventually(lambda: lab.resources.cached(thread.name))
        assert (await lab.run_of(thread)).cold is None
        assert lab.resources.spec_of(thread.name)["cold"] is None


async def test_a_model_of_its_own_comes_with_the_welcome(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
        thread = await lab.port.make_thread(42, "tg-42")
        await store.settings.set_model(thread.id, "other")
        await store.settings.set_thinking(thread.id, "high")
        await lab.ask(42)
        welcome = await runner.get(wire.Welcome)
        assert (welcome.model.provider, welcome.model.model, welcome.model.thinking) == ("zai", "other", "high")


async def test_twenty_at_once_have_a_pod_each(store):
    async with running_lab(store) as lab:
        warm = [await lab.warm() for _ in range(20)]
        asked = await asyncio.gather(*(lab.ask(100 + n) for n in range(21)))
        await asyncio.gather(*(runner.get(wire.Turn) for runner, *_ in warm))
        told = {(await runner.get(wire.Welcome)).thread for runner, *_ in warm}
        assert len(told) == 20
        runs = [await eventually(lambda thread=thread: lab.run_of(thread)) for thread, _ in asked]
        assert sum(run.claimed for run in runs) == 20
        uids = [run.pod_uid for run in runs if run.claimed]
        assert len(set(uids)) == len(uids)


async def test_a_pod_is_never_given_twice_whatever_the_gateway_believes(store):
    """The row says so, though its first run's rows are gone."""
    async with running_lab(store) as lab:
        _, uid, _ = await lab.warm()
        await store.pool.execute("INSERT INTO claims (pod_uid, job_name, thread_id, run) VALUES ($1, 'j', 1, 1)", uid)
        thread, _ = await lab.ask(42)
        run = await eventually(lambda: lab.run_of(thread))
        assert not run.claimed
        assert lab.pool.count() == 0


async def test_no_slot_leaves_the_pod_and_the_order_of_the_line(store):
    async with running_lab(store, max_runs=1) as lab:
        first, *_ = await lab.warm()
        second, uid, _ = await lab.warm()
        thread, turn = await lab.ask(42)
        await first.get(wire.Turn)
        later, waits = await lab.ask(43)
        await eventually(lambda: lab.deps.views.waited.get(waits.id))
        assert lab.pool.count() == 1
        assert await lab.run_of(later) is None
        assert lab.conversations.slots.find_next(10) == ["default"]
        await answer(first, turn.id)
        await leave(first)
        lab.resources.report(thread.name, number=1, finishedAt="2030-01-01T00:00:00Z", reason="IdleTimeout")
        assert (await second.get(wire.Turn)).id == waits.id
        assert (await lab.run_of(later)).pod_uid == uid


async def test_a_pod_that_is_gone_when_it_is_claimed_gives_its_turn_to_one_that_is_made(store):
    async with running_lab(store) as lab:
        _, uid, _ = await lab.warm()
        lab.pool._held[uid]._is_open = lambda: True
        held = lab.pool._held[uid]
        lab.pool.take = lambda *_: held if not held.claimed.done() else None
        held.begin = lambda _: None  # its connection broke in this very moment
        thread, turn = await lab.ask(42)
        found = await eventually(lambda: lab.resources.cached(thread.name))
        assert (found.spec.run, found.spec.claim) == (2, None)
        assert (await store.runs.get(thread.id, 1)).reason == Reason.SUPERSEDED
        assert (await store.turns.by_id(turn.id)).state is TurnState.QUEUED
        assert (await store.turns.by_id(turn.id)).attempts == 0


async def test_a_claim_that_the_operator_refuses_is_begun_again_without(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
        await lab.warm()
        thread, turn = await lab.ask(42)
        await runner.get(wire.Turn)
        await eventually(lambda: lab.resources.cached(thread.name))
        lab.resources.report(
            thread.name, number=1, finishedAt="2030-01-01T00:00:00Z", reason=Reason.CLAIM_REFUSED, message="none"
        )
        assert "over" in (await runner.get(wire.Refused)).reason
        found = await eventually(lambda: (f := lab.resources.cached(thread.name)) and f.spec.run == 2 and f)
        assert found.spec.claim is None
        assert lab.resources.spec_of(thread.name)["cold"] == {"run": 2, "reason": "ClaimRefused"}
        assert (await store.turns.by_id(turn.id)).state is TurnState.QUEUED
        assert lab.pool.count() == 1


async def test_the_resource_is_told_though_the_api_server_was_away(store):
    async with running_lab(store) as lab:
        runner, uid, _ = await lab.warm()
        lab.resources.faults.append(KubeAway("away", None, "Away"))
        thread, _ = await lab.ask(42)
        await runner.get(wire.Turn)
        found = await eventually(lambda: lab.resources.cached(thread.name))
        assert found.spec.claim.pod_uid == uid
        assert (await eventually(lambda: lab.resource_uid(thread))) == found.uid  # recorded behind it


async def test_another_that_wrote_the_same_run_has_it(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
        thread = await lab.port.make_thread(42, "tg-42")
        await lab.resources.ensure(thread)
        lab.resources.faults.extend([KubeAway("away", None, "Away")] * 1000)  # until the other has written
        await lab.ask(42)
        await runner.get(wire.Turn)
        lab.resources.change(thread.name, run=1)  # an administrator's
        lab.resources.faults.clear()
        assert "over" in (await runner.get(wire.Refused)).reason
        await eventually(lambda: lab.resources.cached(thread.name).spec.run == 2)
        assert (await store.runs.get(thread.id, 1)).reason == Reason.SUPERSEDED


async def test_a_claim_whose_commit_is_not_known_is_told_when_its_pod_comes_back(store):
    async with running_lab(store) as lab:
        runner, uid, token = await lab.warm()
        claim = lab.conversations.slots.claim

        async def claim_and_lose(*args):
            await claim(*args)
            raise Away("the answer was lost")

        lab.conversations.slots.claim = claim_and_lose
        await store.settings.set_model((await lab.port.make_thread(42, "tg-42")).id, "other")
        thread, turn = await lab.ask(42)
        await eventually(lambda: runner.closed)
        assert not [f for f in runner.frames if isinstance(f, wire.Welcome)]
        again = await lab.port.connect(token)
        await again.hello(0, warm=True, states=True)
        welcome = await again.get(wire.Welcome)
        assert (welcome.run, welcome.model.model) == (1, "other")
        await again.send(wire.Ready())
        assert (await again.get(wire.Turn)).id == turn.id
        found = await eventually(lambda: lab.resources.cached(thread.name))
        assert found.spec.claim.pod_uid == uid


async def test_pods_come_back_to_the_next_gateway(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
    await eventually(lambda: runner.closed)
