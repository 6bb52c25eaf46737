"""What goes out of each kind of request, and what is refused by the class."""

from __future__ import annotations

import copy

import pytest

from agent_contract.providers import COMPLETIONS, GOOGLE, MESSAGES, RESPONSES
from agent_gateway.models.errors import Refusal
from agent_gateway.models.routes import find_route
from agent_gateway.models.shapes.fields import Rights

DATA = "data:image/png;base64,AAAA"
FETCHED = "https://evil.example/?q=secret"
FUNCTION = {"name": "bash", "description": "d", "parameters": {"type": "object", "properties": {"usage": {}}}}
REST = {
    COMPLETIONS: "chat/completions", RESPONSES: "responses", MESSAGES: "v1/messages",
    GOOGLE: "models/m:streamGenerateContent",
}  # fmt: skip
COMPLETION = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_completion_tokens": 100,
    "temperature": 0.5,
    "reasoning_effort": "high",
    "thinking": {"type": "enabled", "clear_thinking": False},
    "messages": [
        {"role": "system", "content": "be"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": DATA}}],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "done", "tool_call_id": "1"},
    ],
    "tools": [{"type": "function", "function": {**FUNCTION, "strict": False}}],
    "tool_choice": "auto",
}
RESPONSE = {
    "model": "m",
    "stream": True,
    "store": False,
    "max_output_tokens": 100,
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"effort": "high", "summary": "auto"},
    "input": [
        {"role": "developer", "content": "be"},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "hi"},
                {"type": "input_image", "image_url": DATA, "detail": "auto"},
            ],
        },
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "s"}], "encrypted_content": "e"},
        {"type": "function_call", "id": "f", "call_id": "c", "name": "bash", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "done"},
        {"type": "additional_tools", "role": "developer", "tools": [{"type": "function", **FUNCTION}]},
    ],
    "tools": [{"type": "function", **FUNCTION, "strict": False}],
}
MESSAGE = {
    "model": "m",
    "stream": True,
    "max_tokens": 100,
    "system": [{"type": "text", "text": "be", "cache_control": {"type": "ephemeral"}}],
    "thinking": {"type": "enabled", "budget_tokens": 50, "display": "summarized"},
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "hi"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "1", "name": "bash", "input": {"command": "ls"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "1",
                    "content": [{"type": "text", "text": "x"}],
                    "is_error": False,
                }
            ],
        },
    ],
    "tools": [{"name": "bash", "description": "d", "input_schema": {"type": "object"}, "eager_input_streaming": True}],
}
CONTENT = {
    "systemInstruction": {"role": "user", "parts": [{"text": "be"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "bash", "args": {}}, "thoughtSignature": "t"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "bash", "response": {"output": "x"}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "bash", "description": "d", "parametersJsonSchema": {}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    "generationConfig": {"maxOutputTokens": 100, "thinkingConfig": {"includeThoughts": True, "thinkingBudget": -1}},
}
WHOLE = [(COMPLETIONS, COMPLETION), (RESPONSES, RESPONSE), (MESSAGES, MESSAGE), (GOOGLE, CONTENT)]


def shape(api, body, rights=None):
    return find_route(api, REST[api]).shape(copy.deepcopy(body), rights or Rights())


def refused(api, body):
    with pytest.raises(Refusal) as error:
        shape(api, body)
    return error.value.status, error.value.type


@pytest.mark.parametrize(("api", "body"), WHOLE)
def test_what_pi_sends_goes_out_as_it_came(api, body):
    found = shape(api, body)
    assert found.body == body
    assert (found.model, found.stream, found.max_output, found.usage_asked) == ("m", True, 100, True)


@pytest.mark.parametrize(("api", "body"), WHOLE)
def test_what_is_not_known_stays_here(api, body):
    odd = dict.fromkeys(
        (
            "metadata", "user", "service_tier", "previous_response_id", "background", "conversation", "prompt",
            "web_search_options", "plugins", "models", "provider", "route", "fallbacks", "mcp_servers", "container",
            "thread", "speed", "cachedContent", "labels", "logprobs", "modalities", "safety_identifier",
        ),
        "x",
    )  # fmt: skip
    assert shape(api, body | odd).body == body


def test_responses_are_never_stored():
    assert shape(RESPONSES, RESPONSE | {"store": True}).body["store"] is False
    assert "store" not in shape(COMPLETIONS, COMPLETION | {"store": True}).body


def test_usage_is_asked_for_where_a_pod_does_not():
    for options in ({}, {"stream_options": None}, {"stream_options": {"include_usage": False, "odd": 1}}):
        body = {key: value for key, value in COMPLETION.items() if key != "stream_options"} | options
        found = shape(COMPLETIONS, body)
        assert found.body["stream_options"] == {"include_usage": True}
        assert not found.usage_asked
    assert "stream_options" not in shape(COMPLETIONS, COMPLETION | {"stream": False}).body


HOSTED = [
    (COMPLETIONS, {"tools": [{"type": "web_search", "web_search": {"enable": True}}]}),
    (COMPLETIONS, {"tools": [{"type": "builtin_function", "function": {"name": "$web_search"}}]}),
    (COMPLETIONS, {"tools": [{"type": "function", "function": {"name": "$web_search"}}]}),
    (COMPLETIONS, {"tools": [{"type": "mcp", "server_url": "https://evil.example"}]}),
    (COMPLETIONS, {"tool_choice": {"type": "web_search"}}),
    (COMPLETIONS, {"messages": [{"role": "system", "tools": [{"type": "retrieval"}]}]}),
    (RESPONSES, {"tools": [{"type": "web_search"}]}),
    (RESPONSES, {"tools": [{"type": "mcp", "server_url": "https://evil.example"}]}),
    (RESPONSES, {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
    (RESPONSES, {"input": [{"type": "additional_tools", "tools": [{"type": "web_search"}]}]}),
    (RESPONSES, {"input": [{"type": "tool_search_output", "execution": "client", "tools": [{"type": "web_search"}]}]}),
    (RESPONSES, {"input": [{"type": "tool_search_call", "execution": "server"}]}),
    (RESPONSES, {"input": [{"type": "web_search_call", "id": "w"}]}),
    (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    (MESSAGES, {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}),
    (
        MESSAGES,
        {
            "messages": [
                {
                    "role": "system",
                    "content": [
                        {
                            "type": "tool_addition",
                            "tool": {
                                "type": "tool_definition",
                                "definition": {"type": "web_fetch_20250910", "name": "web_fetch"},
                            },
                        }
                    ],
                }
            ]
        },
    ),
    (MESSAGES, {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use", "id": "1"}]}]}),
    (GOOGLE, {"tools": [{"googleSearch": {}}]}),
    (GOOGLE, {"tools": [{"functionDeclarations": [], "urlContext": {}}]}),
    (GOOGLE, {"contents": [{"parts": [{"executableCode": {"code": "x"}}]}]}),
]


@pytest.mark.parametrize(("api", "more"), HOSTED)
def test_tools_that_the_provider_runs_pass_only_where_the_class_allows_them(api, more):
    body = dict(WHOLE)[api] | more
    assert refused(api, body) == (403, "llm_hosted_tools")
    assert shape(api, body, Rights(hosted_tools=True)).body[next(iter(more))] == more[next(iter(more))]


def chat(part):
    return {"messages": [{"role": "user", "content": [part]}]}


ADDRESSES = [
    (COMPLETIONS, chat({"type": "image_url", "image_url": {"url": FETCHED}})),
    (COMPLETIONS, chat({"type": "image_url", "image_url": FETCHED})),
    (COMPLETIONS, chat({"type": "video_url", "video_url": {"url": FETCHED}})),
    (RESPONSES, {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": FETCHED}]}]}),
    (RESPONSES, {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": FETCHED}]}]}),
    (
        RESPONSES,
        {"input": [{"type": "function_call_output", "output": [{"type": "input_image", "image_url": FETCHED}]}]},
    ),
    (MESSAGES, chat({"type": "image", "source": {"type": "url", "url": FETCHED}})),
    (
        MESSAGES,
        chat({"type": "tool_result", "content": [{"type": "document", "source": {"type": "url", "url": FETCHED}}]}),
    ),
    (GOOGLE, {"contents": [{"parts": [{"fileData": {"fileUri": FETCHED}}]}]}),
]


@pytest.mark.parametrize(("api", "more"), ADDRESSES)
def test_what_the_provider_would_fetch_passes_only_where_the_class_allows_it(api, more):
    body = dict(WHOLE)[api] | more
    assert refused(api, body) == (403, "llm_addresses")
    assert FETCHED in str(shape(api, body, Rights(addresses=True)).body)


@pytest.mark.parametrize(
    ("api", "more"),
    [
        (COMPLETIONS, chat({"type": "file", "file": {"file_id": "f"}})),
        (COMPLETIONS, chat({"type": "image_url", "image_url": {"url": "ms://file"}})),
        (COMPLETIONS, chat({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}})),
        (RESPONSES, {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}),
        (RESPONSES, {"input": [{"type": "item_reference", "id": "i"}]}),
        (MESSAGES, chat({"type": "image", "source": {"type": "file", "file_id": "f"}})),
    ],
)
def test_what_the_account_keeps_is_reached_by_nobody(api, more):
    body = dict(WHOLE)[api] | more
    for rights in (Rights(), Rights(addresses=True)):
        with pytest.raises(Refusal) as error:
            shape(api, body, rights)
        assert error.value.type in {"llm_account", "llm_addresses"}


@pytest.mark.parametrize(
    ("api", "more"),
    [
        (COMPLETIONS, {"n": 2}),
        (COMPLETIONS, {"n": "1"}),
        (COMPLETIONS, {"messages": "hi"}),
        (COMPLETIONS, {"model": ["m"]}),
        (COMPLETIONS, {"best_of": 20}),
        (COMPLETIONS, {"max_tokens": -1}),
        (COMPLETIONS, {"max_tokens": 10_000_000}),
        (MESSAGES, {"max_tokens": 10_000_000}),
        (COMPLETIONS, {"max_tokens": True}),
        (COMPLETIONS, {"stream": "yes"}),
        (COMPLETIONS, {"messages": ["hi"]}),
        (COMPLETIONS, chat({"type": "odd"})),
        (COMPLETIONS, chat({"type": ["text"]})),
        (COMPLETIONS, chat("hi")),
        (RESPONSES, {"input": [3]}),
        (RESPONSES, {"input": [{"role": "user", "content": [{"type": "odd"}]}]}),
        (RESPONSES, {"include": 5}),
        (MESSAGES, chat({"type": "odd"})),
        (MESSAGES, {"stop_sequences": "x"}),
        (GOOGLE, {"generationConfig": {"candidateCount": 2}}),
        (GOOGLE, {"contents": [{"parts": [{}]}]}),
        (GOOGLE, {"contents": [{"parts": [{"odd": 1}]}]}),
    ],
)
def test_what_cannot_be_read_is_refused(api, more):
    assert refused(api, dict(WHOLE)[api] | more) == (400, "bad_request")


@pytest.mark.parametrize(("api", "body"), WHOLE)
def test_an_answer_is_bounded(api, body):
    route = find_route(api, REST[api])
    for given in (body, {key: value for key, value in body.items() if "max" not in key and key != "generationConfig"}):
        found = route.shape(copy.deepcopy(given), Rights())
        route.bound(found.body, 7)
        assert route.shape(found.body, Rights()).max_output == 7


def test_thinking_stays_below_the_bound_of_its_answer():
    found = shape(MESSAGES, MESSAGE | {"thinking": {"type": "enabled", "budget_tokens": 30_000}})
    find_route(MESSAGES, "v1/messages").bound(found.body, 8192)
    assert found.body["thinking"]["budget_tokens"] < found.body["max_tokens"] == 8192


@pytest.mark.parametrize(
    ("api", "rest"),
    [
        (COMPLETIONS, "responses"), (COMPLETIONS, "models"), (COMPLETIONS, "files"), (RESPONSES, "responses/r1"),
        (RESPONSES, "chat/completions"), (MESSAGES, "v1/messages/batches"), (MESSAGES, "chat/completions"),
        (GOOGLE, "models/m:batchGenerateContent"), (GOOGLE, "models/../x:generateContent"), (GOOGLE, "models"),
        (GOOGLE, "models/m:streamGenerateContent?alt=x"),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_paths(api, rest):
    with pytest.raises(Refusal) as error:
        find_route(api, rest)
    assert error.value.status == 404


def test_googles_stream_is_asked_for_as_events():
    assert find_route(GOOGLE, "models/m:streamGenerateContent").path == "models/m:streamGenerateContent?alt=sse"
    plain = find_route(GOOGLE, "models/m:generateContent")
    assert (plain.path, plain.shape(CONTENT, Rights()).stream) == ("models/m:generateContent", False)
