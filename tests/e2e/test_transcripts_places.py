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


def test_a_place_in_line(system):
    """All agents that are allowed at once are at work: who waits is told how many stand before them."""
    system.release.install({**system.values, "gateway": {"maxThreads": 1}})
    chats = [system.chat() for _ in range(3)]
    try:
        working, first, second = (Scene(system, chat, NAMES) for chat in chats)
        asked = working.say("slow 400 100")
        working.wait_for("w3", asked, 120)  # behind the agents of other tests, which leave meanwhile
        first.say("who is next?")
        first.wait_for("1 of 1 are at work. You are next.")
        second.say("and then?")
        second.wait_for("You are number 2 in line.")
        second.show(
            "in-line", "A place in line", "All allowed agents are at work: the chat shows the place in the line."
        )
        working.say("/stop")
        working.say(f"/kill {working.chat.thread}")
        first.wait_for("Echo: who is next?", 0, 90)
        first.say(f"/kill {first.chat.thread}")
        second.wait_for("Echo: and then?", 0, 90)
    finally:
        for chat in chats:
            system.end(chat)
        system.release.install(system.values)


def test_a_group_that_moves(system):
    chat = Chat(system.telegram, -system.chat().chat, PERSON)
    moved = Chat(system.telegram, chat.chat - 1_000_000_000_000, PERSON)
    scene = Scene(system, chat, NAMES)
    scene.ask("@demo_bot my bird is a wren", "Echo: my bird is a wren")
    scene.settle()
    system.telegram.post("/sim/chats", {"chat": chat.chat, "migrated_to": moved.chat})
    scene = Scene(system, moved, NAMES)
    scene.ask("@demo_bot recall", "I was told: my bird is a wren", 90)
    scene.settle()
    scene.show("moving", "A group that becomes a supergroup", "Its id is another; what was said is known there.")
    for place in (chat, moved):
        system.end(place)


def test_a_topic_that_is_deleted(system):
    chat, private = system.chat(topic=41), Chat(system.telegram, PERSON, PERSON)
    private.ask("hello", "Echo: hello")  # who never asked in private cannot be told there
    scene = Scene(system, chat, NAMES)
    scene.ask("@demo_bot slow 100 100", "w3")
    since = private.say("/whoami")
    system.telegram.post("/sim/topics", {"chat": chat.chat, "topic": chat.topic, "deleted": True})
    told = private.wait_for("is gone", since, 60)
    system.wait_run(chat.thread, number=1, reason="Stopped")
    group = system.telegram.get(f"/sim/chats/{chat.chat}")["messages"]
    assert not [m for m in group if m["bot"]]  # nothing of it is said in General
    check_page(
        "deleted-topic", "A topic that is deleted", "Who asked last is told in their private chat, and nobody in another topic.",
        render_chat([told], NAMES),
    )  # fmt: skip
    for place in (chat, private):
        system.end(place)
