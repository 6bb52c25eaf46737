"""The scripted model over the wire of each kind of API."""

from __future__ import annotations

import json

import pytest

from agent_simulators.model import create_app

PATHS = {
    "completions": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "google": "/v1beta/models/m:streamGenerateContent?alt=sse",
}
KEYS = {
    "completions": {"Authorization": "Bearer right"},
    "responses": {"Authorization": "Bearer right"},
    "messages": {"x-api-key": "right"},
    "google": {"x-goog-api-key": "right"},
}


def build(api, text):
    match api:
        case "responses":
            return {
                "model": "m",
                "stream": True,
                "input": [{"role": "user", "content": [{"type": "input_text", "text": text}]}],
            }
        case "google":
            return {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        case _:
            return {"model": "m", "stream": True, "max_tokens": 9, "messages": [{"role": "user", "content": text}]}


async def ask(client, api, text, **headers):
    return await client.post(PATHS[api], json=build(api, text), headers=headers or KEYS[api])


def read(stream):
    return [json.loads(line[6:]) for line in stream.split("\n") if line.startswith("data: {")]


@pytest.mark.parametrize("api", PATHS)
async def test_each_api_streams_words_calls_and_usage(serve, api):
    client = await serve(create_app("right"))
    answer = await ask(client, api, "bash: echo hi")
    stream = await answer.text()
    events = read(stream)
    assert answer.status == 200
    assert "Let me run that. " in stream
    assert "echo hi" in stream
    end = {
        "completions": lambda: stream.endswith("data: [DONE]\n\n"),
        "responses": lambda: events[-1]["type"] == "response.completed" and events[-1]["response"]["usage"]["output_tokens"],
        "messages": lambda: events[-1]["type"] == "message_stop" and events[-2]["usage"]["output_tokens"],
        "google": lambda: events[-1]["candidates"][0]["finishReason"] == "STOP" and events[-1]["usageMetadata"],
    }  # fmt: skip
    assert end[api]()


@pytest.mark.parametrize("api", PATHS)
async def test_each_api_reads_its_key_in_its_own_header_alone(serve, api):
    client = await serve(create_app("right"))
    every = {name: value for keys in KEYS.values() for name, value in keys.items()}
    for headers in (every, {"Authorization": "Bearer wrong"}, {"api-key": "odd"}):
        assert (await ask(client, api, "hi", **headers)).status == 401
    assert (await ask(client, api, "hi")).status == 200
    asked = await (await client.get("/sim/requests")).json()
    assert "right" not in str([one["headers"] for one in asked])


async def test_results_of_tools_are_read_in_each_api(serve):
    client = await serve(create_app())
    bodies = {
        "responses": {
            "input": [
                {"role": "user", "content": "bash: ls"},
                {"type": "function_call", "call_id": "c", "name": "bash", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "a file"},
            ]
        },
        "messages": {
            "messages": [
                {"role": "user", "content": "bash: ls"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "bash", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "a file"}]},
            ]
        },
        "google": {
            "contents": [
                {"role": "user", "parts": [{"text": "bash: ls"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "bash", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "bash", "response": {"output": "a file"}}}]},
            ]
        },
    }
    for api, body in bodies.items():
        path = PATHS[api].replace("streamGenerateContent?alt=sse", "generateContent")
        answer = await (await client.post(path, json={"model": "m", **body})).text()
        assert "Tool said: a file" in answer, api
