"""An answer of the model over the wire, whole or streamed, and how a fault breaks it off in its middle."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from agent_simulators import wire
from agent_simulators.faults import Fault
from agent_simulators.model.dialect import Dialect, Events, Tokens
from agent_simulators.model.faultspec import ModelFault
from agent_simulators.model.scripts import Script

_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request is answered with."""

    request: web.Request
    body: _Json
    script: Script
    dialect: Dialect
    fault: Fault[ModelFault] | None = None
    """One that strikes in the middle."""

    async def send_whole(self) -> web.StreamResponse:
        """Answer at once."""
        script = self.script
        answer = self.dialect.whole("".join(script.words), script.calls, self._finish(), self._tokens())
        if self.fault is None:
            return web.json_response(answer)
        seconds = self.fault.spec.hold if self.fault.spec.kind == "silence" else 0.0
        return await wire.send_half(self.request, json.dumps(answer).encode(), self.fault, seconds)

    async def stream(self) -> web.StreamResponse:
        """Answer word by word; a fault breaks off after half of the words."""
        script, dialect = self.script, self.dialect
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(self.request)
        _send_at_once(self.request)

        async def send(events: Events) -> None:
            for one in events:
                await response.write(one)

        await send(dialect.begin())
        for word in script.words if self.fault is None else script.words[: (len(script.words) + 1) // 2]:
            await send(dialect.word(word))
            if script.pause:
                await asyncio.sleep(script.pause)
        if self.fault is not None and self.fault.spec.kind == "silence":
            await self.fault.hold(self.fault.spec.hold, lambda: wire.is_gone(self.request))
        if script.cut or self.fault is not None:
            wire.cut(self.request)
            return response
        await send(dialect.calls(script.calls))
        await send(dialect.end(self._finish(), self._tokens()))
        await response.write_eof()
        return response

    def _finish(self) -> str:
        return self.script.finish or ("tool_calls" if self.script.calls else "stop")

    def _tokens(self) -> Tokens:
        script = self.script
        prompt = script.prompt_tokens if script.prompt_tokens is not None else len(json.dumps(self.body)) // 4
        return Tokens(prompt, 0, len(script.words) + 5 * len(script.calls))


def _send_at_once(request: web.Request) -> None:
    """Keep a small event from waiting for the other side's delayed acknowledgement."""
    sock = request.transport.get_extra_info("socket") if request.transport is not None else None
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
