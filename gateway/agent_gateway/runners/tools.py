"""The tools that a running turn has used. Pure."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from agent_contract import names, wire
from agent_gateway.render.foreign import disarm
from agent_gateway.wording.tools import READ, USUAL, Detail, ToolCall, build_lines, describe_call
from agent_gateway.wording.worktime import Done

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
        self._read = len(self._calls)
        """How many of the calls are described as people are shown them: an event alone describes none."""

    def apply(self, event: wire.Event) -> None:
        """Take one event; what comes a second time changes nothing."""
        match event:
            case wire.ToolStarted(tool=names.SUBAGENT_TOOL):
                return
            case wire.ToolStarted():
                self._start(ToolCall(_name(event.call), _name(event.tool), event.summary[:READ]))
            case wire.ToolEnded():
                self._end(_name(event.call), error=event.error)
            case _:
                return

    def lines(self) -> tuple[str, ...]:
        """Return what the chat shows of it."""
        self._describe()
        return build_lines(self._calls, self.total, self._detail)

    def state(self) -> dict[str, Any]:
        """Return what is to be stored of it."""
        self._describe()
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
        unread = len(self._calls) - self._read
        kept = max(self._detail.listed, 1)
        older, last = self._calls[:-kept], self._calls[-kept:]
        self._calls = [*(call for call in older if call.state == "running"), *last][-_MOST_OPEN:]
        self._read = max(len(self._calls) - unread, 0)

    def _describe(self) -> None:
        """Describe the calls of which nobody was shown anything yet."""
        for index in range(self._read, len(self._calls)):
            call = self._calls[index]
            told = describe_call(call.call, call.tool, call.about, self._detail)
            self._calls[index] = replace(told, state=call.state)
        self._read = len(self._calls)


def describe_done(state: dict[str, Any]) -> Done:
    """Return what a turn had done, from what is stored of its tools."""
    calls = state.get("calls") or []
    return Done(int(state.get("total", 0)), str(calls[-1]["about"]) if calls else "")


def _name(text: str) -> str:
    return disarm(text[:_LONGEST])
