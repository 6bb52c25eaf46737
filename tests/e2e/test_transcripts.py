"""What a person sees: each scene is played on the real cluster with the real agent, and is a page of the documentation."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tests.support.chat import wait
from tests.support.scene import bash, story

LIGHTHOUSE = "Tell me a long story about a lighthouse"


def test_a_first_conversation(scene):
    scene.teach({
        "What's on your computer?": [
            bash("Let me look.", "ls -a"), "Nothing yet, it is brand new. Send me files, or tell me what to fetch."
        ],
        "what did I ask you first": ["You asked what's on my computer."],
    })  # fmt: skip
    scene.ask("/start", "coding agent")
    scene.ask("/whoami", "Your id is")
    scene.ask("What's on your computer?", "brand new")
    scene.settle()
    scene.ask("/statsu", "Did you mean /status?")
    scene.ask("And what did I ask you first?", "You asked")
    scene.settle()
    scene.show(
        "first-conversation", "A first conversation", "Commands, an answer for which a tool ran, and a typing error."
    )


def test_stop_ask_again_begin_anew(scene):
    scene.teach({LIGHTHOUSE: [story()]})
    asked = scene.say(f"{LIGHTHOUSE}, please")
    scene.stop(scene.shown("Once upon", asked))
    stopped = scene.wait_for("Stopped.", asked)
    again = scene.say("/retry")
    scene.shown("Once upon", max(again, stopped["message_id"]))
    scene.say("/stop")
    wait(lambda: len([m for m in scene.chat.answers() if "Stopped." in m["text"]]) == 2, "two stopped answers")
    scene.ask("/stop", "Nothing is running.")
    scene.ask("/new", "Fresh start")
    scene.show(
        "stop-and-retry", "Stop, ask again, begin anew", "Stop below a running answer, `/stop`, `/retry`, `/new`."
    )


def test_words_for_a_running_answer(scene):
    scene.teach({
        # long enough to be spoken to; and what waits behind it is talked about after 25 s
        "Count the birds": [bash("I'll go and count.", "sleep 12; echo 12 birds"), "Twelve birds."],
        "without the ducks": ["Nine birds, without the ducks."],
        "how many trees": ["Seven trees, all of them birches."],
    })  # fmt: skip
    asked = scene.say("Count the birds in the park, please")
    scene.shown("sleep 12", asked)
    typo = scene.say("And how mny trees?")
    scene.seen(typo)
    edited = {"chat": scene.chat.chat, "message_id": typo, "text": "And how many trees?"}
    scene.system.telegram.post("/sim/edits", edited)
    scene.ask("/steer without the ducks", "I'll read this next")
    scene.wait_for("Nine birds", asked)
    scene.wait_for("Seven trees", asked)
    scene.settle()
    scene.show(
        "steering", "Words for a running answer",
        "`/steer` (or a reply to the running answer) is read by the agent at once; any other message waits for its turn.",
    )  # fmt: skip


def test_an_edit_of_what_is_worked_on(scene):
    scene.teach({
        "What time is it in Tokyo": [bash("I'll look.", "sleep 20; date"), "Half past eight in Tokyo."],
        "What time is it in Lisbon": ["Half past twelve in Lisbon."],
    })  # fmt: skip
    asked = scene.say("What time is it in Tokyo?")
    scene.shown("sleep 20", asked)
    scene.ask("/steer", "Tell me what to change")
    edited = {"chat": scene.chat.chat, "message_id": asked, "text": "What time is it in Lisbon?"}
    scene.system.telegram.post("/sim/edits", edited)
    scene.wait_for("in Lisbon", asked)
    scene.settle()
    scene.show(
        "edits-and-steer", "Edits, and /steer",
        "What is edited while the agent works on it is read before the agent's next step.",
    )  # fmt: skip


def test_errors_in_words(scene):
    scene.teach({"Is anybody home?": "err 401 999 Incorrect API key provided"})
    failed = scene.say("Is anybody home?")
    found = scene.wait_for("refused our API key", failed)
    scene.settle()
    error_id = re.search(r"error (e[0-9a-f]+)\b", found["text"])[1]
    wait(
        lambda: error_id in scene.system.kubectl("logs", "deploy/oc-gateway", "--since=30m", check=False),
        f"{error_id} in the gateway's log",
    )
    assert scene.chat.pressed(scene.chat.press(found["message_id"], "🔁 Try again")) == "Trying again…"
    wait(lambda: len([m for m in scene.chat.answers() if "refused our API key" in m["text"]]) == 2, "the error again")
    scene.settle()
    scene.show(
        "errors", "Errors in words", "What happened, what to do, an id that the gateway's log has too, and a button."
    )


def test_a_provider_that_limits(scene):
    scene.teach({"Good morning": ["Good morning! What shall we do?"], "And now?": ["Here I am again."]})
    scene.ask("Good morning", "What shall we do")
    scene.settle()
    resets = datetime.now(UTC) + timedelta(hours=2)
    words = f"Usage limit reached. It resets at {resets:%Y-%m-%dT%H:%M:%SZ}"
    scene.system.model.post("/sim/faults", {"status": 429, "message": words, "count": 1})
    asked = scene.say("And now?")
    # at once: nobody waits while what cannot help is tried again
    told = scene.wait_for("It's back in", asked)
    scene.settle()
    scene.chat.press(told["message_id"], "🔁 Try again")
    scene.wait_for("Here I am again", told["message_id"])
    scene.settle()
    scene.show("limits", "A provider that limits", "The chat says until when, and a button asks again.")


def test_a_lost_pod_goes_on(scene):
    scene.teach({"Good evening": ["Good evening!"], LIGHTHOUSE: [story(words=200)]})
    scene.ask("Good evening", "Good evening!")
    scene.settle()
    asked = scene.say(LIGHTHOUSE)
    scene.shown("Once upon", asked)
    scene.system.agents.kubectl(
        "delete", "pod", scene.system.pod(scene.chat.thread), "--grace-period=1", "--wait=false"
    )
    cut = scene.chat.wait_for_button("▶ Continue", asked)
    assert scene.chat.pressed(scene.chat.press(cut["message_id"], "▶ Continue")) == "Continuing…"
    scene.wait_for("everybody came home", cut["message_id"])
    scene.settle()
    scene.show("continue", "An answer that was cut", "What was written stays, the chat says why, and a button goes on.")


def test_settings_and_history(scene):
    scene.teach(
        {"What is one and one?": [bash("Let me reckon.", "echo $((1 + 1))"), "Two."], "do you remember": "recall"}
    )
    scene.ask("/model", "scripted")
    scene.ask("What is one and one?", "Two.")
    scene.settle()
    scene.ask("/verbose 0", "Only the answer")
    scene.ask("/status", "Ready")
    exported = scene.say("/export")
    wait(lambda: [m for m in scene.chat.answers(exported) if m["files"]], "the history as a file")
    scene.system.wait_exported()
    _confirm(scene, "/cleanup")
    scene.system.wait_run(scene.chat.thread, number=1, reason="Stopped")
    _confirm(scene, "/forget")
    scene.wait_for("Deleted:")
    answer = scene.ask("What else do you remember?", "I was told")
    assert "one" not in answer["text"].partition("I was told")[2]
    scene.settle()
    scene.show(
        "settings", "Settings and history",
        "`/model`, `/verbose`, `/status`, `/export`, and what asks before it ends or deletes something.",
    )  # fmt: skip


def test_taking_back(scene):
    scene.teach({
        "Write a poem": [bash("I'll write it down.", "echo Roses are red > poem.txt"), "It's in poem.txt."],
        "Make it shorter": [bash("Less is more.", "echo Roses > poem.txt"), "One word is left."],
        "Read it to me": "bash: cat poem.txt", "Do you remember": "recall",
    })  # fmt: skip
    scene.ask("Write a poem about roses", "in poem.txt")
    scene.settle()
    pod = scene.system.pod(scene.chat.thread)
    scene.system.wait_logged(pod, "files_kept")
    scene.ask("Make it shorter", "One word")
    scene.settle()
    question = scene.ask("/undo", "Take back your last message")
    scene.chat.pressed(scene.chat.press(question["message_id"], "Take back"))
    scene.chat.wait_for_button("Put it back", question["message_id"] - 1)
    scene.ask("Read it to me, please", "Roses are red")
    told = scene.ask("Do you remember what I asked?", "I was told")
    assert "shorter" not in told["text"]
    scene.settle()
    scene.show(
        "taking-back", "Taking back a message",
        "`/undo` puts files and conversation back to before the last message; what was pushed or sent stays.",
    )  # fmt: skip


def _confirm(scene, command):
    asked = scene.say(command)
    question = wait(lambda: next((m for m in scene.chat.answers(asked) if m["buttons"]), None), "a question")
    scene.chat.pressed(scene.chat.press(question["message_id"]))
    wait(lambda: not [m for m in scene.chat.answers(asked) if m["buttons"]], "an end of the question")


def test_what_a_message_waits_for(scene):
    scene.system.make_class("too-big", resources={"requests": {"cpu": "900"}})
    scene.system.make_thread(scene.chat, "too-big")
    asked = scene.say("Is anybody there?")
    waiting = scene.shown("Waiting for room", asked)
    scene.seen(asked)
    scene.stop(waiting)
    scene.unseen(asked)
    scene.show("waiting", "What a message waits for", "The chat says it in words, and Stop takes the message back.")


def test_threads_and_their_end(scene):
    scene.teach({"Good morning": ["Good morning!"], LIGHTHOUSE: [story()], "Still there?": ["Still here."]})
    scene.ask("Good morning", "Good morning!")
    scene.settle()
    listed = scene.ask("/threads", "Conversations")
    scene.chat.pressed(scene.chat.press(listed["message_id"]))
    scene.chat.wait_for_button("◀ All", listed["message_id"] - 1)
    asked = scene.say(LIGHTHOUSE)
    scene.shown("Once upon", asked)
    question = scene.ask("/kill", "This ends the agent")
    scene.chat.pressed(scene.chat.press(question["message_id"], "End it"))
    scene.wait_for("Stopped.", asked)
    scene.ask("Still there?", "Still here.")
    scene.settle()
    scene.show(
        "threads-and-kill", "Conversations, and their end",
        "`/threads` with its buttons, `/kill`, and the next message, for which an agent starts anew.", any_order=True,
    )  # fmt: skip


def test_a_time_that_is_over(scene):
    scene.system.make_class("hasty", timeouts={"turn": 60, "idle": 900, "grace": 5})
    scene.system.make_thread(scene.chat, "hasty")
    scene.teach({"Wait for the swallows": [bash("I'll wait for them.", "echo looking up; sleep 600")]})
    asked = scene.say("Wait for the swallows, please")
    wait(lambda: [m for m in scene.chat.answers() if "+15 min" in str(m["buttons"])], "the warning")
    found = scene.wait_for("Request timed out. Process killed. Try again.", asked)
    scene.settle()
    assert [button["text"] for button in found["buttons"]][-2:] == ["▶ Continue", "🔁 Try again"]
    scene.show(
        "time-is-over", "A time that is over",
        "The chat warns before and offers more time; afterwards it says what was done, with buttons to go on or ask again.",
    )  # fmt: skip
