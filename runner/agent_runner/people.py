"""What people decide for the agent: its own questions, and tool calls that a rule of the class asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from agent_contract import wire
from agent_contract.approvals import ApprovalRule
from agent_runner.asks import Asks, Question
from agent_runner.policy import judge

_MOST_SHOWN: Final = 1500
"""Characters of what a tool would do that a person is shown; how much more there is, they are told."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of signs that a chat does not show: a command could read otherwise than it runs (Unicode TR 36, 3.5)."""
_NOT_RUN: Final = "It was not run. Do not try it another way."


class People:
    """Asks them, and says in words for the agent what came of it.

    Args:
        asks: Asks people.
        rules: Of the class, which tool calls they are asked for.
        is_plan: Says whether a turn writes a plan.
        files: Waits until the workspace's files are there: no tool runs before.
    """

    def __init__(
        self,
        asks: Asks,
        rules: Sequence[ApprovalRule],
        is_plan: Callable[[int], bool],
        files: Callable[[], Awaitable[None]],
    ) -> None:
        self._files = files
        self._asks = asks
        self._rules = tuple(rules)
        self._is_plan = is_plan

    async def ask_person(self, turn: int, question: str, options: Sequence[str]) -> dict[str, Any]:
        """Ask a question of the agent; return what its tool is told."""
        asked = Question("question", question, tuple(options), free_text=True)
        decision = await self._asks.ask(turn, asked)
        match decision.outcome:
            case "answered":
                who = f"{decision.person} answers" if decision.person else "The person answers"
                return {"text": f"{who}: {decision.text}"}
            case "expired":
                return {"text": "Nobody answered in time. Go on as you think best, or end and say what you need."}
            case "withdrawn":
                return {"error": "The question was withdrawn."}
            case "refused":
                return {"error": f"The question was not asked. {decision.text}"}

    async def may_run(self, turn: int, tool: str, arguments: Any) -> dict[str, Any]:
        """Say whether a tool call may run; nothing but a clear yes lets one that a person is asked for run."""
        await self._files()
        verdict = judge(self._rules, tool, arguments, plan=self._is_plan(turn))
        if verdict.action == "run":
            return {"run": True}
        if verdict.action == "block":
            return {"run": False, "reason": verdict.reason}
        asked = Question("approval", show_subject(verdict.subject), tool=tool, rule=verdict.rule)
        decision = await self._asks.ask(turn, asked)
        if decision.outcome == "answered" and decision.allowed:
            return {"run": True}
        return {"run": False, "reason": describe_denial(decision)}


def show_subject(subject: str) -> str:
    """Return what a tool would do as a person can read it: what shows nothing, or turns what is shown, stands as its code."""
    import unicodedata  # noqa: PLC0415  # no start waits for its tables

    shown, room, kept = "", _MOST_SHOWN, 0
    for sign in subject[:_MOST_SHOWN]:
        seen = f"\\u{ord(sign):04x}" if unicodedata.category(sign) in _UNSEEN and sign not in "\n\t" else sign
        room -= len(seen)
        if room < 0:
            break
        shown, kept = shown + seen, kept + 1
    more = len(subject) - kept
    return shown if more <= 0 else f"{shown}\n… ({more} more characters)"


def describe_denial(decision: wire.Decision) -> str:
    """Say to the agent why its tool call does not run."""
    match decision.outcome:
        case "answered":
            why = f" They say: {decision.text}" if decision.text else ""
            return f"A person did not allow this.{why} {_NOT_RUN}"
        case "expired":
            return f"Nobody answered in time whether this may run. {_NOT_RUN}"
        case "withdrawn":
            return f"The question whether this may run was withdrawn. {_NOT_RUN}"
        case "refused":
            return f"Nobody could be asked whether this may run. {decision.text} {_NOT_RUN}"
