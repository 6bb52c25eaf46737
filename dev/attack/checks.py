"""What becomes of an attack from inside, as it is seen from outside: in the chat, the log, the database, at the provider."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from dev.attack.chat import judge_commands, judge_links, judge_marks
from dev.attack.inside.base import Outcome, Result, decide, opened
from dev.attack.inside.floods import MOST_NOTICES
from dev.attack.inside.model import MANY
from dev.attack.inside.words import MOST_QUESTIONS
from dev.attack.outside import read_logs
from dev.attack.strike import Struck
from dev.attack.system import Chat, System
from dev.bench.clouds import call

_USAGE: Final = (
    "SELECT json_build_object('calls', count(*), 'empty', count(*) FILTER (WHERE u.output = 0 AND u.status = 200)) "
    "FROM usage u JOIN threads h ON h.id = u.thread_id WHERE h.name = '{thread}' AND u.turn_id = {turn}"
)
_FORBIDDEN: Final = ("store", "previous_response_id", "background", "metadata")
_MOST: Final = {"n": 1, "best_of": 1, "max_tokens": MANY - 1, "max_completion_tokens": MANY - 1}


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an attack was done."""

    system: System
    chat: Chat
    mark: str
    turn: int
    neighbour: Chat


Check = Callable[[Scene], Outcome]
CHECKS: dict[str, Check] = {}


def check(*names: str) -> Callable[[Check], Check]:
    """Make a function the look from outside of some attacks from inside."""

    def add(one: Check) -> Check:
        CHECKS.update(dict.fromkeys(names, one))
        return one

    return add


def look(struck: Struck, scene: Scene) -> Struck:
    """Return what became of an attack, with what is seen from outside of it."""
    one = CHECKS.get(struck.name)
    if one is None or struck.outcome.result is not Result.HELD:
        return struck
    found = one(scene)
    return replace(struck, outcome=replace(found, words=f"{struck.outcome.words}; {found.words}"[:240]))


@check("ws-notices")
def notices(scene: Scene) -> Outcome:
    """Count what the chat was told, and what still waits."""
    time.sleep(4)
    told = sum("administrator has paused" in str(m["text"]) for m in scene.system.answers(scene.chat))
    waiting = scene.system.query(
        f"SELECT to_json(count(*)) FROM outbox WHERE chat_id = {scene.chat.number} AND state <> 'sent'"  # noqa: S608  # a number
    )
    return decide(told + int(waiting) <= MOST_NOTICES, f"{told} in the chat, {waiting} wait")


