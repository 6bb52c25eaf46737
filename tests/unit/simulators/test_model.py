"""The scripted model over its real wire protocol."""

from __future__ import annotations

import json

import pytest
from aiohttp import ClientError
from aiohttp.test_utils import TestClient, TestServer

from agent_simulators.model import create_app
from agent_simulators.model.scripts import choose


@pytest.fixture
async def client():
    async with TestClient(TestServer(create_app("right"))) as client:
        yield client


def user(*texts):
    return [{"role": "user", "content": t} for t in texts]


async def ask(client, messages, key="right"):
    body = {"model": "scripted", "stream": True, "stream_options": {"include_usage": True}, "messages": messages}
    response = await client.post("/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"})
    if response.status != 200:
        return response.status, await response.json()
    events = [json.loads(line[6:]) for line in (await response.text()).split("\n\n") if line.startswith("data: {")]
    return 200, events


def text_of(events):
    return "".join(c["delta"].get("content") or "" for e in events for c in e["choices"])


async def test_echo_streams_and_counts(client):
    status, events = await ask(client, user("hello there"))
    assert (status, text_of(events)) == (200, "Echo: hello there ")
    assert events[-1]["usage"]["completion_tokens"] > 0


async def test_a_tool_call_then_its_result(client):
    _, events = await ask(client, user("bash: echo hi"))
    calls = [d for e in events for c in e["choices"] for d in c["delta"].get("tool_calls", [])]
    assert json.loads("".join(c["function"]["arguments"] for c in calls)) == {"command": "echo hi"}
    _, events = await ask(client, [*user("bash: echo hi"), {"role": "tool", "content": "hi\n"}])
    assert text_of(events) == "Tool said: hi\n"


async def test_recall_tells_what_the_request_held(client):
    _, events = await ask(client, user("[Sunday 2026-11-29 06:09 UTC]\n[From Ada]\n\nfirst", "second", "recall"))
    assert text_of(events) == "I was told: first | second"


async def test_errors_end_after_their_number(client):
    assert (await ask(client, user("err 503 1 overloaded")))[0] == 503
    assert text_of((await ask(client, user("err 503 1 overloaded")))[1]) == "recovered"


async def test_a_cut_stream_breaks_the_connection(client):
    with pytest.raises(ClientError):
        await ask(client, user("cut 1"))
    assert text_of((await ask(client, user("cut 1")))[1]) == "whole answer"


async def test_a_wrong_key_is_refused_and_never_recorded(client):
    status, body = await ask(client, user("x"), key="wrong-key")
    assert (status, body["error"]["code"]) == (401, "401")
    recorded = await (await client.get("/sim/requests")).text()
    assert json.loads(recorded)[0]["key_right"] is False
    assert "wrong-key" not in recorded


def test_long_answers_are_as_long_as_asked():
    assert len("".join(choose(user("long 9000"), {}).words)) >= 9000


def calls_of(script):
    return [(c.name, json.loads(c.arguments)) for c in script.calls]


def called(*calls, results=True):
    """Return an assistant message with calls of (id, result), and its results in another order."""
    tool_calls = [{"id": i, "type": "function", "function": {"name": "x", "arguments": "{}"}} for i, _ in calls]
    said = [{"role": "tool", "tool_call_id": i, "content": text} for i, text in reversed(calls)]
    return [{"role": "assistant", "content": "", "tool_calls": tool_calls}, *said]


def test_sub_agents_are_asked_for_in_parallel_and_each_result_is_quoted():
    prompt = user("spawn: bash: echo a | slow 5 10 | recall")
    tasks = [("spawn_subagent", {"task": t}) for t in ("bash: echo a", "slow 5 10", "recall")]
    assert calls_of(choose(prompt, {})) == tasks
    script = choose([*user("earlier"), *called(("z", "old")), *prompt, *called(("a", "one"), ("b", "two"))], {})
    assert "".join(script.words).split("\n\n")[:2] == ["Result 1: one", "Result 2: two"]
    assert not script.calls


def test_options_are_arguments_and_a_task_can_be_repeated():
    script = choose(user("spawn[timeout=5, workspace=empty, times=2]: hang"), {})
    assert calls_of(script) == [("spawn_subagent", {"task": "hang", "timeout": 5, "workspace": "empty"})] * 2


