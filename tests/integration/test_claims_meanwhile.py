"""What happens beside a claim: a choice of people, and the loss of the pod."""

from __future__ import annotations

import pytest

from agent_contract import names, wire
from agent_contract.agentthread import Reason
from tests.support.claims import running_lab
from tests.support.eventually import eventually
from tests.support.turns import text

pytestmark = pytest.mark.postgres


async def work(lab, runner, thread, turn):
    """Answer a turn, keep the files that it left, and leave."""
    await runner.send(wire.Ready())
    await runner.event(1, turn.id, wire.TurnStarted())
    await runner.event(2, turn.id, text(0, 0, "Hi."))
    await runner.event(3, turn.id, wire.TurnSettled())
    await runner.acked(3)
    run = await lab.run_of(thread)
    await lab.store.kept.note_same(thread.id, run.number, turn.id)
    await runner.send(wire.Leave(seq=4, reason="idle"))
    await runner.get(wire.Goodbye)
    lab.resources.report(thread.name, number=run.number, finishedAt="2030-01-01T00:00:00Z", reason="IdleTimeout")


async def lose_next_claim(lab):
    """Let the connection of a pod break in the very moment in which it is claimed."""
    _, uid, _ = await lab.warm()
    lab.pool._held[uid].begin = lambda _: None


async def test_a_claim_that_is_lost_is_no_agent_whose_files_are_missing(store):
    async with running_lab(store) as lab:
        runner, *_ = await lab.warm()
        thread, turn = await lab.ask(42)
        await runner.get(wire.Turn)
        await work(lab, runner, thread, turn)
        await lose_next_claim(lab)
        _, turn = await lab.ask(42, "again")
        await eventually(lambda: (f := lab.resources.cached(thread.name)) and f.spec.run == 3)
        assert (await store.runs.get(thread.id, 2)).reason == Reason.SUPERSEDED
        uid = lab.resources.cached(thread.name).uid
        lab.port.kube.add_pod(thread.name, 3, "cold", token="cold", job=names.build_job_name(thread.name, uid, 3))
        cold = await lab.port.connect("cold")
        await cold.hello(3, states=True)
        await cold.send(wire.Ready())
        given = await cold.get(wire.Turn)
        assert (given.id, given.text) == (turn.id, "again")
        assert await store.pool.fetch("SELECT text FROM outbox WHERE dedupe_key LIKE 'no-files:%'") == []


async def test_a_model_that_is_chosen_while_a_pod_is_claimed_is_what_answers(store):
    async with running_lab(store) as lab:
        runner, uid, _ = await lab.warm()
        thread = await lab.port.make_thread(42, "tg-42")
        claim = lab.conversations.slots.claim

        async def choose_and_claim(*args):
            lab.conversations.slots.claim = claim
            await store.settings.set_model(thread.id, "other")
            await store.settings.set_thinking(thread.id, "high")
            return await claim(*args)

        lab.conversations.slots.claim = choose_and_claim
        _, turn = await lab.ask(42)
        model = (await runner.get(wire.Welcome)).model
        assert (model.model, model.thinking) == ("other", "high")
        assert (await runner.get(wire.Turn)).id == turn.id
        run = await lab.run_of(thread)
        assert (run.number, run.pod_uid, run.model, run.thinking) == (1, uid, "other", "high")
        found = await eventually(lambda: lab.resources.cached(thread.name))
        assert (found.spec.model.name, found.spec.model.thinking) == ("other", "high")
