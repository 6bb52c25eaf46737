"""Frames between runner and gateway: JSON over one WebSocket, a discriminated union on `type`.

The runner numbers its frames (`hello` and `ready` excepted) in one sequence from 1 per run. The gateway acknowledges
cumulatively, and only after the commit that covers a frame; after a reconnect the runner sends again what is
unacknowledged. A frame of an unknown type is ignored, so that either side may be newer.
"""

from __future__ import annotations

import functools
import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from agent_contract.base import Wire
from agent_contract.events import (
    Compacting,
    Event,
    Failed,
    MessageDone,
    MessageReplaced,
    Notice,
    Retrying,
    Steered,
    Text,
    Thinking,
    ToolEnded,
    ToolStarted,
    TurnSettled,
    TurnStarted,
)
from agent_contract.frames import (
    PROTOCOL,
    Abort,
    Ack,
    Entries,
    EventFrame,
    GatewayFrame,
    Goodbye,
    Hello,
    Leave,
    Ready,
    Refused,
    RunnerFrame,
    Shutdown,
    Stay,
    Steer,
    SubAgentAsk,
    SubAgentCancel,
    SubAgentResult,
    SubAgentUpdate,
    SubAgentUsage,
    Turn,
    TurnFile,
    Welcome,
)
from agent_contract.text import MAX_TEXT

__all__ = [
    "MAX_FRAME_BYTES",
    "PROTOCOL",
    "Abort",
    "Ack",
    "Compacting",
    "Entries",
    "Event",
    "EventFrame",
    "Failed",
    "FrameError",
    "GatewayFrame",
    "Goodbye",
    "Hello",
    "Leave",
    "MessageDone",
    "MessageReplaced",
    "Notice",
    "Ready",
    "Refused",
    "Retrying",
    "RunnerFrame",
    "Shutdown",
    "Stay",
    "Steer",
    "Steered",
    "SubAgentAsk",
    "SubAgentCancel",
    "SubAgentResult",
    "SubAgentUpdate",
    "SubAgentUsage",
    "Text",
    "Thinking",
    "ToolEnded",
    "ToolStarted",
    "Turn",
    "TurnFile",
    "TurnSettled",
    "TurnStarted",
    "Welcome",
    "decode_gateway",
    "decode_runner",
    "encode",
]

T = TypeVar("T")

MAX_FRAME_BYTES = MAX_TEXT
"""Larger frames are refused; session lines above it travel in several `entries` frames or by HTTP."""
_RUNNER_TYPES = {"hello", "ready", "event", "entries", "leave", "subagent", "subagent_cancel"}
_GATEWAY_TYPES = {"welcome", "turn", "steer", "abort", "ack", "stay", "goodbye", "refused", "shutdown"} | {
    "subagent_update", "subagent_result",
}  # fmt: skip


class FrameError(ValueError):
    """A frame is not JSON, or a known type with wrong fields. Its text names fields, never contents."""


def encode(frame: Wire) -> str:
    """Return one frame as JSON text."""
    return frame.model_dump_json(by_alias=True, exclude_none=True)


def decode_runner(data: str | bytes) -> RunnerFrame | None:
    """Read a frame that a runner sent; None for a type (or event kind) this version does not know."""
    raw = _parse(data, _RUNNER_TYPES)
    return None if raw is None else _validate(_runner(), raw)


def decode_gateway(data: str | bytes) -> GatewayFrame | None:
    """Read a frame that the gateway sent; None for a type this version does not know."""
    raw = _parse(data, _GATEWAY_TYPES)
    return None if raw is None else _validate(_gateway(), raw)


# each side reads one of the two: the other is never built there


@functools.cache
def _runner() -> TypeAdapter[RunnerFrame]:
    return TypeAdapter(RunnerFrame)


@functools.cache
def _gateway() -> TypeAdapter[GatewayFrame]:
    return TypeAdapter(GatewayFrame)


def _parse(data: str | bytes, known: set[str]) -> dict[str, Any] | None:
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FrameError("not JSON") from error
    if not isinstance(raw, dict):
        raise FrameError("not a JSON object")
    kind = raw.get("type")
    return raw if isinstance(kind, str) and kind in known else None


def _validate(adapter: TypeAdapter[T], raw: dict[str, Any]) -> T | None:
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        if all(p["type"] == "union_tag_invalid" for p in problems):
            return None
        raise FrameError("; ".join(f"{'.'.join(map(str, p['loc']))}: {p['type']}" for p in problems)) from error
