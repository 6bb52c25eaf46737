"""What people see where chats, topics and people come and go: each scene is played on the real cluster as a page."""

from __future__ import annotations

from tests.e2e.conftest import ADMIN, NAMES, PERSON
from tests.support.chat import Chat, wait
from tests.support.scene import Scene, story

LIGHTHOUSE = "tell me a long story about a lighthouse"


def group(system, **more):
    """Return a scene in a group."""
    return Scene(system, Chat(system.telegram, -system.chat().chat, PERSON, **more), NAMES)


def test_topics_come_and_go(system):
    chat = system.chat(topic=31)
    scene = Scene(system, chat, NAMES)
    scene.teach({LIGHTHOUSE: [story()], "Good morning": ["Good morning! The story can go on."]})
    topic = {"chat": chat.chat, "topic": chat.topic, "user": PERSON}
    system.telegram.post("/sim/topics", {**topic, "name": "deploy"})
    scene.ask(f"@demo_bot {LIGHTHOUSE}", "Once upon")
    system.telegram.post("/sim/topics", {**topic, "closed": True})
    wait(lambda: "The topic is closed" in _told(system), "a closed topic in /threads")
    system.telegram.post("/sim/topics", {**topic, "closed": False, "name": "release"})
    scene.wait_for("Stopped.")
    scene.ask("@demo_bot Good morning", "can go on")
    scene.settle()
    scene.show("topics", "Topics come and go", "A closed topic stops its agent, and it goes on where it is reopened.")
    wait(lambda: system.thread(chat.thread).get("spec", {}).get("title") == "release", "the new title")
    system.end(chat)


def _told(system):
    admin = Chat(system.telegram, ADMIN, ADMIN, name="Cleo")
    return admin.wait_for("Conversations", admin.say("/threads"))["text"]


def test_somebody_new(system):
    admin = Chat(system.telegram, ADMIN, ADMIN, name="Cleo")
    # only who has written to the bot can be asked; what it was asked before is none of this
    since = admin.ask("/start", "coding agent")["message_id"]
    stranger = system.stranger()
    scene = Scene(system, stranger, {**NAMES, stranger.person: "Dora"})
    stranger.name = "Dora"
    scene.teach({"Can you help me": ["Gladly. What is it about?"]})
    told = stranger.ask("Hello? Can you help me?", "I don't know you yet")
    stranger.pressed(stranger.press(told["message_id"], "Ask to be let in"))
    scene.wait_for("I've asked.")  # whom the bot does not know it tells one thing a second
    asked = admin.wait_for_button("Let in", since)
    admin.pressed(admin.press(asked["message_id"], "Let in"))
    scene.wait_for("You're in!", told["message_id"])
    stranger.ask("Can you help me now?", "Gladly")
    scene.settle()
    admin.ask(f"/revoke {stranger.person}", str(stranger.person))
    scene.show(
        "access",
        "Somebody new",
        "An unknown person asks to be let in by a button, and an administrator lets them in by one.",
    )
    system.end(stranger)


def test_manners_in_a_group(system):
    scene = group(system)
    scene.teach({"good morning": ["Good morning, everybody!"], "good night": ["Good night, Ada."]})
    scene.say("Lunch, anybody?")
    scene.say("/status@other_bot")
    answer = scene.ask("@demo_bot good morning", "Good morning, everybody!")
    scene.settle()
    scene.say("And good night", reply_to=answer["message_id"])
    scene.wait_for("Good night, Ada.")
    scene.settle()
    wait(lambda: len(scene.chat.answers()) == 2, "two answers and nothing besides", show=scene.chat.answers)
    scene.show(
        "groups", "Manners in a group", "Only mentions, replies and commands are for the bot; another bot's are not."
    )
    system.end(scene.chat)


def test_a_place_in_line(system):
    """All agents that are allowed at once are at work: who waits is told how many stand before them."""
    system.release.install({**system.values, "gateway": {"maxThreads": 1}})
    system.end_all()
    chats = [system.chat() for _ in range(3)]
    try:
        working, first, second = (Scene(system, chat, NAMES) for chat in chats)
        working.teach({LIGHTHOUSE: [story(0.5)], "Who is next?": ["You were."], "And then?": ["Then you."]})
        asked = working.say(f"Please {LIGHTHOUSE}")
        working.shown("Once upon", asked)
        first.shown("You're next.", first.say("Who is next?"))
        second.shown("You're number 2 in line.", second.say("And then?"))
        working.say("/stop")
        working.kill()
        first.wait_for("You were.", 0)
        first.kill()
        second.wait_for("Then you.", 0)
        second.settle()
        second.show(
            "in-line", "A place in line", "All allowed agents are at work: the chat shows the place in the line."
        )
    finally:
        for chat in chats:
            system.end(chat)
        system.release.install(system.values)


def test_a_group_that_moves(system):
    scene = group(system)
    chat = scene.chat
    moved = Chat(system.telegram, chat.chat - 1_000_000_000_000, PERSON)
    scene.teach({"my bird is a wren": ["A fine bird."], "what did I tell you": "recall"})
    scene.ask("@demo_bot my bird is a wren", "A fine bird.")
    scene.settle()
    pod = system.pod(chat.thread)
    system.wait_logged(pod, "files_kept")
    system.telegram.post("/sim/chats", {"chat": chat.chat, "migrated_to": moved.chat})
    scene = Scene(system, moved, NAMES)
    scene.ask("@demo_bot what did I tell you?", "my bird is a wren")
    scene.settle()
    scene.show("moving", "A group that becomes a supergroup", "Its id is another; what was said is known there.")
    for place in (chat, moved):
        system.end(place)


def test_a_topic_that_is_deleted(system):
    chat, private = system.chat(topic=41), Chat(system.telegram, PERSON, PERSON)
    notices = Scene(system, private, NAMES)
    notices.teach({"Hello there": ["Hello, Ada!"], LIGHTHOUSE: [story()]})
    private.ask("Hello there", "Hello, Ada!")  # who never asked in private cannot be told there
    notices.settle()
    scene = Scene(system, chat, NAMES)
    scene.ask(f"@demo_bot {LIGHTHOUSE}", "Once upon")
    before, since = notices.last_event(), private.answers()[-1]["message_id"]
    system.telegram.post("/sim/topics", {"chat": chat.chat, "topic": chat.topic, "deleted": True})
    private.wait_for("is gone", since)
    system.wait_run(chat.thread, number=1, reason="Stopped")
    everything = system.telegram.get(f"/sim/chats/{chat.chat}")["messages"]
    assert not [m for m in everything if m["bot"]]  # nothing of it is said in General
    notices.show(
        "deleted-topic", "A topic that is deleted",
        "Who asked last is told in their private chat, and nobody in another topic.", before,
    )  # fmt: skip
    for place in (chat, private):
        system.end(place)
