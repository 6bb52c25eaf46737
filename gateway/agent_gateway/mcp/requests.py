"""What a pod may say to a tool server: read whole, held against the class's rules, and written anew. Pure.

Nothing of the pod's own bytes goes on. A server may read a second `name`, or a `Name`, where we read the first; so a
request is built again from the fields that each method has, and from no other.

Source: Model Context Protocol 2025-11-25, basic/transports and server/tools; JSON-RPC 2.0.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.bulk import MAX_NODES, is_bulky
from agent_gateway.mcp.events import TooLong
from agent_gateway.mcp.rules import Allowed

MAX_REQUEST: Final = 1 << 20
"""Bytes of a request, as it comes and as it goes on."""
MAX_TOOL: Final = 128
"""Characters of a tool's name."""
_MAX_DIGITS: Final = 400
"""Of a whole number: what one takes grows with their square."""
_MAX_ID: Final = 128
_MAX_URI: Final = 2048
_TOOLS: Final = {
    "initialize": ("protocolVersion", "clientInfo"),
    "ping": (),
    "notifications/initialized": (),
    "notifications/cancelled": ("requestId", "reason"),
    "tools/list": ("cursor",),
    "tools/call": ("name", "arguments"),
}
_RESOURCES: Final = {
    "resources/list": ("cursor",),
    "resources/templates/list": ("cursor",),
    "resources/read": ("uri",),
}
NO_METHOD: Final = -32601
BAD_PARAMS: Final = -32602
FAILED: Final = -32603


class Malformed(ValueError):
    """It is no message of the protocol; the text is for a person and repeats nothing of it."""


class TooMany(ValueError):
    """A message holds more values than one that is read."""


class NotAllowed(Exception):
    """The class does not let this through.

    Args:
        code: Of JSON-RPC.
        message: For the agent.
        request_id: Of the request; None for a notification, which nobody answers.
    """

    def __init__(self, code: int, message: str, request_id: int | str | None) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Said:
    """What goes on to the server.

    Attributes:
        body: The message, as it is sent.
        method: What is asked; empty for an answer to the server.
        id: Of a request; None for what is not answered.
        tool: Of a call.
    """

    body: bytes
    method: str = ""
    id: int | str | None = None
    tool: str = ""


def read_said(data: bytes, allowed: Allowed) -> Said:
    """Read what a pod says.

    Raises:
        Malformed: it is no message.
        NotAllowed: it is one that does not go on.
        TooLong: it would go on with more bytes than it may have.
        TooMany: it holds too many values.
    """
    message = read_object(data)
    method = message.get("method")
    if method is None:
        return _read_answer(message)
    asked = message.get("id")
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str) or not (asked is None or is_id(asked)):
        raise Malformed("This is no message of JSON-RPC 2.0.")
    notifies = method.startswith("notifications/")
    if notifies is not (asked is None):
        raise Malformed("A request has an id, and a notification has none.")
    known = _TOOLS | (_RESOURCES if allowed.resources else {})
    if method not in known:
        raise NotAllowed(NO_METHOD, "The agent's class does not let this method through.", asked)
    params = _read_params(method, message.get("params"), known[method])
    if method == "tools/call":
        _check_call(params, allowed, asked)
    built = {"jsonrpc": "2.0", **({} if asked is None else {"id": asked}), "method": method}
    if params:
        built["params"] = params
    return Said(
        encode(built, MAX_REQUEST), method, asked, str(params.get("name", "")) if method == "tools/call" else ""
    )


def read_object(data: bytes | bytearray) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        Malformed: it is none.
        TooMany: it holds too many values.
    """
    if is_bulky(data):
        raise TooMany
    try:
        found = json.loads(data, parse_constant=_refuse_constant, parse_int=_read_int, parse_float=_read_float)
    except (ValueError, RecursionError) as error:
        raise Malformed("This is not JSON.") from error
    if not isinstance(found, dict):
        raise Malformed("This is no message of JSON-RPC 2.0.")
    if data.count(b",") + data.count(b"[") + data.count(b"{") >= MAX_NODES:
        _check_count(found)
    return found


def encode(message: dict[str, Any], most: int) -> bytes:
    """Return a message as it goes over the wire, on one line.

    Raises:
        Malformed: it holds what JSON has no word for.
        TooLong: it has more bytes than `most`; written anew, numbers and texts may have more than they came with.
    """
    try:
        data = json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # half of a surrogate pair, or a number that is none
        raise Malformed("This holds text or numbers that are none.") from error
    if len(data) > most:
        raise TooLong
    return data


def is_id(value: object) -> bool:
    """Say whether a value may be a request's id."""
    if isinstance(value, str):
        return len(value) <= _MAX_ID
    return type(value) is int and abs(value) < 2**53


def _read_answer(message: dict[str, Any]) -> Said:
    """Read the answer to a server's ping: it is all that a server may ask through us."""
    if not is_id(message.get("id")) or message.get("result") != {}:
        raise NotAllowed(NO_METHOD, "Only a ping of the server is answered.", None)
    return Said(encode({"jsonrpc": "2.0", "id": message["id"], "result": {}}, MAX_REQUEST))


def _read_params(method: str, params: object, fields: tuple[str, ...]) -> dict[str, Any]:
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise Malformed("The parameters of a message are an object.")
    kept = {name: params[name] for name in fields if name in params}
    meta = params.get("_meta")
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    if is_id(token):
        kept["_meta"] = {"progressToken": token}
    if method == "initialize":
        kept["capabilities"] = {}  # a server may ask nothing of an agent: not its model, its files or its people
    for name in ("cursor", "uri", "protocolVersion", "reason"):
        if name in kept and not (isinstance(kept[name], str) and len(kept[name]) <= _MAX_URI):
            raise Malformed(f"The parameter {name} is a short text.")
    return kept


def _check_call(params: dict[str, Any], allowed: Allowed, asked: int | str | None) -> None:
    tool = params.get("name")
    if not isinstance(tool, str) or not 0 < len(tool) <= MAX_TOOL or not isinstance(params.get("arguments", {}), dict):
        raise Malformed("A call names a tool, and its arguments are an object.")
    if not allowed.has(tool):
        raise NotAllowed(BAD_PARAMS, "This tool is not among those that the agent's class lists.", asked)


def _check_count(found: dict[str, Any]) -> None:
    waiting: list[Any] = [found]
    count = 0
    while waiting:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        if count + len(waiting) > MAX_NODES:
            raise TooMany


def _read_int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError
    return int(text)


def _read_float(text: str) -> float:
    """Return a number; many of them are read so, each in its turn, that the loop has its own between them."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError  # it would go on as a word that JSON does not have
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
