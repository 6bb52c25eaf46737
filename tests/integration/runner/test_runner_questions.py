"""Questions to people as the runner and the real pi see them: the tool, its answers, and what becomes of one left open."""

from __future__ import annotations

import json

import pytest

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.runner_talk import begin, texts

COLOUR = 'tool: ask_person {"question": "Which colour?", "options": ["Blue", "Red"]}'


async def answer(gateway, ask, text, **more):
    await gateway.send(wire.Decision(id=ask.id, outcome="answered", text=text, **more))


async def test_the_answer_is_the_tools_result_and_is_taken_once(gateway, runner):
    await begin(gateway, runner, COLOUR)
    [ask] = await gateway.questions(1)
    assert (ask.turn, ask.kind, ask.text, ask.options, ask.free_text) == (
        1, "question", "Which colour?", ["Blue", "Red"], True,
    )  # fmt: skip
    for _ in range(2):
        await answer(gateway, ask, "Blue", choice=0, person="Ana")
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.TurnSettled)
    assert "Ana answers: Blue" in texts(events)[-1]
    assert gateway.closed() == [ask.id]


async def test_several_questions_of_one_message_come_one_after_the_other(gateway, runner):
    asked = 'ask_person {"question": "First?"} || ask_person {"question": "Second?"}'
    await begin(gateway, runner, f"multi: {asked}")
    for number, words in enumerate(("First?", "Second?"), 1):
        ask = (await gateway.questions(number))[-1]
        assert ask.text == words
        assert len(await gateway.questions(number)) == number
        await answer(gateway, ask, f"answer {number}")
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)


async def test_the_wait_for_a_person_is_no_silence(gateway, make_runner):
    runner = make_runner(timeouts={"turn": 12})
    await begin(gateway, runner, COLOUR)
    [ask] = await gateway.questions(1)
    with pytest.raises(AssertionError):
        await eventually(gateway.closed, timeout=14)
    await answer(gateway, ask, "Red", choice=1)
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)


async def test_a_stop_takes_the_question_back(gateway, runner):
    await begin(gateway, runner, COLOUR)
    [ask] = await gateway.questions(1)
    await gateway.send(wire.Abort(turn=1))
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.Failed)
    assert events[-1].reason == "aborted"
    await eventually(lambda: gateway.closed() == [ask.id])
    await answer(gateway, ask, "too late")
    assert isinstance((await gateway.ask(2, "hello"))[-1], wire.TurnSettled)


async def test_a_question_outlives_the_connection_and_the_answer_may_come_with_the_next_one(gateway, runner):
    await begin(gateway, runner, COLOUR)
    [ask] = await gateway.questions(1)
    hellos = len(gateway.hellos)
    await gateway.drop()
    await eventually(lambda: len(gateway.hellos) > hellos and gateway.connected)
    await answer(gateway, ask, "Blue")
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)
    assert [q.id for q in await gateway.questions(1)] == [ask.id]


async def test_a_gateway_of_an_earlier_release_is_not_waited_for(gateway, runner):
    gateway.takes_questions = False
    await begin(gateway, runner, COLOUR)
    events = await gateway.ended(1)
    assert "takes no questions" in texts(events)[-1]
    assert not [frame for frame in gateway.frames if isinstance(frame, wire.Ask)]


async def test_one_that_comes_back_as_an_earlier_release_ends_the_wait(gateway, runner):
    await begin(gateway, runner, COLOUR)
    await gateway.questions(1)
    gateway.takes_questions = False
    await gateway.drop()
    events = await gateway.ended(1)
    assert "takes no questions" in texts(events)[-1]


async def test_what_expired_is_told_to_the_agent(gateway, runner):
    await begin(gateway, runner, COLOUR)
    [ask] = await gateway.questions(1)
    await gateway.send(wire.Decision(id=ask.id, outcome="expired"))
    assert "Nobody answered in time" in texts(await gateway.ended(1))[-1]


RULES = [
    {"tool": "bash", "match": "git push*"},
    {"tool": "bash", "match": "rm *", "action": "Never"},
]


async def test_a_rule_asks_and_a_yes_lets_the_tool_run(gateway, make_runner):
    runner = make_runner(approvals=RULES)
    await begin(gateway, runner, "bash: git push --help >/dev/null 2>&1; echo it ran")
    [ask] = await gateway.questions(1)
    assert (ask.kind, ask.tool, ask.rule) == ("approval", "bash", "bash: git push*")
    assert ask.text.startswith("git push --help")
    assert not ask.free_text
    await answer(gateway, ask, "", allowed=True)
    assert "it ran" in texts(await gateway.ended(1))[-1]


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ({"outcome": "answered", "text": "not on a Friday"}, "They say: not on a Friday"),
        ({"outcome": "answered", "text": ""}, "A person did not allow this. It was not run."),
        ({"outcome": "expired"}, "Nobody answered in time"),
        ({"outcome": "refused", "text": "No chat."}, "Nobody could be asked whether this may run. No chat."),
        ({"outcome": "something new"}, "was withdrawn"),
    ],
)
async def test_nothing_but_a_yes_lets_it_run(gateway, make_runner, decision, words):
    runner = make_runner(approvals=RULES)
    await begin(gateway, runner, "bash: git push; echo it ran > ran")
    [ask] = await gateway.questions(1)
    await gateway.send(wire.Decision(id=ask.id, **decision))
    assert words in texts(await gateway.ended(1))[-1]
    assert not (runner.workspace / "ran").exists()


async def test_a_rule_of_never_blocks_without_a_question(gateway, make_runner):
    runner = make_runner(approvals=RULES)
    await begin(gateway, runner, "bash: rm nothing; echo it ran > ran")
    assert "do not allow this" in texts(await gateway.ended(1))[-1]
    assert not (runner.workspace / "ran").exists()
    assert not [frame for frame in gateway.frames if isinstance(frame, wire.Ask)]


async def test_a_long_call_is_judged_as_any_other(gateway, make_runner):
    runner = make_runner(approvals=RULES)
    long = json.dumps({"path": "long", "content": "x" * 600_000})
    await begin(gateway, runner, f"multi: write {long} || bash {json.dumps({'command': 'rm ' + 'x' * 300_000})}")
    events = await gateway.ended(1)
    ended = {event.tool: event.error for event in events if isinstance(event, wire.ToolEnded)}
    assert ended == {"write": False, "bash": True}
    assert (runner.workspace / "long").stat().st_size == 600_000


async def test_where_nobody_can_be_asked_the_tool_does_not_run(gateway, make_runner):
    gateway.takes_questions = False
    runner = make_runner(approvals=RULES)
    await begin(gateway, runner, "bash: git push; echo it ran > ran")
    assert "Nobody could be asked" in texts(await gateway.ended(1))[-1]
    assert not (runner.workspace / "ran").exists()


async def test_a_turn_that_plans_reads_and_does_not_write(gateway, runner):
    calls = [
        ("bash", {"command": "echo it ran > ran"}),
        ("write", {"path": "ran", "content": "it ran"}),
        ("bash", {"command": "ls | head -n 3"}),
    ]
    said = " || ".join(f"{name} {json.dumps(arguments)}" for name, arguments in calls)
    await begin(gateway, runner, f"multi: {said}", plan=True)
    events = await gateway.ended(1)
    assert [event.error for event in events if isinstance(event, wire.ToolEnded)] == [True, True, False]
    assert not (runner.workspace / "ran").exists()
    await gateway.ask(2, "bash: echo it ran > ran")
    assert (runner.workspace / "ran").exists()
