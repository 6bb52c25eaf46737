"""What people see of what was said, of notes that last, of schedules, and of what is kept of them; each scene is played on the real cluster as a page."""

from __future__ import annotations

import json

from tests.e2e.conftest import ADMIN, NAMES
from tests.support.chat import Chat, wait
from tests.support.scene import Scene, bash, call


def press(scene, message, text):
    """Press a button; return what the bot said to that."""
    return scene.chat.pressed(scene.chat.press(message["message_id"], text))


def test_search_and_notes(scene):
    scene.teach({
        "Why do the uploads fail": [
            bash("Let me look.", "ls"), "They *retry* for ever: `maxRetries` of the uploader is 0. With 5 they pass.",
        ],
        "We deploy on Tuesdays": [
            call("I'll note that.", "remember", note="Deployments are on Tuesdays."), "Good, Tuesdays it is.",
        ],
    })  # fmt: skip
    scene.ask("Why do the uploads fail?", "With 5 they pass")
    scene.settle()
    scene.ask("/new", "Fresh start")
    found = scene.ask("/search retries", "1 message")
    assert press(scene, found, "1") == ""
    scene.wait_for("Here it was said:")
    press(scene, found, "👥 Everybody")
    wait(lambda: "I found nothing" in message(scene, found)["text"], "a page of people alone")
    scene.ask("/search since:yesterday retries", "I don't understand “since:yesterday”")
    scene.show(
        "search", "What was said", "`/search` finds what was said, sessions before `/new` included; a tap leads to it."
    )
    before = scene.last_event()
    scene.ask("/remember we use uv, not pip", "📝 I'll remember")
    asked = scene.say("We deploy on Tuesdays. Please remember that.")
    scene.wait_for("Tuesdays it is", asked)
    scene.wait_for("📝 I'll remember that in this conversation: Deployments", asked)
    scene.settle()
    listed = scene.ask("/memory", "I remember 2 things here")
    assert press(scene, listed, "🗑 2") == "Forgotten."
    wait(lambda: "one thing" in message(scene, listed)["text"], "a list without it")
    # whether the note or the answer that tells of it stands first is chance
    scene.show(
        "notes", "Notes that last", "What people or the agent note is told to the agent in each session; `/memory` lists and deletes.",
        before, any_order=True,
    )  # fmt: skip


def test_schedules(scene):
    scene.teach({"check the dependencies": ["Two are behind: `aiohttp` and `kopf`. Shall I update them?"]})
    scene.ask("/start", "coding agent")
    question = scene.ask("/schedule every weekday 9:00 check the dependencies", "The next times:")
    press(scene, question, "✓ Schedule it")
    wait(lambda: "✓ Scheduled" in message(scene, question)["text"], "a schedule")
    wait(lambda: is_accepted(scene), "an AgentSchedule that is taken up")
    listed = scene.ask("/schedules", "Schedules of this conversation")
    assert press(scene, listed, "⚡ 1") == "I'm on it."
    scene.wait_for("Two are behind", listed["message_id"])
    wait(lambda: not is_at_work(scene), "an end of its turn")
    press(scene, listed, "⏸ 1")
    wait(lambda: "paused" in message(scene, listed)["text"], "a pause")
    assert press(scene, listed, "▶ 1").startswith("On its way")
    wait(lambda: "next:" in message(scene, listed)["text"], "a next time")
    press(scene, listed, "🗑 1")
    wait(lambda: "Delete “check" in message(scene, listed)["text"], "a question")
    press(scene, listed, "🗑 Delete")
    wait(lambda: "Deleted:" in message(scene, listed)["text"], "an end of the schedule")
    scene.ask("/schedules", "Nothing is scheduled here")
    # whether the list or what is asked now is shown first is chance
    scene.show(
        "schedules", "Asked by itself", "`/schedule` asks back with the next three times; `/schedules` holds, asks at once and deletes.",
        any_order=True,
    )  # fmt: skip
    wait(lambda: not find_schedules(scene), "no AgentSchedule")


def test_what_is_kept_of_a_person(system, scene):
    scene.teach({"My sister lives in Oslo": ["Oslo, then. I'll look for trains to there."]})
    scene.ask("My sister lives in Oslo", "Oslo, then.")
    scene.settle()
    exported = scene.say("/export all")
    wait(lambda: [m for m in scene.chat.answers(exported) if m["files"]], "all that is kept as a file")
    system.wait_exported()
    question = scene.ask("/forget me", "Delete what I keep of you?")
    press(scene, question, "Delete it")
    scene.wait_for("Done.", question["message_id"] - 1)
    scene.wait_for("Deleted:", question["message_id"])
    # whether the conversation or all that is kept is gone first is chance
    scene.show(
        "my-data", "What is kept of a person",
        "In private, `/export all` gives a copy of all that is kept of whoever asks, and `/forget me` deletes it, after a question.",
        any_order=True,
    )  # fmt: skip
    cleo = Scene(system, Chat(system.telegram, ADMIN, ADMIN, name="Cleo"), NAMES)
    before = cleo.last_event()
    cleo.ask(f"/audit {scene.chat.person}", "Who did what, the newest first:")
    cleo.show(
        "audit",
        "Who did what",
        "`/audit` in private shows administrators acts, and never a word of a conversation.",
        before,
    )


def message(scene, shown):
    return next(m for m in scene.messages() if m["message_id"] == shown["message_id"])


def find_schedules(scene):
    items = json.loads(scene.system.agents.kubectl("get", "asch", "-o", "json"))["items"]
    return [one for one in items if one["spec"]["threadRef"]["name"] == scene.chat.thread]


def is_accepted(scene):
    return any("nextAt" in one.get("status", {}) for one in find_schedules(scene))


def is_at_work(scene):
    return any(
        one.get("status", {}).get("active") or "⏹ Stop" in str(scene.messages()) for one in find_schedules(scene)
    )
