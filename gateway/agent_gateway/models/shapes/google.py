"""Google's generateContent. Pure. Fields by their names in JSON, as the client sends them."""

from __future__ import annotations

from typing import Any, Final

from agent_gateway.models.shapes.common import address, hosted, named
from agent_gateway.models.shapes.fields import (
    Fields,
    Read,
    Rights,
    Shaped,
    anything,
    check_count,
    each,
    flag,
    number,
    object_of,
    rebuild,
    refuse,
    text,
    tokens,
    whole,
)

_DATA: Final[Fields] = {"mimeType": text, "data": text, "displayName": text}
_HOSTED_PARTS: Final = frozenset({"executableCode", "codeExecutionResult", "toolCall", "toolResponse"})
_CONFIG: Final[Fields] = {
    "maxOutputTokens": tokens, "temperature": number, "topP": number, "topK": number, "stopSequences": each(text),
    "seed": whole, "responseMimeType": text, "responseSchema": anything, "responseJsonSchema": anything,
    "presencePenalty": number, "frequencyPenalty": number,
    "thinkingConfig": object_of(
        {"includeThoughts": flag, "thinkingBudget": number, "thinkingLevel": text}, "thinkingConfig"
    ),
}  # fmt: skip
_CALLING: Final[Fields] = {"mode": text, "allowedFunctionNames": each(text), "streamFunctionCallArguments": flag}


def shape(raw: dict[str, Any], rights: Rights, model: str, *, stream: bool) -> Shaped:
    """Rebuild a request, of which the path tells model and way; raises Refusal."""
    config = raw.get("generationConfig")
    if isinstance(config, dict):
        check_count(config, "candidateCount")
    content = object_of({"role": text, "parts": each(_part(rights))}, "a content")
    body = rebuild(
        raw,
        {
            "contents": each(content),
            "systemInstruction": content,
            "tools": each(_tool(rights)),
            "toolConfig": object_of(
                {"functionCallingConfig": object_of(_CALLING, "functionCallingConfig")}, "toolConfig"
            ),
            "generationConfig": object_of(_CONFIG, "generationConfig"),
            "safetySettings": anything,
        },
        "The request",
    )
    return Shaped(body, model, stream, (body.get("generationConfig") or {}).get("maxOutputTokens"))


def bound(body: dict[str, Any], most: int) -> None:
    """Let an answer have at most so many tokens."""
    body["generationConfig"] = {**(body.get("generationConfig") or {}), "maxOutputTokens": most}


def _tool(rights: Rights) -> Read:
    function = named(
        {
            "name": text, "description": text, "parameters": anything, "parametersJsonSchema": anything,
            "response": anything, "responseJsonSchema": anything, "behavior": text,
        },
        "a function",
        rights,
    )  # fmt: skip

    def reads(value: Any) -> Any:
        known = rebuild(value, {"functionDeclarations": each(function)}, "a tool")
        if known != value and set(value) - set(known):
            return hosted(rights, "tool")(
                {"type": next(iter(set(value) - set(known)))} if not rights.hosted_tools else value
            )
        return known

    return reads


def _part(rights: Rights) -> Read:
    data = object_of(_DATA, "inlineData")
    shown = object_of({"inlineData": data}, "a part")
    answer: Fields = {"id": text, "name": text, "response": anything, "parts": each(shown)}
    fields: Fields = {
        "text": text, "thought": flag, "thoughtSignature": text, "inlineData": data,
        "functionCall": object_of({"id": text, "name": text, "args": anything}, "functionCall"),
        "functionResponse": object_of(answer, "functionResponse"),
        "fileData": object_of({"mimeType": text, "fileUri": address(rights), "displayName": text}, "fileData"),
    }  # fmt: skip

    def reads(value: Any) -> Any:
        if isinstance(value, dict) and _HOSTED_PARTS & set(value):
            return hosted(rights, "part of tools")(value)
        found = rebuild(value, fields, "a part")
        if not found:
            raise refuse("A part holds nothing that the gateway passes on.")
        return found

    return reads
