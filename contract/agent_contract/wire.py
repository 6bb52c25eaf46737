"""Frames between runner and gateway: JSON over one WebSocket, a discriminated union on `type`.

The runner numbers its frames (`hello` and `ready` excepted) in one sequence from 1 per run. The gateway acknowledges
cumulatively, and only after the commit that covers a frame; after a reconnect the runner sends again what is
unacknowledged. A frame of an unknown type is ignored, so that either side may be newer.
"""

from __future__ import annotations

import functools
import json
from typing import Any, TypeVar, get_args

from agent_contract.apis import ApiConnection
from agent_contract.base import Wire
from agent_contract.commitidentity import CommitIdentity, GitPerson
from agent_contract.decisions import Ask, AskClosed, Decision
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
    TimeEased,
    TimeShort,
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
    Extend,
    GatewayFrame,
    Goodbye,
    Hello,
    Leave,
    Look,
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
from agent_contract.largeframes import read_large
from agent_contract.modelling import TypeAdapter, ValidationError
from agent_contract.preparing import Checkout, Prepare, Prepared, SetupStep
from agent_contract.reach import GitConnection, Reach
from agent_contract.terms import Timeouts
from agent_contract.text import MAX_TEXT
from agent_contract.times import TurnTimes
from agent_contract.warm import ClaimedModel, Held

__all__ = [
    "MAX_FRAME_BYTES",
    "MAX_WORDS",
    "PROTOCOL",
    "SMALL_FRAME",
    "Abort",
    "Ack",
    "ApiConnection",
    "Ask",
    "AskClosed",
    "Checkout",
    "ClaimedModel",
    "CommitIdentity",
    "Compacting",
    "Decision",
    "Entries",
    "Event",
    "EventFrame",
    "Extend",
    "Failed",
    "FrameError",
    "GatewayFrame",
    "GitConnection",
    "GitPerson",
    "Goodbye",
    "Held",
    "Hello",
    "Leave",
    "Look",
    "MessageDone",
    "MessageReplaced",
    "Notice",
    "Prepare",
    "Prepared",
    "Reach",
    "Ready",
    "Refused",
    "Retrying",
    "RunnerFrame",
    "SetupStep",
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
    "TimeEased",
    "TimeShort",
    "ToolEnded",
    "ToolStarted",
    "Turn",
    "TurnFile",
    "TurnSettled",
    "TurnStarted",
    "TurnTimes",
    "Welcome",
    "decode_gateway",
    "decode_runner",
    "encode",
    "read_seq",
]

T = TypeVar("T")

MAX_FRAME_BYTES = MAX_TEXT
"""Larger frames are refused; session lines above it travel in several `entries` frames or by HTTP."""
SMALL_FRAME = 65_536
"""Characters of a runner's frame that is neither session lines nor text of an answer (`largeframes`)."""
MAX_WORDS = 200
"""Characters of a FrameError."""
_RUNNER_TYPES = {
    "hello",
    "ready",
    "event",
    "entries",
    "leave",
    "subagent",
    "subagent_cancel",
    "ask",
    "ask_closed",
    "prepared",
    "times",
}
_GATEWAY_TYPES = {"welcome", "held", "turn", "steer", "abort", "extend", "ack", "look", "stay", "goodbye", "refused", "shutdown"} | {
    "subagent_update", "subagent_result", "decision", "commit_identity", "prepare", "reach",
}  # fmt: skip


class FrameError(ValueError):
    """A frame is not JSON, or a known type with wrong fields. Its text names fields of ours, never contents."""

    def __init__(self, words: str) -> None:
        super().__init__(words[:MAX_WORDS])


def encode(frame: Wire) -> str:
    """Return one frame as JSON text."""
    return frame.model_dump_json(by_alias=True, exclude_none=True)


def decode_runner(data: str | bytes) -> RunnerFrame | None:
    """Read a frame that a runner sent; None for a type (or event kind) this version does not know.

    Raises:
        FrameError: it is none, or larger than its type may be.
    """
    text = _decode(data)
    if len(text) > SMALL_FRAME:
        try:
            large = read_large(text)
        except (ValueError, IndexError) as error:
            raise FrameError("too large for its type, or not written as a large one is") from error
        return _validate(_runner(), large)
    raw = _parse(text, _RUNNER_TYPES)
    return None if raw is None else _validate(_runner(), raw)


def decode_gateway(data: str | bytes) -> GatewayFrame | None:
    """Read a frame that the gateway sent; None for a type this version does not know.

    Raises:
        FrameError: it is none.
    """
    raw = _parse(_decode(data), _GATEWAY_TYPES)
    return None if raw is None else _validate(_gateway(), raw)


def read_seq(data: str) -> int | None:
    """Return the number of a frame of any kind, of no more than `SMALL_FRAME` characters; None where it has none."""
    seq = json.loads(data).get("seq")
    return seq if type(seq) is int and 0 < seq < 2**53 else None


# each side reads one of the two: the other is never built there


@functools.cache
def _runner() -> TypeAdapter[RunnerFrame]:
    return TypeAdapter(RunnerFrame)


@functools.cache
def _gateway() -> TypeAdapter[GatewayFrame]:
    return TypeAdapter(GatewayFrame)


def _decode(data: str | bytes) -> str:
    try:
        return data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError as error:
        raise FrameError("not JSON") from error


def _parse(data: str, known: set[str]) -> dict[str, Any] | None:
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
        # few, as each list and object of a frame is cut, or fails at its first fault
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if problem["type"] == "union_tag_invalid":
            return None
        where = [str(part) for part in problem["loc"] if isinstance(part, int) or part in _names()]
        raise FrameError(f"{'.'.join(where)}: {problem['type']}") from error


@functools.cache
def _names() -> frozenset[str]:
    """Return the names of our fields, types and kinds: what else an error names is a key of whoever wrote the frame."""
    models = [model for union in (RunnerFrame, GatewayFrame, Event) for model in get_args(get_args(union)[0])]
    models += [Timeouts, TurnFile, SubAgentUsage, GitPerson, Checkout, SetupStep]
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()}
    kinds = {str(field.default) for model in models for name, field in model.model_fields.items() if name == "kind"}
    return frozenset(fields | kinds | _RUNNER_TYPES | _GATEWAY_TYPES)
