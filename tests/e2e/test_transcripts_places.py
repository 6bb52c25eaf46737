"""What people see where chats, topics and people come and go: each scene is played on the real cluster as a page."""

from __future__ import annotations

import re

from tests.e2e.conftest import ADMIN, NAMES, PERSON
from tests.support.chat import Chat, wait
from tests.support.scene import Scene
from tests.support.transcript import check_page, render_chat


def test_topics_come_and_go(system):
    chat = system.chat(topic=31)
    scene = Scene(system, chat, NAMES)
    topic = {"chat": chat.chat, "topic": chat.topic, "user": PERSON}
    system.telegram.post("/sim/topics", {**topic, "name": "deploy"})
    scene.ask("@demo_bot slow 200 100", "w3")
    system.telegram.post("/sim/topics", {**topic, "closed": True})
    wait(lambda: "topic closed" in _told(system, chat), "a closed topic in /threads", 30)
    system.telegram.post("/sim/topics", {**topic, "closed": False, "name": "release"})
    scene.wait_for("Stopped.")
    scene.ask("@demo_bot good morning", "Echo: good morning")
    scene.settle()
    scene.show("topics", "Topics come and go", "A closed topic stops its agent, and it goes on where it is reopened.")
    wait(lambda: system.thread(chat.thread)["spec"]["title"] == "release", "the new title", 30)
    system.end(chat)


def _told(system, chat):
    admin = Chat(system.telegram, ADMIN, ADMIN)
    return admin.wait_for(chat.thread, admin.say("/threads"))["text"]


def test_somebody_new(system):
    number = system.chat().chat
    stranger = Chat(system.telegram, number, number)  # somebody whom no test has let in
    told = stranger.ask("hello?", "You are not allowed")
    code = re.search(r"\b[A-Z2-9]{8}\b", told["text"])[0]
    admin = Chat(system.telegram, ADMIN, ADMIN)
    admin.ask(f"/approve {code}", "may use this bot now")
    stranger.ask("hello again", "Echo: hello again")
    scene = Scene(system, stranger, NAMES)
    scene.settle()
    seen = [m for m in scene.messages() if m["message_id"] >= told["message_id"] - 1]
    admin.ask(f"/revoke {number}", str(number))
    check_page(
        "access", "Somebody new", "An unknown person is told an id and a code; an administrator sends `/approve <code>`.",
        render_chat(seen, {**NAMES, number: "somebody"}),
    )  # fmt: skip
    system.end(stranger)


def test_manners_in_a_group(system):
    chat = Chat(system.telegram, -system.chat().chat, PERSON)
    scene = Scene(system, chat, NAMES)
    scene.say("lunch, anybody?")
    scene.say("/status@other_bot")
    answer = scene.ask("@demo_bot good morning", "Echo: good morning")
    scene.settle()
    scene.say("and good night", reply_to=answer["message_id"])
    scene.wait_for("Echo: and good night")
    scene.settle()
    assert len(chat.answers()) == 2
    scene.show(
        "groups", "Manners in a group", "Only mentions, replies and commands are for the bot; another bot's are not."
    )
    system.end(chat)
