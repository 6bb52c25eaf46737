"""Persons who may write, and write too much: others are answered all the same."""

from __future__ import annotations

import time
from typing import Final

from dev.attack.inside.base import Outcome, decide
from dev.attack.outside import Evidence, outside
from dev.attack.system import FIRST, Chat, System
from dev.bench.clouds import call

GROUP: Final = -(FIRST + 777)
MEMBER: Final = FIRST + 390
_SLOW: Final = 12.0
"""Seconds for somebody else's answer, with a pod that runs."""


def _answer_others(system: System, evidence: Evidence) -> tuple[bool, str]:
    """Ask in another conversation; return whether it was answered in time, and words."""
    chat = evidence.chats[0]
    try:
        seconds = system.ask(chat, f"still there {time.time_ns() % 10**9}", "Echo: still there", 60)
    except TimeoutError:
        return False, "another conversation had no answer in a minute"
    return seconds <= _SLOW, f"another conversation was answered in {seconds:.1f} s"


@outside("people-messages", "150 messages of one person in one conversation, as fast as they go")
def messages(evidence: Evidence) -> Outcome:
    """Write without an end."""
    system = evidence.system
    chat = system.open_chat()
    for number in range(150):
        system.say(chat, f"question {number} of many")
    good, words = _answer_others(system, evidence)
    waiting = int(system.query(_WAITING.format(thread=chat.thread)) or 0)
    system.end(chat)
    return decide(good and waiting <= 150, f"{words}; {waiting} turns wait")


_WAITING: Final = "SELECT to_json(count(*)) FROM turns t JOIN threads h ON h.id = t.thread_id WHERE h.name = '{thread}' AND t.state = 'queued'"


@outside("people-spawn", "40 sub-agents of one person, by the command")
def spawn(evidence: Evidence) -> Outcome:
    """Start sub-agents by hand."""
    system = evidence.system
    chat = system.open_chat()
    for number in range(40):
        system.say(chat, f"/spawn slow 100 100 number {number}")
    time.sleep(8)
    good, words = _answer_others(system, evidence)
    made = len(system.kubectl("get", "subagents", "-l", f"openclaw.dev/thread={chat.thread}", "-o", "name").split())
    system.end(chat)
    return decide(good and made <= 20, f"{made} SubAgents; {words}")


@outside("people-exports", "20 exports of one person at once")
def exports(evidence: Evidence) -> Outcome:
    """Ask for the whole history again and again."""
    system = evidence.system
    chat = evidence.chats[0]
    since = max((m["message_id"] for m in system.answers(chat)), default=0)
    for _ in range(20):
        system.say(chat, "/export")
    good, words = _answer_others(system, evidence)
    files = sum(bool(m["files"]) for m in system.answers(chat, since))
    return decide(good and files <= 5, f"{files} files; {words}")


@outside("people-forget", "/forget in a group by a member who is no administrator")
def forget(evidence: Evidence) -> Outcome:
    """Delete what is everybody's."""
    system = evidence.system
    body = {"chat": GROUP, "user": MEMBER, "text": "/forget@demo_bot", "title": "a group"}
    since = int(call(system.clouds.telegram, "/sim/messages", body)["message_id"])
    time.sleep(4)
    found = system.answers(Chat(GROUP), since)
    asked = [b for m in found for b in m["buttons"]]
    return decide(bool(found) and not asked, f"{len(found)} answers, {len(asked)} buttons to delete it with")
