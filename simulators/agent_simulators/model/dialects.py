"""How further kinds of API write an answer, streamed and whole; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_simulators.model.completions import Completions
from agent_simulators.model.dialect import Dialect, Events, Json, Tokens, arguments, call_id, event
from agent_simulators.model.scripts import Call


def build_dialect(api: str, body: Mapping[str, Any], model: str) -> Dialect:
    """Return how a request is answered."""
    match api:
        case "responses":
            return Responses(model)
        case "messages":
            return Messages(model)
        case "google":
            return Google(model)
        case _:
            options = body.get("stream_options") or {}
            return Completions(model, tells_usage=bool(options.get("include_usage")))


@dataclass
class Responses:
    """OpenAI's responses."""

    model: str
    _number: int = 0
    _said: list[str] = field(default_factory=list)
    _output: list[Json] = field(default_factory=list)

    def begin(self) -> Events:
        """Return that it begins."""
        return [self._event("response.created", {"response": self._response("in_progress")})]

    def word(self, text: str) -> Events:
        """Return a delta, before the first one its message and part."""
        found = []
        if not self._said:
            item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
            part = {"type": "output_text", "text": "", "annotations": []}
            found.append(self._event("response.output_item.added", {"output_index": 0, "item": item}))
            where = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
            found.append(self._event("response.content_part.added", {**where, "part": part}))
        self._said.append(text)
        where = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
        return [*found, self._event("response.output_text.delta", {**where, "delta": text})]

    def calls(self, calls: Sequence[Call]) -> Events:
        """Return each call as an item."""
        found = self._close_text()
        for index, call in enumerate(calls):
            at = len(self._output)
            item = {"id": f"fc_{at}", "type": "function_call", "call_id": call_id(call, index), "name": call.name}
            begun = {**item, "status": "in_progress", "arguments": ""}
            done = {**item, "status": "completed", "arguments": call.arguments}
            where = {"output_index": at, "item_id": item["id"]}
            found.append(self._event("response.output_item.added", {"output_index": at, "item": begun}))
            found.append(self._event("response.function_call_arguments.delta", {**where, "delta": call.arguments}))
            found.append(self._event("response.function_call_arguments.done", {**where, "arguments": call.arguments}))
            found.append(self._event("response.output_item.done", {"output_index": at, "item": done}))
            self._output.append(done)
        return found

    def end(self, finish: str, tokens: Tokens) -> Events:
        """Return the whole response with its usage."""
        found = self._close_text()
        cut = finish == "length"
        response = self._response("incomplete" if cut else "completed", tokens)
        if cut:
            response["incomplete_details"] = {"reason": "max_output_tokens"}
        return [*found, self._event("response.incomplete" if cut else "response.completed", {"response": response})]

    def whole(self, text: str, calls: Sequence[Call], finish: str, tokens: Tokens) -> Json:
        """Return a response."""
        if text:
            self.word(text)
        self.calls(calls)
        return self._response("incomplete" if finish == "length" else "completed", tokens)

    def _close_text(self) -> Events:
        if not self._said or self._output:
            return []
        part = {"type": "output_text", "text": "".join(self._said), "annotations": []}
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        self._output.append(item)
        return [self._event("response.output_item.done", {"output_index": 0, "item": item})]

    def _response(self, status: str, tokens: Tokens | None = None) -> Json:
        found: Json = {"id": "resp_1", "object": "response", "model": self.model, "status": status}
        found["output"] = list(self._output)
        if tokens is not None:
            found["usage"] = {
                "input_tokens": tokens.prompt, "input_tokens_details": {"cached_tokens": tokens.cached},
                "output_tokens": tokens.answer, "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": tokens.prompt + tokens.answer,
            }  # fmt: skip
        return found

    def _event(self, name: str, value: Json) -> bytes:
        self._number += 1
        return event({"type": name, "sequence_number": self._number - 1, **value}, name)


