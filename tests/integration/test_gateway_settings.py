"""`/model`, `/verbose`, `/status` and `/threads`, on a real Postgres."""

from __future__ import annotations

import re

import pytest

from agent_contract.agentclass import AgentClass
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import NewSubAgent, TurnState
from tests.support.desk import ADMIN, GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
MODELS = ("glm-air", "kimi")


async def begin(desk, words="hello"):
    """Bring a conversation to a running turn."""
    await desk.say(words)
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner.turns[0], runner


async def end(desk, turn, text="answer"):
    await desk.store.turns.end(turn.id, turn.run, 2, TurnState.DONE, None, Final(text))
    desk.wake.thread(turn.thread_id)


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def test_without_a_list_there_is_only_the_classs_model(store):
    async with running_desk(store) as desk:
        desk.resources.found_class = AgentClass.model_validate({"spec": {"model": {"name": "from-class"}}})
        text, buttons = await ask(desk, "/model")
        assert text.startswith("Model: from-class\n")
        assert "Only this model" in text
        assert buttons == {}
        assert "Only this model" in (await ask(desk, "/model other"))[0]


async def test_a_chosen_model_is_that_of_the_next_run_and_an_idle_one_is_ended(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        _, turn, runner = await begin(desk)
        await end(desk, turn)
        _, buttons = await ask(desk, "/model")
        assert list(buttons) == ["✓ glm", "glm-air", "kimi"]
        assert await press(desk, buttons["kimi"]) == ""
        text, buttons, under = await last_said(desk)
        assert (text, list(buttons), under) == ("Model: kimi", ["glm", "glm-air", "✓ kimi"], [500])
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await over(desk, 1)
        await desk.say("more")
        await desk.run_wanted("tg-42", 2)
        assert desk.resources.cached("tg-42").spec.model.name == "kimi"
        assert "model kimi" in (await ask(desk, "/status"))[0]
        assert len(runner.turns) == 1


async def over(desk, number):
    """Let the operator say that a run has stopped."""
    thread = await desk.store.threads.by_name("tg-42")
    link = desk.registry.link(thread.id)
    if link is not None:
        desk.registry.detach(thread.id, link.connection)
    desk.resources.report("tg-42", number=number, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")


async def test_while_an_answer_is_written_the_choice_is_for_the_next_one(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        thread, turn, runner = await begin(desk)
        _, buttons = await ask(desk, "/model")
        await press(desk, buttons["glm-air"])
        assert (await last_said(desk))[0].startswith("From the next answer on: glm-air\n")
        assert "Writing right now: glm" in (await last_said(desk))[0]
        status = (await ask(desk, "/status"))[0]
        assert "model glm, glm-air from the next answer on" in status
        await desk.say("more")
        assert desk.resources.stops == []
        await end(desk, turn)
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)  # what waits is for a run with the new model
        assert len(runner.turns) == 1
        assert await store.turns.deliver_next(thread.id, 1) is None
        await over(desk, 1)
        await desk.run_wanted("tg-42", 2)
        assert desk.resources.cached("tg-42").spec.model.name == "glm-air"


async def test_a_return_to_the_classs_model_leaves_nothing_behind(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        await ask(desk, "/model kimi")
        await desk.say("hello")
        await desk.run_wanted("tg-42", 1)
        await ask(desk, "/model glm")
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await over(desk, 1)
        await desk.run_wanted("tg-42", 2)
        assert desk.resources.cached("tg-42").spec.model is None


async def test_an_administrators_model_stays_where_nobody_chose(store):
    async with running_desk(store) as desk:
        _, turn, _ = await begin(desk)
        await end(desk, turn)
        desk.resources.change("tg-42", model={"name": "by-hand"})
        assert "model by-hand" in (await ask(desk, "/status"))[0]
        assert desk.resources.stops == []


async def test_the_classs_model_can_be_chosen_over_an_administrators(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        _, turn, _ = await begin(desk)
        await end(desk, turn)
        desk.resources.change("tg-42", model={"name": "by-hand"})
        await ask(desk, "/model glm")
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await over(desk, 1)
        await desk.say("more")
        await desk.run_wanted("tg-42", 2)
        assert desk.resources.cached("tg-42").spec.model is None


async def test_the_model_that_answers_already_ends_no_run(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        thread, turn, _ = await begin(desk)
        await end(desk, turn)
        assert (await ask(desk, "/model glm"))[0] == "Model: glm"
        await desk.look(await store.threads.by_id(thread.id))
        assert desk.resources.stops == []


async def test_a_choice_is_carried_out_by_the_next_gateway(store):
    async with running_desk(store, llm_models=MODELS, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, "uid-1")
        await desk.resources.want_run(thread, 1, None)
        await ask(desk, "/model kimi")
        resources = desk.resources
    async with running_desk(store, reconcile=False, resources=resources) as next_one:
        await next_one.look(await store.threads.by_name("tg-42"))
        assert resources.stops == [("tg-42", 1)]


async def test_a_model_can_be_chosen_only_in_its_own_chat_and_from_the_list(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        _, buttons = await ask(desk, "/model")
        assert await press(desk, buttons["kimi"], chat=GROUP) == "This button does nothing any more."
        thread = await store.threads.by_name("tg-42")
        assert thread.model is None
        assert "no longer on the list" in await press(desk, f"md:{thread.id}:{'0' * 12}")
        assert (await ask(desk, "/model other"))[0] == "I can't use other here. Available: glm, glm-air, kimi"


async def test_verbose_is_kept_and_chosen_by_a_button(store):
    async with running_desk(store) as desk:
        _, buttons = await ask(desk, "/verbose")
        assert list(buttons) == ["Only the answer", "✓ The last five steps", "The last ten steps, in full"]
        assert (await ask(desk, "/verbose 2"))[0] == "From the next answer on: The last ten steps, in full"
        thread = await store.threads.by_name("tg-42")
        assert await store.settings.verbosity(thread.id) == 2
        assert await press(desk, buttons["Only the answer"]) == ""
        text, buttons, under = await last_said(desk)
        assert (text, next(iter(buttons)), under) == (
            "From the next answer on: Only the answer",
            "✓ Only the answer",
            [500],
        )
        assert await store.settings.verbosity(thread.id) == 0
        assert next(iter((await ask(desk, "/verbose 3"))[1])) == "✓ Only the answer"
        assert await press(desk, buttons["✓ Only the answer"], chat=GROUP) == "This button does nothing any more."


async def test_how_long_it_thinks_is_that_of_the_next_run(store):
    async with running_desk(store) as desk:
        _, turn, _ = await begin(desk)
        _, buttons = await ask(desk, "/think")
        assert next(iter(buttons)) == "✓ as usual here"
        await press(desk, buttons["a lot"])
        text, shown, under = await last_said(desk)
        assert (text, under) == ("From the next answer on I think: a lot", [500])
        assert "✓ a lot" in shown
        assert desk.resources.stops == []  # an answer is being written
        await end(desk, turn)
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await over(desk, 1)
        await desk.say("more")
        await desk.run_wanted("tg-42", 2)
        assert desk.resources.cached("tg-42").spec.model.thinking == "high"
        await ask(desk, "/model kimi")
        assert (await ask(desk, "/think lots"))[0] == "I don't know “lots”. Tap one:"
        await press(desk, buttons["✓ as usual here"])
        assert (await store.threads.by_name("tg-42")).thinking == ""


async def test_a_chosen_model_and_level_are_written_together(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        await ask(desk, "/model kimi")
        assert (await ask(desk, "/think low"))[0] == "From the next answer on I think: a little"
        await desk.say("hello")
        await desk.run_wanted("tg-42", 1)
        model = desk.resources.cached("tg-42").spec.model
        assert (model.name, model.thinking) == ("kimi", "low")


async def test_status_is_complete(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await desk.say("more")
        await store.usage.add(thread.id, 1, turn.id, "zai", "glm", 100, 5, 0, 200, 9)
        await store.usage.add(thread.id, 1, turn.id, "zai", "glm", 12345, 5, 12000, 200, 9)
        await store.usage.add(thread.id, 1, turn.id, "zai", "glm", 0, 0, 0, 429, 9)
        uid = desk.resources.cached("tg-42").uid
        child = NewSubAgent(thread, uid, 1, "call", turn.id, None, "task", "default", 60, "Empty", 1)
        async with store.transaction() as tx:
            await tx.subagents.add(child)
        assert re.fullmatch(
            r"Working for \d+ s · model glm · 1 message waiting · 1 sub-agent at work", (await ask(desk, "/status"))[0]
        )
        lines = (await ask(desk, "/status", user=ADMIN))[0].split("\n")
        assert lines[1].startswith("tg-42: ")
        assert lines[2:] == ["Context used: 12,345 tokens", "Pod: pod-1", "Agents at work: 1 of 50"]


async def test_a_status_says_why_an_agent_had_to_start(store):
    async with running_desk(store) as desk:
        await begin(desk)
        await store.pool.execute("UPDATE runs SET cold = 'PoolEmpty'")
        why = "No agent was ready, so this one had to be started first."
        assert (await ask(desk, "/status"))[0].split("\n")[1:] == [why]
        lines = (await ask(desk, "/status", user=ADMIN))[0].split("\n")
        assert (lines[1], lines[2].endswith(", cold: PoolEmpty")) == (why, True)


async def test_a_status_before_the_first_words(store):
    async with running_desk(store) as desk:
        assert (await ask(desk, "/status"))[0] == "We haven't started yet. Write me what you want done."


async def test_what_a_provider_counts_beside_its_cache_is_counted_with_it(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await store.usage.add(thread.id, 1, turn.id, "x", "m", 10, 5, 900, 200, 9)
        assert await store.usage.context_used(thread.id) == 910


async def test_a_run_is_written_with_the_model_that_is_recorded_for_it(store):
    async with running_desk(store, llm_models=MODELS, reconcile=False) as desk:
        await desk.say("/model kimi")
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, None)  # its gateway ended before it wrote it
        await desk.say("/model glm-air")
        await desk.look(await store.threads.by_id(thread.id))
        assert desk.resources.cached("tg-42").spec.model.name == "kimi"
        assert desk.resources.stops == [("tg-42", 1)]


@pytest.mark.parametrize("why", ["stopped", "another model", None])
async def test_a_run_that_is_to_end_is_given_nothing(store, why):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        await store.runs.want(thread.id, 1, "uid-1")
        await desk.connect(thread, 1)
        if why == "stopped":
            await store.runs.ask_stop(thread.id, 1, "killed")
        if why == "another model":
            async with store.transaction() as tx:
                await tx.settings.set_model(thread.id, "kimi")
        given = await store.turns.deliver_next(thread.id, 1)
        assert (given is None) is (why is not None)