def _wait_for_rest(scene: Scene) -> None:
    """Wait until what a turn left for the chat stands there, for a while."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and not scene.system.is_at_rest(scene.chat):
        time.sleep(1)


@check("ws-questions", "ws-warnings")
def told(scene: Scene) -> Outcome:
    """Count the messages that stand in the chat."""
    time.sleep(6)
    found = scene.system.answers(scene.chat)
    return decide(len(found) <= MOST_QUESTIONS + 4, f"{len(found)} messages in the chat")


@check("ws-children")
def children(scene: Scene) -> Outcome:
    """Count the sub-agents that were made."""
    time.sleep(4)
    label = f"openclaw.dev/thread={scene.chat.thread}"
    made = len(scene.system.kubectl("get", "subagents", "-l", label, "-o", "name").split())
    found = scene.system.answers(scene.chat)
    return decide(made <= 10 and len(found) <= 14, f"{made} SubAgents, {len(found)} messages in the chat")


@check("ws-failed-words", "ws-files-problem", "ws-tool-names")
def deceit(scene: Scene) -> Outcome:
    """Look at how the words stand in the chat."""
    _wait_for_rest(scene)
    found = scene.system.answers(scene.chat) + scene.system.drafts(scene.chat)
    if not found:
        return decide(is_held=True, words="nothing of it is in the chat")
    worst = next(
        (
            one
            for judge in (judge_commands, judge_marks, judge_links)
            if (one := judge(found)).result is not Result.HELD
        ),
        None,
    )
    return worst or decide(is_held=True, words=f"{len(found)} messages, nothing to tap")


@check("ws-log", "http-denied-log", "http-malformed-log")
def log(scene: Scene) -> Outcome:
    """Look for the mark in the log."""
    count = read_logs(scene.system)["gateway"].count(scene.mark)
    return decide(count == 0, f"{count} times in the log")


@check("ws-foreign-turn", "http-foreign-turn-file", "stolen-chat")
def foreign(scene: Scene) -> Outcome:
    """Look for the mark in the other chat."""
    found = [m for m in scene.system.answers(scene.neighbour) if scene.mark in f"{m['text']}{m['files']}"]
    return decide(not found, f"{len(found)} messages in the other chat")


def _find_requests(scene: Scene, field: str) -> list[Mapping[str, Any]]:
    requests = call(scene.system.clouds.model, "/sim/requests")
    return [r for r in requests if field in str(r)]


@check("llm-headers", "llm-query")
def headers(scene: Scene) -> Outcome:
    """Look at what the provider got."""
    found = sorted(
        {k for r in _find_requests(scene, scene.mark) for k in r["headers"] if scene.mark in str(r["headers"][k])}
    )
    return decide(not found, f"the provider got: {', '.join(found) or 'none of them'}")


@check("llm-kept")
def kept(scene: Scene) -> Outcome:
    """Look at the fields that the provider got."""
    bodies = [r["body"] for r in call(scene.system.clouds.model, "/sim/requests")]
    found = sorted({f for body in bodies for f in _FORBIDDEN if f in body and body[f] not in (False, None)})
    return decide(not found, f"the provider got: {', '.join(found) or 'none of them'}")


@check("llm-choices")
def choices(scene: Scene) -> Outcome:
    """Look at how much the provider was asked for."""
    bodies = [r["body"] for r in call(scene.system.clouds.model, "/sim/requests")]
    found = [f"{f}={body[f]}" for body in bodies for f, most in _MOST.items() if (body.get(f) or 0) > most]
    return decide(not found, f"the provider was asked for: {', '.join(sorted(set(found))) or 'nothing of it'}")


@check("llm-uncounted")
def uncounted(scene: Scene) -> Outcome:
    """Look at what was written down."""
    found = scene.system.query(_USAGE.format(thread=scene.chat.thread, turn=scene.turn))
    return decide(
        found["calls"] > 0 and found["empty"] == 0, f"{found['calls']} calls, {found['empty']} without a token"
    )


@check("node-termination-log")
def termination(scene: Scene) -> Outcome:
    """End the run, and look at its status and the chat."""
    system = scene.system
    pod = system.find_pod(scene.chat)
    if pod is None:
        return opened("the pod had ended")
    # the message is read once the container has ended with an error
    system.exec(pod, "sh", "-c", "kill -TERM 1")
    system.kubectl("delete", "pod", pod, "--wait=true", check=False, timeout=60)
    time.sleep(3)
    told = str(system.status(scene.chat)) + str([m["text"] for m in system.answers(scene.chat)])
    return decide(
        scene.mark not in told, "in the status or the chat" if scene.mark in told else "in neither status nor chat"
    )


@check("store-file-names")
def file_names(scene: Scene) -> Outcome:
    """Look at the names that the chat shows."""
    time.sleep(2)
    names = [str(name) for m in scene.system.answers(scene.chat) for name in m["files"]]
    odd = [name for name in names if "/" in name or "\n" in name or "\0" in name or len(name) > 255]
    turned = judge_marks([{"text": name} for name in names] or [{"text": ""}])
    return decide(
        not odd and turned.result is Result.HELD, f"{len(names)} files; odd: {', '.join(odd) or turned.words}"[:100]
    )


@check("ws-stop-ignored", "ws-stays", "node-cpu", "node-memory", "node-disk", "node-inodes", "node-pids")
def neighbour_answers(scene: Scene) -> Outcome:
    """Ask another conversation something: it must be answered as if nothing had been."""
    try:
        seconds = scene.system.ask(
            scene.neighbour, f"are you there {scene.mark}", f"Echo: are you there {scene.mark}", 20
        )
    except TimeoutError:
        return opened("another conversation had no answer in 20 s")
    return decide(seconds <= 10, f"another conversation was answered in {seconds:.1f} s")
