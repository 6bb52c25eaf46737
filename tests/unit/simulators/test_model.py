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
