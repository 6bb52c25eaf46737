"""What a tool server's messages become for a pod: no tool that the class does not list, no question, no key. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from agent_gateway.mcp.events import TooLong
from agent_gateway.mcp.requests import MAX_TOOL, Malformed, Said, encode
from agent_gateway.mcp.rules import Allowed

MAX_MESSAGE: Final = 4 << 20
"""Bytes of one message of a server, as it comes and as it is passed on."""
MAX_TOOLS: Final = 256
"""Tools of one answer; the rest of them is left out."""
MAX_LIST: Final = 256 << 10
"""Bytes of the tools of one answer: each of them may stand in every request to the model."""
_MAX_DESCRIPTION: Final = 4096
_FIELDS: Final = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
_MAX_WORDS: Final = 16_384
_NOTICES: Final = frozenset({"notifications/progress", "notifications/message", "notifications/cancelled"})
_HIDDEN: Final = "[hidden]"


def filter_message(message: dict[str, Any], said: Said, allowed: Allowed) -> dict[str, Any] | None:
    """Return what the pod is given of a server's message, in the answer to what it said; None for nothing.

    Raises:
        Malformed: an answer that must be read cannot be.
        TooLong: one of its tools has more bytes than a message may have.
    """
    if "method" in message:
        if "id" in message:
            ping = message.get("method") == "ping"
            return {"jsonrpc": "2.0", "id": message["id"], "method": "ping"} if ping else None
        return message if message.get("method") in _NOTICES else None
    if said.id is None or message.get("id") != said.id or type(message.get("id")) is not type(said.id):
        return None
    if "result" not in message:
        return {"jsonrpc": "2.0", "id": said.id, "error": message.get("error")}
    result = message["result"]
    if not isinstance(result, dict):
        raise Malformed("The server answers as none would.")
    match said.method:
        case "initialize":
            result = _filter_initialize(result, allowed)
        case "tools/list":
            result = _filter_tools(result, allowed)
        case _:
            pass
    return {"jsonrpc": "2.0", "id": said.id, "result": result}


def encode_hidden(message: dict[str, Any], secrets: Iterable[bytes]) -> bytes:
    """Return a message as it goes to a pod; where it repeats a key, that is taken out.

    Raises:
        Malformed: it holds what JSON has no word for.
        TooLong: it has more bytes than a message may have.
    """
    data = encode(message, MAX_MESSAGE)
    for secret in secrets:
        written = json.dumps(secret.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]
        data = data.replace(written.encode(), _HIDDEN.encode())
    if len(data) > MAX_MESSAGE:
        raise TooLong
    return data


def build_error(request_id: int | str | None, code: int, words: str) -> dict[str, Any]:
    """Build an error of JSON-RPC."""
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": words}}


def _filter_initialize(result: dict[str, Any], allowed: Allowed) -> dict[str, Any]:
    """Leave of what a server can do what passes here."""
    told = result.get("capabilities")
    names = ("tools", "resources") if allowed.resources else ("tools",)
    kept: dict[str, dict[str, Any]] = {name: {} for name in names if isinstance(told, dict) and name in told}
    words = result.get("instructions")
    return {
        "protocolVersion": result.get("protocolVersion"),
        "capabilities": kept,
        "serverInfo": result.get("serverInfo"),
        **({"instructions": words[:_MAX_WORDS]} if isinstance(words, str) else {}),
    }


def _filter_tools(result: dict[str, Any], allowed: Allowed) -> dict[str, Any]:
    tools = result.get("tools")
    if not isinstance(tools, list):
        raise Malformed("The server answers as none would.")
    kept: list[dict[str, Any]] = []
    room = MAX_LIST
    for tool in tools:
        if not (isinstance(tool, dict) and _is_allowed(tool.get("name"), allowed)):
            continue
        shown = {name: tool[name] for name in _FIELDS if name in tool}
        if isinstance(words := shown.get("description"), str):
            shown["description"] = words[:_MAX_DESCRIPTION]
        room -= len(encode(shown, MAX_MESSAGE))
        if room < 0 or len(kept) == MAX_TOOLS:
            break
        kept.append(shown)
    cursor = result.get("nextCursor")
    return {"tools": kept, **({"nextCursor": cursor} if isinstance(cursor, str) else {})}


def _is_allowed(name: object, allowed: Allowed) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_TOOL and allowed.has(name)
