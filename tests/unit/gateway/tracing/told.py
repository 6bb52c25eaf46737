"""Steps of turns, told to traces as the gateway tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_contract import wire
from agent_gateway.models.call import Call, Caller
from agent_gateway.models.meter import ModelCall
from agent_gateway.models.usage import Usage
from agent_gateway.tracing.turns import TurnTraces
from agent_kube.tracing.spans import Span
from agent_kube.tracing.steps import Step

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
CREATED = datetime.fromtimestamp(1_790_000_000.05, UTC)
THREAD = "tg-42"


class Told:
    """Traces, and what they told; times are seconds since the update arrived."""

    def __init__(self, ratio: float = 1.0) -> None:
        self.spans: list[Span] = []
        self.traces = TurnTraces(ratio, self.spans.append)

    def step(self, name: str, at: float, aside: dict[str, Any] | None = None, **ids: Any) -> None:
        self.traces.take(Step(name, place(at), ids, aside or {}))

    def queue(self, turn: int = 7, at: float = 0.05, thread: str = THREAD) -> None:
        self.step("inbox_committed", 0.02, {"updates": [100 + turn], "arrived": place(0)}, update_id=100 + turn, rows=1)
        aside = {"created": CREATED, "received": CREATED}
        self.step("turn_queued", at, aside, agent_thread=thread, turn=turn, update_id=100 + turn)

    def write(self, at: float = 0.2, run: int = 3) -> None:
        self.step("resource_patched", at, {"began": place(at - 0.05)}, agent_thread=THREAD, run=run)

    def hello(self, at: float, run: int = 3, *, warm: bool = False) -> None:
        self.step("hello", at, agent_thread=THREAD, run=run, pod="p", protocol=1, warm=warm)

    def send(self, at: float, turn: int = 7, run: int = 3, thread: str = THREAD) -> None:
        self.step("turn_open", at - 0.01, agent_thread=thread, run=run, turn=turn, created=CREATED)
        self.step("turn_sent", at, agent_thread=thread, run=run, turn=turn)

    def call(self, begin: float, end: float, turn: int = 7, *, status: int = 200) -> None:
        self.step("model_request", begin + 0.01, {"began": place(begin)}, agent_thread=THREAD, run=3, turn=turn)
        asked = ModelCall(1, 3, turn, "zai", "glm-5", 1000, 4096)
        call = Call(Caller(1, THREAD, 3), None, 0.0)
        call.began, call.status = place(begin), status
        call.marks.update(sent=place(begin + 0.02), first_byte=place(begin + 0.1))
        usage = Usage(input=10, output=5, cached=2)
        self.step("model_answered", end, asked=asked, usage=usage, answered_by="glm-5-air", call=call)

    def tool(self, begin: float, end: float, tool: str = "bash", *, error: bool = False) -> None:
        self.step("tool_event", begin, turn=7, event=wire.ToolStarted(call="c1", tool=tool, summary="cat /etc/secret"))
        self.step("tool_event", end, turn=7, event=wire.ToolEnded(call="c1", tool=tool, error=error))

    def tell_times(
        self, at: float, *, turn: int, marks: dict[str, float], sent: float, thread: str = THREAD, run: int = 3
    ) -> None:
        self.step("turn_times", at, agent_thread=thread, run=run, turn=turn, marks=marks, sent=sent)

    def end(
        self, at: float, turn: int = 7, state: str = "done", *, told: bool = True, reason: str | None = None
    ) -> None:
        aside = {"told": told, "began": place(at - 0.02), "reason": reason}
        self.step("turn_ended", at, aside, agent_thread=THREAD, run=3, turn=turn, state=state)

    def answer(self, at: float, turn: int = 7) -> None:
        self.step("answer_sent", at, {"began": place(at - 0.03)}, turn=turn)

    def cold(self) -> None:
        """Tell all of a message whose conversation had no pod."""
        self.queue()
        self.write()
        self.hello(1.4)
        timings = {"pi_spawned": 0.05, "connected": 0.2, "welcomed": 0.25, "pi_ready": 0.55, "ready": 0.6}
        self.step("ready", 1.85, agent_thread=THREAD, run=3, pod="p", timings=timings)
        self.send(1.9)
        self.call(2.0, 2.4)
        self.step("first_text", 2.15, agent_thread=THREAD, run=3, turn=7)
        self.step("first_shown", 2.25, {"began": place(2.16)}, turn=7)
        self.tool(2.4, 2.6)
        self.end(3.0)
        self.answer(3.2)

    @property
    def by_name(self) -> dict[str, Span]:
        return {span.name: span for span in self.spans}

    @property
    def root(self) -> Span:
        (found,) = [span for span in self.spans if span.name == "invoke_agent pi"]
        return found


def place(seconds: float) -> int:
    """Return nanoseconds since the epoch."""
    return START + round(seconds * SECOND)


def times(span: Span) -> tuple[float, float]:
    """Return begin and end in seconds since the update arrived."""
    return round((span.begin - START) / SECOND, 3), round((span.end - START) / SECOND, 3)
