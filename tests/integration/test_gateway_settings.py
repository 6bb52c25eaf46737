"""`/model`, `/verbose`, `/status`, `/threads` and `/export`, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract.agentclass import AgentClass
from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import NewSubAgent, TurnState
from tests.support.desk import ADMIN, GROUP, PERSON, address, running_desk
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
        assert "LLM_MODELS" in text
        assert buttons == {}
        assert "LLM_MODELS" in (await ask(desk, "/model other"))[0]


async def test_a_chosen_model_is_that_of_the_next_run_and_an_idle_one_is_ended(store):
    async with running_desk(store, llm_models=MODELS) as desk:
        _, turn, runner = await begin(desk)
        await end(desk, turn)
        _, buttons = await ask(desk, "/model")
        assert list(buttons) == ["✓ glm", "glm-air", "kimi"]
        assert await press(desk, buttons["kimi"]) == "Model: kimi"
        text, buttons, under = await last_said(desk)
        assert (text, list(buttons), under) == ("Model: kimi", ["glm", "glm-air", "✓ kimi"], [500])
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await over(desk, 1)
        await desk.say("more")
        await desk.run_wanted("tg-42", 2)
        assert desk.resources.cached("tg-42").spec.model.name == "kimi"
        assert "Model: kimi" in (await ask(desk, "/status"))[0]
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
        assert await press(desk, buttons["glm-air"]) == "From the next answer on, model: glm-air"
        assert "written: glm" in (await last_said(desk))[0]
        status = (await ask(desk, "/status"))[0]
        assert "Model: glm, from the next answer on glm-air" in status
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
        assert "Model: by-hand" in (await ask(desk, "/status"))[0]
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
        assert "not on the list" in await press(desk, f"md:{thread.id}:{'0' * 12}")
        assert (await ask(desk, "/model other"))[0] == "other is not allowed here. There are: glm, glm-air, kimi"


async def test_verbose_is_kept(store):
    async with running_desk(store) as desk:
        assert "✓ 1:" in (await ask(desk, "/verbose"))[0]
        assert "ten tools" in (await ask(desk, "/verbose 2"))[0]
        assert "✓ 2:" in (await ask(desk, "/verbose"))[0]
        assert (await ask(desk, "/verbose 3"))[0] == "Usage: /verbose 0|1|2"
        thread = await store.threads.by_name("tg-42")
        assert await store.settings.verbosity(thread.id) == 2


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
        lines = (await ask(desk, "/status"))[0].split("\n")
        assert lines[0].startswith("tg-42 (private chat): ")
        assert lines[1:4] == ["Model: glm", "Context used: 12 345 tokens", "Pod: pod-1"]
        assert lines[4].startswith("Answering for ")
        assert lines[5:] == ["Waiting messages: 1", "Sub-agents at work: 1", "Agents at work: 1 of 50"]


async def test_what_a_provider_counts_beside_its_cache_is_counted_with_it(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        await store.usage.add(thread.id, 1, turn.id, "x", "m", 10, 5, 900, 200, 9)
        assert await store.usage.context_used(thread.id) == 910


async def test_a_button_for_each_thread_tells_how_it_is(store):
    async with running_desk(store) as desk:
        thread, _, _ = await begin(desk)
        text, buttons = await ask(desk, "/threads")
        assert text.startswith("tg-42 (private chat): ")
        assert list(buttons) == ["private chat · tg-42"]
        (data,) = buttons.values()
        said = await press(desk, data)
        assert said.startswith("tg-42 (private chat): ")
        assert "answering for" in said
        assert "glm" in said
        assert await press(desk, data, chat=GROUP) == "This button does nothing any more."
        assert (await press(desk, data, chat=ADMIN, user=ADMIN)).startswith("tg-42")
        assert data == f"th:{thread.id}"


async def test_there_are_at_most_twenty_buttons(store):
    async with running_desk(store) as desk:
        async with store.transaction() as tx:
            for number in range(25):
                await tx.threads.get_or_create(address(1000 + number), f"tg-{number}", "")
        text, buttons = await ask(desk, "/threads", chat=ADMIN, user=ADMIN)
        lines = text.split("\n")
        assert (len(lines), lines[-1], len(buttons)) == (21, "… and 5 more, in which nobody wrote lately.", 20)


async def exported(store):
    """Return the files that the outbox has: name, caption and text of each."""
    rows = await store.pool.fetch(
        "SELECT f.id, f.name, f.bytes, o.text FROM outbox o JOIN files f ON f.id = o.file_id ORDER BY o.id"
    )
    found = []
    for row in rows:
        data = b"".join([chunk async for chunk in store.files.stream(row["id"])])
        assert len(data) == row["bytes"]
        found.append((row["name"], row["text"], data.decode()))
    return found


async def test_export_gives_the_history_as_a_file(store):
    async with running_desk(store) as desk:
        assert "no history yet" in (await ask(desk, "/export"))[0]
        thread, turn, _ = await begin(desk, "count the stars")
        child = NewSubAgent(thread, "uid", 1, "call", turn.id, None, "look up", "default", 60, "Empty", 1)
        async with store.transaction() as tx:
            row = await tx.subagents.add(child)
        await store.pool.execute("UPDATE subagents SET state = 'finished', result = 'so many', finished_at = now()")
        await end(desk, turn, "There are **many**.")
        await desk.say("/export")
        await desk.worked()
        ((name, caption, text),) = await exported(store)
        assert (name, caption) == ("tg-42.md", "The history of this conversation: 3 entries.")
        assert text.startswith("# private chat\n\nConversation tg-42, exported ")
        heads = [line.split(" · ")[1] for line in text.split("\n") if line.startswith("## ")]
        assert heads == [f"Person {PERSON}", f"Sub-agent {row.name}", "Agent"]
        assert "Task: look up\n\nso many\n" in text
        assert text.endswith("There are **many**.\n")


async def test_a_long_history_comes_in_several_files_and_loses_nothing(store):
    async with running_desk(store, export_bytes=1_500_000) as desk:
        thread, turn, _ = await begin(desk, "x" * 3000)
        await end(desk, turn, "y" * 3000)
        for number in range(50):
            await store.pool.execute(
                "INSERT INTO messages (thread_id, role, text) VALUES ($1, 'assistant', $2)",
                thread.id,
                f"{number:05}" * 9000,
            )
        await desk.say("/export")
        await desk.worked()
        files = await exported(store)
        assert [name for name, _, _ in files] == ["tg-42.md", "tg-42-2.md"]
        assert files[0][1] == "The history of this conversation: 52 entries, in 2 files."
        whole = "".join(text for _, _, text in files)
        assert all(f"{number:05}" * 9000 in whole for number in range(50))


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
