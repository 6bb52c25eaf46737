"""The tools that a running turn has used. Pure."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from agent_contract import names, wire
from agent_contract.text import clean
from agent_gateway.wording.tools import USUAL, Detail, ToolCall, build_lines, describe_call

_MOST_OPEN = 64
"""Calls that are remembered while they run; a pod is trusted with nothing."""
_LONGEST = 128
"""Characters of an id or a name."""


class ToolLog:
    """How many tools a turn has used, and the last of them. Sub-agents are left out: they have lines of their own.

    Args:
        stored: What `state` was when it was stored.
        detail: How much of it is shown.
    """

    def __init__(self, stored: dict[str, Any] | None = None, detail: Detail = USUAL) -> None:
        self._detail = detail
        stored = stored or {}
        self.total: int = stored.get("total", 0)
        self.failed: int = stored.get("failed", 0)
        self._calls = [ToolCall(**call) for call in stored.get("calls", [])]

    def apply(self, event: wire.Event) -> None:
        """Take one event; what comes a second time changes nothing."""
        match event:
            case wire.ToolStarted(tool=names.SUBAGENT_TOOL):
                return
            case wire.ToolStarted():
                self._start(describe_call(_name(event.call), _name(event.tool), clean(event.summary), self._detail))
            case wire.ToolEnded():
                self._end(_name(event.call), error=event.error)
            case _:
                return

    def lines(self) -> tuple[str, ...]:
        """Return what the chat shows of it."""
        return build_lines(self._calls, self.total, self._detail)

    def state(self) -> dict[str, Any]:
        """Return what is to be stored of it."""
        return {"total": self.total, "failed": self.failed, "calls": [asdict(call) for call in self._calls]}

    def _start(self, call: ToolCall) -> None:
        if all(known.call != call.call for known in self._calls):
            self.total += 1
            self._calls.append(call)
            self._forget()

    def _end(self, call: str, *, error: bool) -> None:
        for index, known in enumerate(self._calls):
            if known.call == call and known.state == "running":
                self._calls[index] = replace(known, state="failed" if error else "done")
                self.failed += error
        self._forget()

    def _forget(self) -> None:
        """Keep the last ones, and those before them whose end is still to come."""
        kept = max(self._detail.listed, 1)
        older, last = self._calls[:-kept], self._calls[-kept:]
        self._calls = [*(call for call in older if call.state == "running"), *last][-_MOST_OPEN:]


def _name(text: str) -> str:
    return clean(text)[:_LONGEST]
