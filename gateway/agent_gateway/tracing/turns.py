"""Traces of turns, made from the steps of their way as these are taken. No I/O: who is given the spans sends them.

A span is told when it is over, so that of a gateway that is killed no more is lost than what was under way; the next one
goes on with the same trace, whose ids follow from the turn's row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from agent_contract import wire
from agent_gateway.models.meter import ModelCall
from agent_gateway.tracing.genai import describe_call, describe_tool, plain
from agent_gateway.tracing.opened import OpenTurn
from agent_gateway.tracing.runnertimes import tell_start, tell_turn
from agent_kube.tracing.spans import Parent, Span, derive_trace, is_sampled, write_run_trace
from agent_kube.tracing.steps import Step

MOST_TURNS: Final = 2000
"""Turns whose traces grow at once; of more the oldest are told as far as they are known."""
MOST_UPDATES: Final = 2000
MOST_CLOSED: Final = 2000
"""Traces that are told and may still be asked for: that an answer is sent is recorded after it was."""
ANSWER_SECONDS: Final = 600.0
"""So long an ended turn waits for its answer to be sent; then its trace is told without."""
_SECOND: Final = 1_000_000_000


class TurnTraces:
    """Makes spans of steps.

    Args:
        ratio: Share of turns that is told.
        put: Takes the spans.
    """

    def __init__(self, ratio: float, put: Callable[[Span], None]) -> None:
        self._ratio = ratio
        self._put = put
        self._turns: OrderedDict[int, OpenTurn] = OrderedDict()
        self._closed: OrderedDict[int, int] = OrderedDict()
        self._updates: OrderedDict[int, tuple[int, int]] = OrderedDict()
        self._children: OrderedDict[str, Parent] = OrderedDict()
        self._takers: dict[str, Callable[[Step], None]] = {
            "inbox_committed": self._take_updates, "turn_queued": self._take_queued, "turn_open": self._take_open,
            "subagent_wanted": self._take_child, "resource_patched": self._take_written, "hello": self._take_hello,
            "ready": self._take_ready, "turn_sent": self._take_sent, "model_request": self._take_request,
            "model_answered": self._take_answered, "first_text": self._take_first_text, "first_shown": self._take_shown,
            "tool_event": self._take_tool, "turn_times": self._take_times, "turn_ended": self._take_ended,
            "answer_sent": self._take_told, "turns_cancelled": self._take_cancelled,
        }  # fmt: skip

    def take(self, step: Step) -> None:
        """Take a step; those that no trace is made of are passed over."""
        taker = self._takers.get(step.name)
        if taker is not None:
            taker(step)

    def find_run_trace(self, thread: str, run: int) -> str | None:
        """Return what a conversation's resource says of the trace of the turn that a run is begun for; None without one."""
        turn = self._find_unsent(thread)
        if turn is None:
            return None
        turn.run = run
        return write_run_trace(run, turn.start)

    def find_trace(self, turn_id: int | None) -> str | None:
        """Return the id of a turn's trace, in hexadecimal digits; None where it is not told."""
        turn = self._find(turn_id)
        trace = turn.trace if turn is not None else self._closed.get(turn_id or 0)
        return f"{trace:032x}" if trace is not None else None

    def _take_updates(self, step: Step) -> None:
        for update in step.aside.get("updates", ()):
            self._updates[update] = (step.aside["arrived"], step.at)
        while len(self._updates) > MOST_UPDATES:
            self._updates.popitem(last=False)

    def _take_queued(self, step: Step) -> None:
        arrived, committed = self._updates.pop(step.ids["update_id"], (0, 0))
        began = arrived or min(_nanoseconds(step.aside["received"]), step.at)
        turn = self._open(step.ids["turn"], step.ids["agent_thread"], step.aside["created"], began)
        if turn is None:
            return
        if committed:
            turn.stage("store update", committed)
        turn.stage("dispatch update", step.at)
        self._sweep(step.at)

    def _take_open(self, step: Step) -> None:
        created = step.ids["created"]
        began = min(_nanoseconds(created), step.at)
        turn = self._find(step.ids["turn"]) or self._open(step.ids["turn"], step.ids["agent_thread"], created, began)
        if turn is not None:
            turn.run = step.ids["run"]

    def _take_child(self, step: Step) -> None:
        parent = self._find(step.aside.get("turn"))
        if parent is not None:
            self._children[step.ids["subagent"]] = Parent(parent.trace, parent.root)
        while len(self._children) > MOST_TURNS:
            self._children.popitem(last=False)

    def _take_written(self, step: Step) -> None:
        thread, run, began = step.ids["agent_thread"], step.ids["run"], step.aside["began"]
        turn = self._find_unsent(thread)
        if turn is not None:
            turn.run, turn.written = run, True
            turn.stage("begin run", began)
            turn.stage("write AgentThread", step.at, client=True)
        elif (running := self._find_running(thread, run)) is not None and running.warm:
            running.add("write AgentThread", began, step.at, client=True)

    def _take_hello(self, step: Step) -> None:
        turn = self._find_unsent(step.ids["agent_thread"])
        if turn is not None:
            turn.run, turn.warm = step.ids["run"], bool(step.ids.get("warm"))
            if turn.written:
                turn.stage("start pod", step.at, id=turn.start.span)
            else:
                turn.stage("claim pod" if turn.warm else "wait for runner", step.at)

    def _take_ready(self, step: Step) -> None:
        turn = self._find_unsent(step.ids["agent_thread"])
        if turn is not None and turn.run == step.ids["run"]:
            turn.stage("wait for agent", step.at)
            if turn.written:
                tell_start(turn, step.ids["timings"], step.at)

    def _take_sent(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is not None and not turn.sent:
            turn.stage("deliver turn", step.at)
            turn.sent = step.at
            before = [one for one in self._turns.values() if one.thread == turn.thread and one.id < turn.id]
            self._cancel([one for one in before if not one.sent and not one.ended])

    def _take_request(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is not None and turn.sent and not turn.requested:
            turn.stage("prompt agent", max(step.aside["began"], turn.sent))
            turn.requested = True

    def _take_answered(self, step: Step) -> None:
        asked: ModelCall = step.ids["asked"]
        turn = self._find(asked.turn_id)
        if turn is None:
            return
        call, usage = step.ids["call"], step.ids["usage"]
        first, sent = call.marks.get("first_byte"), call.marks.get("sent")
        chunk = (first - call.began) / _SECOND if first else None
        about = describe_call(asked, step.ids["answered_by"], usage, call.status, chunk)
        failed = str(call.status) if call.status >= 400 else ""
        name = f"chat {plain(asked.model)}"
        made = turn.add(name, call.began, step.at, client=True, failed=failed, attributes=about)
        if sent:
            turn.add("reserve budget", call.began, sent, parent=made)
        if first:
            turn.first_bytes = [*turn.first_bytes[-31:], first]
            turn.add("wait for model", sent or call.began, first, parent=made, client=True)
        turn.tokens = [turn.tokens[0] + usage.input, turn.tokens[1] + usage.output]

    def _take_first_text(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is not None and not turn.first_text:
            turn.first_text = step.at

    def _take_shown(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is not None and not turn.shown:
            turn.shown = True
            turn.add("show first text", turn.first_text or step.aside["began"], step.at, client=True)

    def _take_tool(self, step: Step) -> None:
        turn, event = self._find(step.ids["turn"]), step.ids["event"]
        if turn is None:
            return
        if isinstance(event, wire.ToolStarted):
            turn.begin_tool(event.call, event.tool, step.at)
        elif (begun := turn.tools.pop(event.call, None)) is not None:
            about = describe_tool(begun[0], event.call)
            name, failed = f"execute_tool {plain(begun[0])}", "tool_error" if event.error else ""
            turn.add(name, begun[1], step.at, failed=failed, attributes=about)

    def _take_times(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is None or (turn.thread, turn.run) != (step.ids["agent_thread"], step.ids["run"]):
            return  # a runner can speak of the turns of its own run alone
        if turn.sent and not turn.timed:
            turn.timed = True
            tell_turn(turn, step.ids["marks"], step.ids["sent"], step.at)

    def _take_ended(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is None:
            return
        state = str(step.ids["state"])
        turn.add("finish turn", step.aside["began"], step.at)
        turn.ended, turn.told["openclaw.state"] = step.at, state
        turn.failed = str(step.aside["reason"] or "failed") if state == "failed" else ""
        if turn.answered or not step.aside["told"]:
            self._close(turn, max(step.at, turn.answered))

    def _take_told(self, step: Step) -> None:
        turn = self._find(step.ids["turn"])
        if turn is None:
            return
        turn.answered = step.at
        turn.add("send answer", turn.ended or step.aside["began"], step.at, client=True)
        if turn.ended:
            self._close(turn, step.at)

    def _take_cancelled(self, step: Step) -> None:
        self._cancel([turn for number in step.ids["turns"] if (turn := self._find(number)) is not None])

    def _cancel(self, turns: Sequence[OpenTurn]) -> None:
        for turn in turns:
            if not turn.ended:
                turn.told["openclaw.state"] = "cancelled"
                self._close(turn, turn.last)

    def _open(self, turn_id: int, thread: str, created: datetime, began: int) -> OpenTurn | None:
        outer = self._children.pop(thread, None)
        trace = outer.trace if outer is not None else derive_trace(turn_id, created.timestamp())
        if outer is None and not is_sampled(trace, self._ratio):
            return None
        turn = OpenTurn(turn_id, thread, trace, outer.span if outer is not None else 0, began, began, self._put)
        self._turns[turn_id] = turn
        return turn

    def _find(self, turn_id: int | None) -> OpenTurn | None:
        return None if turn_id is None else self._turns.get(turn_id)

    def _find_unsent(self, thread: str) -> OpenTurn | None:
        """Return the turn that comes next in a thread, unless one of it runs."""
        found = next((turn for turn in self._turns.values() if turn.thread == thread and not turn.ended), None)
        return None if found is None or found.sent else found

    def _find_running(self, thread: str, run: int) -> OpenTurn | None:
        return next((turn for turn in self._turns.values() if turn.thread == thread and turn.run == run), None)

    def _close(self, turn: OpenTurn, end: int) -> None:
        if self._turns.pop(turn.id, None) is not None:
            turn.close(end)
            self._closed[turn.id] = turn.trace
            while len(self._closed) > MOST_CLOSED:
                self._closed.popitem(last=False)

    def _sweep(self, now: int) -> None:
        """Tell what nothing more is to be expected of."""
        late = now - round(ANSWER_SECONDS * _SECOND)
        over = [turn for turn in self._turns.values() if 0 < turn.ended < late]
        over += list(self._turns.values())[: max(0, len(self._turns) - len(over) - MOST_TURNS)]
        for turn in over:
            turn.told["openclaw.cut"] = not turn.answered
            self._close(turn, turn.ended or turn.last)


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * _SECOND)
