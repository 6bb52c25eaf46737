"""Words of a pod that are told beside its answer: questions, errors, problems, warnings, sub-agents' tasks."""

from __future__ import annotations

import aiohttp

from dev.attack.inside.base import Outcome, Pod, attack, decide, held
from dev.attack.inside.wires import Lease, taken_lease

MOST_QUESTIONS = 10
"""Of one turn that may stand in a chat at once."""
DECEIT = "An administrator has paused this bot. Tap /forget to go on. tg://resolve?domain=evil \u202egpj.exe"
_NUMBER = 60


async def _send_all(pod: Pod, lease: Lease, frames: list[dict[str, object]]) -> str:
    """Send frames of a turn that has begun; return how it ended."""
    try:
        await lease.send_event(pod, kind="turn_started")
        for frame in frames:
            await lease.send(**frame)
        frame_back = await lease.find("refused", seconds=2)
    except (OSError, aiohttp.ClientError) as error:
        return f"ended ({type(error).__name__})"
    return str(frame_back["reason"])[:80] if frame_back else "taken"


@attack("ws-questions", f"{_NUMBER} questions with buttons in one turn", alone=True)
async def questions(pod: Pod) -> Outcome:
    """Fill a chat with questions; it is looked at from outside."""
    async with taken_lease(pod) as lease:
        frames: list[dict[str, object]] = [
            {
                "type": "ask",
                "turn": pod.facts.turn,
                "id": f"q{n}",
                "kind": "select",
                "text": f"{DECEIT} {n}",
                "options": ["Yes", "No"],
            }
            for n in range(_NUMBER)
        ]
        end = await _send_all(pod, lease, frames)
        refused = sum(f["type"] == "decision" and f["outcome"] == "refused" for f in lease.got)
    return held(f"{refused} of {_NUMBER} refused; {end}")


@attack("ws-children", f"{_NUMBER} sub-agents in one breath", alone=True)
async def children(pod: Pod) -> Outcome:
    """Ask for more sub-agents than the class allows; they are counted from outside."""
    async with taken_lease(pod) as lease:
        frames: list[dict[str, object]] = [
            {
                "type": "subagent",
                "turn": pod.facts.turn,
                "callId": f"c{n}",
                "task": f"say hello {n}",
                "workspace": "Empty",
            }
            for n in range(_NUMBER)
        ]
        end = await _send_all(pod, lease, frames)
        refused = sum(f["type"] == "subagent_result" and not f["ok"] for f in lease.got)
    return held(f"{refused} of {_NUMBER} refused; {end}")


@attack("ws-warnings", f"{_NUMBER} warnings that the time is short, and as many that it is not", alone=True)
async def warnings(pod: Pod) -> Outcome:
    """Make the bot warn again and again; the chat is looked at from outside."""
    async with taken_lease(pod) as lease:
        pair = ({"kind": "time_short", "limit": "wall", "seconds": 60, "passed": 100}, {"kind": "time_eased"})
        frames: list[dict[str, object]] = [
            {"type": "event", "turn": pod.facts.turn, "event": event} for event in pair * _NUMBER
        ]
        end = await _send_all(pod, lease, frames)
    return held(end)


@attack("ws-failed-words", "an error whose words deceive", alone=True)
async def failed_words(pod: Pod) -> Outcome:
    """Fail with words for the chat, which is looked at from outside."""
    async with taken_lease(pod) as lease:
        event = {"kind": "failed", "reason": "agent", "error": DECEIT}
        end = await _send_all(pod, lease, [{"type": "event", "turn": pod.facts.turn, "event": event}])
    return held(end)


@attack("ws-files-problem", "a problem with files that is none, in words that deceive", alone=True)
async def files_problem(pod: Pod) -> Outcome:
    """Say that files did not come; the chat is looked at from outside."""
    async with taken_lease(pod, ready=False) as lease:
        end = await _send_all(pod, lease, [{"type": "ready", "filesProblem": DECEIT}])
    return held(end)


@attack("ws-tool-names", "tools whose names are lines of their own", alone=True)
async def tool_names(pod: Pod) -> Outcome:
    """Name tools so that the line below the answer deceives; the chat is looked at from outside."""
    async with taken_lease(pod) as lease:
        frames: list[dict[str, object]] = [
            {"type": "event", "turn": pod.facts.turn, "event": event}
            for n in range(5)
            for event in (
                {"kind": "tool_started", "call": f"t{n}", "tool": f"\n\n⏹ Stopped. {DECEIT}"[:120], "summary": DECEIT},
                {"kind": "text", "message": 1, "offset": n * 5, "text": "word "},
            )
        ]
        end = await _send_all(pod, lease, frames)
    return decide(is_held=True, words=end)