def test_a_task_may_spawn_and_pipe_in_braces():
    script = choose(user("spawn: {spawn[timeout=3]: {bash: ls | wc} | slow 1} | multi: a {} || b {}"), {})
    assert [a["task"] for _, a in calls_of(script)] == [
        "spawn[timeout=3]: {bash: ls | wc} | slow 1",
        "multi: a {} || b {}",
    ]
    assert calls_of(choose(user("spawn: {a} and {b}"), {})) == [("spawn_subagent", {"task": "{a} and {b}"})]
    nested = choose(user(calls_of(script)[0][1]["task"]), {})
    assert [a for _, a in calls_of(nested)] == [
        {"task": "bash: ls | wc", "timeout": 3},
        {"task": "slow 1", "timeout": 3},
    ]


def test_the_same_id_is_used_in_messages_that_follow_each_other():
    prompt = user("spawn[sameid]: a | b")
    first = choose(prompt, {})
    second = choose([*prompt, *called(("call_same", "one"))], {})
    assert [(c.id, json.loads(c.arguments)["task"]) for c in (*first.calls, *second.calls)] == [
        ("call_same", "a"),
        ("call_same", "b"),
    ]
    last = choose([*prompt, *called(("call_same", "one")), *called(("call_same", "two"))], {})
    assert "".join(last.words) == "Result 1: one\n\nResult 2: two\n\n"


async def test_an_id_that_is_asked_for_is_sent(client):
    _, events = await ask(client, user("spawn[sameid]: a"))
    calls = [d for e in events for c in e["choices"] for d in c["delta"].get("tool_calls", [])]
    assert calls[0]["id"] == "call_same"
    _, events = await ask(client, user("spawn: a | b"))
    calls = [d for e in events for c in e["choices"] for d in c["delta"].get("tool_calls", []) if "id" in d]
    assert len({c["id"] for c in calls}) == 2


STEPS = [
    {"say": "Let me look at the log.", "calls": [{"name": "bash", "arguments": {"command": "tail log"}}]},
    {"say": "The database answers on another port since Friday."},
]


async def test_people_talk_like_people_where_a_scenario_says_what_it_comes_to(client):
    sentences = {"Can you look why the build fails?": STEPS, "Say hello": "slow 2 1 hello", "hello": "recall"}
    assert (await client.post("/sim/scenario", json={"sentences": sentences})).status == 200
    said = user("[Ada:] Can you look why the build fails? It did on Friday.")
    _, events = await ask(client, said)
    calls = [c["delta"]["tool_calls"][0] for e in events for c in e["choices"] if "tool_calls" in c["delta"]]
    assert (text_of(events), calls[0]["function"]["name"]) == ("Let me look at the log.", "bash")
    said += [{"role": "assistant", "content": "Let me look at the log."}, {"role": "tool", "content": "port 6432"}]
    for _ in range(2):  # the last step is the answer to whatever comes
        _, events = await ask(client, said)
        assert text_of(events) == "The database answers on another port since Friday."
        said.append({"role": "assistant", "content": text_of(events)})
    assert text_of((await ask(client, user("Say hello")))[1]) == "w0 w1 hello", "of two that end alike the longer"
    assert text_of((await ask(client, user("> Say hello\n\nhello")))[1]).startswith("I was told"), (
        "own words stand last"
    )
    assert text_of((await ask(client, user("Good morning")))[1]).startswith("Echo")
    assert (await client.post("/sim/scenario", json={"sentences": {"x": [{"do": "y"}]}})).status == 400
    await client.post("/sim/reset")
    assert text_of((await ask(client, user("Say hello")))[1]).startswith("Echo")


@pytest.mark.parametrize("finish", ["length", "content_filter"])
async def test_an_answer_ends_for_the_reason_that_is_asked_for(client, finish):
    _, events = await ask(client, user(f"finish {finish} half of it"))
    assert text_of(events) == "half of it "
    assert [c["finish_reason"] for e in events for c in e["choices"] if c["finish_reason"]] == [finish]


async def test_thought_is_written_as_text_and_in_pieces(client):
    _, events = await ask(client, user("think four"))
    assert text_of(events) == "<think>Let me see.</think>four "


async def test_pictures_are_refused_until_it_is_told_otherwise(client):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "look"}, picture]}]
    await client.post("/sim/settings", json={"pictures": False})
    assert (await ask(client, messages))[0] == 400
    assert (await ask(client, user("hello")))[0] == 200
    await client.post("/sim/reset")
    assert (await ask(client, messages))[0] == 200
