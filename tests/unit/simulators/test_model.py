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
    _, events = await ask(client, user("first", "second", "recall"))
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
