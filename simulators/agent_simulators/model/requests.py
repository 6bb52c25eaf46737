"""Requests of every kind of API as messages of chat completions, by which scripts choose; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_Json = dict[str, Any]


def read_messages(api: str, body: Mapping[str, Any]) -> list[_Json]:
    """Return a request's messages.

    Args:
        api: completions, responses, messages or google.
        body: The request.
    """
    match api:
        case "responses":
            return _read_items(body.get("input") or [], body.get("instructions"))
        case "messages":
            return [*_system(body.get("system")), *(one for m in body.get("messages") or [] for one in _read_blocks(m))]
        case "google":
            system = (body.get("systemInstruction") or {}).get("parts")
            return [*_system(system), *(one for c in body.get("contents") or [] for one in _read_parts(c))]
        case _:
            return list(body.get("messages") or [])


def holds_picture(api: str, body: Mapping[str, Any]) -> bool:
    """Say whether a request shows the model a picture."""
    marks = {"responses": '"input_image"', "messages": '"type": "image"', "google": '"inlineData"'}
    return marks.get(api, '"image_url"') in json.dumps(body)


def _system(content: Any) -> list[_Json]:
    return [{"role": "system", "content": _text(content)}] if content else []


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or [] if isinstance(part, dict))


def _call(call_id: str, name: str, arguments: Any) -> _Json:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def _read_items(items: str | Sequence[Mapping[str, Any]], instructions: Any) -> list[_Json]:
    found = _system(instructions)
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        match item.get("type", "message"):
            case "message":
                found.append({"role": str(item["role"]), "content": _text(item.get("content"))})
            case "function_call":
                call = _call(str(item["call_id"]), str(item["name"]), item.get("arguments", ""))
                found.append({"role": "assistant", "content": "", "tool_calls": [call]})
            case "function_call_output":
                found.append(
                    {"role": "tool", "content": _text(item.get("output")), "tool_call_id": str(item["call_id"])}
                )
            case _:
                pass
    return found


def _read_blocks(message: Mapping[str, Any]) -> list[_Json]:
    role, content = str(message["role"]), message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])
    results: list[_Json] = [
        {"role": "tool", "content": _text(block.get("content")), "tool_call_id": str(block["tool_use_id"])}
        for block in blocks
        if block.get("type") == "tool_result"
    ]
    calls = [_call(str(b["id"]), str(b["name"]), b.get("input")) for b in blocks if b.get("type") == "tool_use"]
    text = _text([block for block in blocks if block.get("type") == "text"])
    if results and not text:
        return results
    return [*results, {"role": role, "content": text, **({"tool_calls": calls} if calls else {})}]


def _read_parts(content: Mapping[str, Any]) -> list[_Json]:
    parts = list(content.get("parts") or [])
    results: list[_Json] = []
    calls: list[_Json] = []
    for number, part in enumerate(parts):
        if answer := part.get("functionResponse"):
            said = answer.get("response") or {}
            text = str(said.get("output", said.get("error", "")))
            results.append(
                {"role": "tool", "content": text, "tool_call_id": str(answer.get("id", answer.get("name", "")))}
            )
        if call := part.get("functionCall"):
            calls.append(_call(str(call.get("id", f"{call['name']}_{number}")), str(call["name"]), call.get("args")))
    text = _text([part for part in parts if "text" in part and not part.get("thought")])
    if results and not text:
        return results
    role = "assistant" if content.get("role") == "model" else "user"
    return [*results, {"role": role, "content": text, **({"tool_calls": calls} if calls else {})}]
