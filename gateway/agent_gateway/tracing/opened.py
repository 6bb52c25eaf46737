"""What is known of a turn while its trace grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agent_gateway.tracing.genai import AGENT, INPUT_TOKENS, OUTPUT_TOKENS, describe_agent
from agent_kube.tracing.spans import GATEWAY, Parent, Span, Value, derive_span

MOST_SPANS: Final = 1000
"""Of one turn: an agent that calls tools for hours has a trace that still can be read."""
_MOST_TOOLS: Final = 64
"""Calls of tools that are under way; a pod is trusted with nothing."""


@dataclass(slots=True)
class OpenTurn:
    """A turn that is under way, or whose answer is not in the chat yet.

    Attributes:
        id: Its id.
        thread: Its AgentThread.
        trace: Id of its trace.
        outer: Of what its first span is a part; 0 but for sub-agents.
        began: Nanoseconds since the epoch.
        last: Where the part of its way that comes next begins.
        put: Takes its spans.
    """

    id: int
    thread: str
    trace: int
    outer: int
    began: int
    last: int
    put: Callable[[Span], None]
    run: int = 0
    written: bool = False
    warm: bool = False
    sent: int = 0
    requested: bool = False
    first_text: int = 0
    shown: bool = False
    timed: bool = False
    answered: int = 0
    ended: int = 0
    first_bytes: list[int] = field(default_factory=list)
    tools: dict[str, tuple[str, int]] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=lambda: [0, 0])
    told: dict[str, Value] = field(default_factory=dict)
    failed: str = ""
    spans: int = 0

    @property
    def root(self) -> int:
        """Return the id of the span that all others are parts of."""
        return derive_span(self.trace, "root", self.id)

    @property
    def start(self) -> Parent:
        """Return what the operator's spans of its run's start are parts of."""
        return Parent(self.trace, derive_span(self.trace, "start", self.thread, self.run))

    def add(
        self,
        name: str,
        begin: int,
        end: int,
        *,
        id: int = 0,  # noqa: A002  # the field's name
        parent: int = 0,
        service: str = GATEWAY,
        client: bool = False,
        failed: str = "",
        attributes: dict[str, Value] | None = None,
    ) -> int:
        """Tell that something is over; return the id of its span. What began before the turn did is told from there on."""
        begin = max(begin, self.began)
        made = id or derive_span(self.trace, name, begin, self.spans)
        self.spans += 1
        if self.spans <= MOST_SPANS and end >= begin:
            about = attributes or {}
            self.put(Span(name, self.trace, made, parent or self.root, begin, end, service, client, failed, about))
        return made

    def stage(self, name: str, end: int, *, id: int = 0, client: bool = False) -> None:  # noqa: A002  # as above
        """Tell that a part of its way is over that began where the one before it ended."""
        self.add(name, self.last, end, id=id, client=client)
        self.last = max(self.last, end)

    def begin_tool(self, call: str, tool: str, at: int) -> None:
        """Note that a tool began."""
        if len(self.tools) < _MOST_TOOLS:
            self.tools.setdefault(call, (tool, at))

    def find_first_byte(self) -> int:
        """Return when the model's answer began that held the first text; 0 where that is not known."""
        return max((at for at in self.first_bytes if at <= self.first_text), default=0)

    def close(self, end: int) -> None:
        """Tell the span that all others are parts of."""
        if (begun := self.find_first_byte()) and self.first_text:
            self.add("read first text", begun, self.first_text)
        about: dict[str, Value] = {
            **describe_agent(self.thread), "openclaw.turn": self.id, "openclaw.run": self.run,
            "openclaw.start": "cold" if self.written else "warm" if self.warm else "live",
            INPUT_TOKENS: self.tokens[0], OUTPUT_TOKENS: self.tokens[1], **self.told,
        }  # fmt: skip
        if self.spans > MOST_SPANS:
            about["openclaw.spans_left_out"] = self.spans - MOST_SPANS
        end = max(end, self.began)
        name = f"invoke_agent {AGENT}"
        self.put(Span(name, self.trace, self.root, self.outer, self.began, end, failed=self.failed, attributes=about))