@dataclass
class Messages:
    """Anthropic's messages; tokens of the cache are told beside the input."""

    model: str
    _open: bool = False
    _blocks: int = 0

    def begin(self) -> Events:
        """Return the message; what its input was is told at its end too, where it is known."""
        message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": [],
                   "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
        return [self._event("message_start", {"message": message})]

    def word(self, text: str) -> Events:
        """Return a delta, before the first one its block."""
        found = []
        if not self._open:
            self._open = True
            block = {"type": "text", "text": ""}
            found.append(self._event("content_block_start", {"index": self._blocks, "content_block": block}))
        delta = {"type": "text_delta", "text": text}
        return [*found, self._event("content_block_delta", {"index": self._blocks, "delta": delta})]

    def calls(self, calls: Sequence[Call]) -> Events:
        """Return each call as a block."""
        found = self._close()
        for index, call in enumerate(calls):
            block = {"type": "tool_use", "id": call_id(call, index), "name": call.name, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": call.arguments}
            found.append(self._event("content_block_start", {"index": self._blocks, "content_block": block}))
            found.append(self._event("content_block_delta", {"index": self._blocks, "delta": delta}))
            self._open = True
            found += self._close()
        return found

    def end(self, finish: str, tokens: Tokens) -> Events:
        """Return the reason and the usage."""
        reason = {"tool_calls": "tool_use", "length": "max_tokens", "stop": "end_turn"}.get(finish, finish)
        delta = {"stop_reason": reason, "stop_sequence": None}
        last = self._event("message_delta", {"delta": delta, "usage": self._usage(tokens)})
        return [*self._close(), last, self._event("message_stop", {})]

    def whole(self, text: str, calls: Sequence[Call], finish: str, tokens: Tokens) -> Json:
        """Return a message."""
        reason = {"tool_calls": "tool_use", "length": "max_tokens", "stop": "end_turn"}.get(finish, finish)
        blocks: list[Json] = [{"type": "text", "text": text}] if text else []
        blocks += [
            {"type": "tool_use", "id": call_id(c, i), "name": c.name, "input": arguments(c)}
            for i, c in enumerate(calls)
        ]
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": blocks,
                "stop_reason": reason, "usage": self._usage(tokens)}  # fmt: skip

    def _close(self) -> Events:
        if not self._open:
            return []
        self._open = False
        self._blocks += 1
        return [self._event("content_block_stop", {"index": self._blocks - 1})]

    def _usage(self, tokens: Tokens) -> Json:
        return {"input_tokens": tokens.prompt - tokens.cached, "cache_read_input_tokens": tokens.cached,
                "cache_creation_input_tokens": 0, "output_tokens": tokens.answer}  # fmt: skip

    def _event(self, name: str, value: Json) -> bytes:
        return event({"type": name, **value}, name)


@dataclass
class Google:
    """Google's generateContent."""

    model: str

    def begin(self) -> Events:
        """Return nothing."""
        return []

    def word(self, text: str) -> Events:
        """Return a part."""
        return [event(self._answer([{"text": text}]))]

    def calls(self, calls: Sequence[Call]) -> Events:
        """Return each call as a part."""
        return [event(self._answer([self._part(call, i)])) for i, call in enumerate(calls)]

    def end(self, finish: str, tokens: Tokens) -> Events:
        """Return the reason and the usage."""
        return [event(self._answer([{"text": ""}], finish, tokens))]

    def whole(self, text: str, calls: Sequence[Call], finish: str, tokens: Tokens) -> Json:
        """Return an answer."""
        parts: list[Json] = [{"text": text}] if text else []
        return self._answer([*parts, *(self._part(c, i) for i, c in enumerate(calls))], finish, tokens)

    def _part(self, call: Call, index: int) -> Json:
        return {"functionCall": {"id": call_id(call, index), "name": call.name, "args": arguments(call)}}

    def _answer(self, parts: Sequence[Json], finish: str = "", tokens: Tokens | None = None) -> Json:
        candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
        if finish:
            candidate["finishReason"] = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}.get(finish, "STOP")
        found: Json = {"candidates": [candidate], "modelVersion": self.model, "responseId": "r1"}
        if tokens is not None:
            found["usageMetadata"] = {
                "promptTokenCount": tokens.prompt, "cachedContentTokenCount": tokens.cached,
                "candidatesTokenCount": tokens.answer, "totalTokenCount": tokens.prompt + tokens.answer,
            }  # fmt: skip
        return found
