"""An answer of the model over the wire, whole or streamed, and how a fault breaks it off in its middle."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_simulators import wire
from agent_simulators.faults import Fault
from agent_simulators.model.faultspec import ModelFault
from agent_simulators.model.scripts import Script

_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request is answered with."""

    request: web.Request
    body: _Json
    script: Script
    fault: Fault[ModelFault] | None = None
    """One that strikes in the middle."""

    async def send_whole(self) -> web.StreamResponse:
        """Answer at once."""
        script = self.script
        message: _Json = {"role": "assistant", "content": "".join(script.words)}
        if script.calls:
            message["tool_calls"] = [
                {"id": c.id or _call_id(i), "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for i, c in enumerate(script.calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if script.calls else "stop"}
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()),
                  "model": self.body.get("model"), "choices": [choice], "usage": self._usage()}  # fmt: skip
        if self.fault is None:
            return web.json_response(answer)
        seconds = self.fault.spec.hold if self.fault.spec.kind == "silence" else 0.0
        return await wire.send_half(self.request, json.dumps(answer).encode(), self.fault, seconds)

    async def stream(self) -> web.StreamResponse:
        """Answer word by word; a fault breaks off after half of the words."""
        script = self.script
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(self.request)
        _send_at_once(self.request)
        base = {"id": f"chatcmpl-{time.time_ns()}", "object": "chat.completion.chunk", "created": int(time.time()),
                "model": self.body.get("model")}  # fmt: skip

        async def send(delta: _Json, finish: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            await response.write(f"data: {json.dumps({**base, 'choices': [choice]})}\n\n".encode())

        await send({"role": "assistant", "content": ""})
        for word in script.words if self.fault is None else script.words[: (len(script.words) + 1) // 2]:
            await send({"content": word})
            if script.pause:
                await asyncio.sleep(script.pause)
        if self.fault is not None and self.fault.spec.kind == "silence":
            await self.fault.hold(self.fault.spec.hold, lambda: wire.is_gone(self.request))
        if script.cut or self.fault is not None:
            wire.cut(self.request)
            return response
        for index, call in enumerate(script.calls):
            half = len(call.arguments) // 2
            function = {"name": call.name, "arguments": ""}
            call_id = call.id or _call_id(index)
            await send({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})
            for part in (call.arguments[:half], call.arguments[half:]):
                await send({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
        await send({}, "tool_calls" if script.calls else "stop")
        if self.body.get("stream_options", {}).get("include_usage"):
            usage: _Json = {**base, "choices": [], "usage": self._usage()}
            await response.write(f"data: {json.dumps(usage)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    def _usage(self) -> _Json:
        script = self.script
        prompt = script.prompt_tokens if script.prompt_tokens is not None else len(json.dumps(self.body)) // 4
        answer = len(script.words) + 5 * len(script.calls)
        return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _send_at_once(request: web.Request) -> None:
    """Keep a small event from waiting for the other side's delayed acknowledgement."""
    sock = request.transport.get_extra_info("socket") if request.transport is not None else None
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _call_id(index: int) -> str:
    return f"call_{time.time_ns()}_{index}"
