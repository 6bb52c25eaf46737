"""OpenAI's chat completions, streamed and whole; pure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from agent_simulators.model.dialect import Events, Json, Tokens, call_id, event
from agent_simulators.model.scripts import Call


@dataclass
class Completions:
    """OpenAI's chat completions."""

    model: str
    tells_usage: bool = True

    def __post_init__(self) -> None:
        self._base = {
            "id": f"chatcmpl-{time.time_ns()}", "object": "chat.completion.chunk", "created": int(time.time()),
            "model": self.model,
        }  # fmt: skip

    def begin(self) -> Events:
        """Return the role."""
        return [self._chunk({"role": "assistant", "content": ""})]

    def word(self, text: str) -> Events:
        """Return a delta."""
        return [self._chunk({"content": text})]

    def calls(self, calls: Sequence[Call]) -> Events:
        """Return each call in three pieces."""
        found = []
        for index, call in enumerate(calls):
            half = len(call.arguments) // 2
            function = {"name": call.name, "arguments": ""}
            begun = {"index": index, "id": call_id(call, index), "type": "function", "function": function}
            found.append(self._chunk({"tool_calls": [begun]}))
            found += [
                self._chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
                for part in (call.arguments[:half], call.arguments[half:])
            ]
        return found

    def end(self, finish: str, tokens: Tokens) -> Events:
        """Return the reason, the usage where it was asked for, and the last line."""
        found = [self._chunk({}, finish)]
        if self.tells_usage:
            found.append(event({**self._base, "choices": [], "usage": _usage(tokens)}))
        return [*found, b"data: [DONE]\n\n"]

    def whole(self, text: str, calls: Sequence[Call], finish: str, tokens: Tokens) -> Json:
        """Return a completion."""
        message: Json = {"role": "assistant", "content": text}
        if calls:
            message["tool_calls"] = [
                {"id": call_id(c, i), "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for i, c in enumerate(calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": self.model,
                "choices": [choice], "usage": _usage(tokens)}  # fmt: skip

    def _chunk(self, delta: Json, finish: str | None = None) -> bytes:
        return event({**self._base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _usage(tokens: Tokens) -> Json:
    return {"prompt_tokens": tokens.prompt, "completion_tokens": tokens.answer,
            "total_tokens": tokens.prompt + tokens.answer,
            "prompt_tokens_details": {"cached_tokens": tokens.cached}}  # fmt: skip
