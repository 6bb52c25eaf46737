"""What a person sees: each scene is played on the real cluster with the real agent, and is a page of the documentation."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta

from tests.support.chat import wait
from tests.support.transcript import check_page, render_chat

RED_POINT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


def test_a_first_conversation(scene):
    scene.ask("/start", "coding agent of its own")
    scene.ask("/whoami", "Your id is")
    scene.ask("bash: echo hello from a pod", "Tool said: hello from a pod")
    scene.settle()
    scene.ask("/statsu", "Did you mean /status?")
    scene.ask("recall", "I was told")
    scene.settle()
    scene.show(
        "first-conversation", "A first conversation", "Commands, an answer for which a tool ran, and a typing error."
    )


def test_stop_ask_again_begin_anew(scene):
    scene.say("slow 100 100")
    shown = scene.chat.wait_for_button("⏹ Stop")
    scene.wait_for("w3")
    assert scene.chat.pressed(scene.chat.press(shown["message_id"], "⏹ Stop")) == "Stopping…"
    scene.wait_for("Stopped.")
    scene.say("/retry")
    scene.wait_for("w5", shown["message_id"] + 1)
    scene.say("/stop")
    wait(lambda: len([m for m in scene.chat.answers() if "Stopped." in m["text"]]) == 2, "two stopped answers")
    scene.ask("/stop", "Nothing is running.")
    scene.ask("/new", "fresh conversation")
    scene.show(
        "stop-and-retry", "Stop, ask again, begin anew", "The button below a running answer, `/stop`, `/retry`, `/new`."
    )


def test_words_for_a_running_answer(scene):
    asked = scene.say("bash: sleep 6; echo done")
    answer = scene.chat.wait_for_button("⏹ Stop", asked)
    typo = scene.say("and this comes nxt")
    scene.wait_for("Waits for the answer")
    edited = {"chat": scene.chat.chat, "message_id": typo, "text": "and this comes next"}
    scene.system.telegram.post("/sim/edits", edited)
    scene.say("recall", reply_to=answer["message_id"])
    scene.wait_for("Passed on to the running answer.")
    scene.wait_for("Echo: and this comes next")
    scene.settle()
    scene.show(
        "steering", "Words for a running answer",
        "A message waits for the answer that is being written; a reply to it (or `/steer`) is read by the agent at once.",
    )  # fmt: skip


def test_files_both_ways(scene):
    content = base64.b64encode(b"name,count\nheron,3\n").decode()
    asked = scene.send("document", {"name": "birds.csv", "mime": "text/csv", "content": content},
                       caption="bash: cat inbox/birds.csv")  # fmt: skip
    scene.wait_for("heron,3", asked)
    scene.settle()
    for caption in ("bash: ls inbox", None):
        scene.send("photo", {"content": RED_POINT}, media_group_id="7700", **({"caption": caption} if caption else {}))
    found = scene.wait_for("photo-", asked + 1)
    assert len(re.findall(r"photo-\d+\.jpg", found["text"])) == 2
    scene.settle()
    made = scene.ask('multi: bash {"command": "wc -l inbox/birds.csv > report.txt"}', "Tool said")
    scene.ask('tool: send_file {"path": "report.txt", "caption": "What I counted"}', "Handed over for the chat")
    wait(lambda: [m for m in scene.chat.answers(made["message_id"]) if m["files"]], "a file in the chat")
    scene.send("document", {"name": "film.mp4", "size": 25_000_000})
    scene.wait_for("at most 20 MB")
    scene.settle()
    # whether the file or the answer that tells of it stands first is chance: answers behind their question, files last
    messages = sorted(
        scene.messages(), key=lambda m: (m["reply_to"] or m["message_id"], m["bot"], bool(m["files"]), m["message_id"])
    )
    for message in messages:  # their numbers are those of messages
        message["text"] = re.sub(r"photo-\d+\.jpg", "photo-12.jpg", message["text"])
    check_page(
        "files", "Files both ways", "What is sent lies in the agent's `inbox/`, an album is one question, the agent sends "
        "files of its own, and what is too large is told.", render_chat(messages, scene.names),
    )  # fmt: skip


def test_long_answers(scene):
    scene.ask("markdown", "Result")
    scene.settle()
    asked = scene.say("long 30000")
    scene.wait_for("is in answer.md below", asked)
    wait(lambda: [m for m in scene.chat.answers(asked) if m["files"]], "a file in the chat")
    scene.settle()
    scene.show(
        "long-answers",
        "Formatted and long answers",
        "Tables, code and lists as Telegram can show them; what is too long comes as a file.",
    )


def test_errors_in_words(scene):
    failed = scene.say("err 401 999 Incorrect API key provided")
    found = scene.wait_for("LLM_API_KEY", failed)
    scene.settle()
    error_id = re.search(r"\((e[0-9a-f]+)\)", found["text"])[1]
    log = scene.system.kubectl("logs", "deploy/oc-gateway", "--since=5m")
    assert [line for line in log.splitlines() if error_id in line]
    assert scene.chat.pressed(scene.chat.press(found["message_id"], "🔁 Try again")) == "It is asked again."
    wait(lambda: len([m for m in scene.chat.answers() if "LLM_API_KEY" in m["text"]]) == 2, "the error again")
    scene.settle()
    scene.show(
        "errors", "Errors in words", "What happened, what to do, an id that the gateway's log has too, and a button."
    )


def test_a_provider_that_limits(scene):
    scene.ask("hello", "Echo: hello")
    scene.settle()
    resets = datetime.now(UTC) + timedelta(hours=2)
    words = f"Usage limit reached. It resets at {resets:%Y-%m-%dT%H:%M:%SZ}"
    scene.system.model.post("/sim/faults", {"status": 429, "message": words, "count": 1})
    asked = scene.say("and now?")
    # at once: nobody waits while what cannot help is tried again
    told = scene.wait_for("It will answer again at", asked, 10)
    scene.settle()
    scene.chat.press(told["message_id"], "🔁 Try again")
    scene.wait_for("Echo: and now?", told["message_id"])
    scene.settle()
    scene.show(
        "limits", "A provider that limits", "The chat says until when, and a button asks again.",
    )  # fmt: skip


def test_a_lost_pod_goes_on(scene):
    scene.ask("my number is 7", "Echo: my number is 7")
    scene.settle()
    asked = scene.say("slow 200 100")
    scene.wait_for("w4", asked)
    scene.system.kubectl("delete", "pod", scene.system.pod(scene.chat.thread), "--grace-period=1", "--wait=false")
    cut = scene.chat.wait_for_button("▶ Continue", asked)
    assert scene.chat.pressed(scene.chat.press(cut["message_id"])) == "It goes on."
    scene.wait_for("w199", cut["message_id"])
    scene.settle()
    assert scene.chat.pressed(scene.chat.press(cut["message_id"])) == "It was asked again already."
    scene.show("continue", "An answer that was cut", "What was written stays, the chat says why, and a button goes on.")


def test_settings_and_history(scene):
    scene.ask("/model", "scripted")
    scene.ask("bash: echo one", "Tool said: one")
    scene.settle()
    scene.ask("/verbose 0", "0")
    scene.ask("/status", "Running")
    exported = scene.say("/export")
    wait(lambda: [m for m in scene.chat.answers(exported) if m["files"]], "the history as a file")
    asked = scene.say("/cleanup")
    question = wait(lambda: next((m for m in scene.chat.answers(asked) if m["buttons"]), None), "a question")
    scene.chat.pressed(scene.chat.press(question["message_id"]))
    scene.system.wait_run(scene.chat.thread, number=1, reason="Stopped")
    asked = scene.say("/forget")
    question = wait(lambda: next((m for m in scene.chat.answers(asked) if m["buttons"]), None), "a question")
    scene.chat.pressed(scene.chat.press(question["message_id"]))
    wait(
        lambda: not [m for m in scene.messages() if m["buttons"] and m["message_id"] >= asked], "an end of the question"
    )
    answer = scene.ask("recall", "I was told")
    assert "one" not in answer["text"].partition("I was told")[2]
    scene.settle()
    scene.show(
        "settings",
        "Settings and history",
        "`/model`, `/verbose`, `/status`, `/export`, and what asks before it ends or deletes something.",
    )


def test_while_it_works(scene):
    scene.ask("hello", "Echo: hello")
    scene.settle()
    calls = [f'bash {{"command": "echo {n} > file-{n}.txt"}}' for n in range(6)]
    asked = scene.say(f'multi: {" || ".join(calls)} || bash {{"command": "API_KEY=abc123 sleep 8"}}')
    done = "\n".join(f"💻 echo {n} > file-{n}.txt ✓" for n in range(2, 6))
    found = scene.wait_for(f"2 earlier\n{done}\n💻 API_KEY=[hidden] sleep 8 …", asked)
    scene.seen(asked)
    scene.show(
        "while-it-works", "While it works",
        "The last five tools stand below the text, without secrets, and a button stops the turn; in the end one line is left.",
    )  # fmt: skip
    scene.chat.press(found["message_id"], "⏹ Stop")
    scene.wait_for("Stopped.", asked)


def test_what_a_message_waits_for(scene):
    scene.system.make_class("too-big", resources={"requests": {"cpu": "900"}})
    scene.system.make_thread(scene.chat, "too-big")
    asked = scene.say("is anybody there?")
    waiting = scene.wait_for("Waiting for capacity", asked)
    assert "0/1 nodes fit" in waiting["text"]
    scene.seen(asked)
    scene.show(
        "waiting",
        "What a message waits for",
        "The cluster's own reason, kept up to date, with a button that takes the message back.",
    )
    assert scene.chat.pressed(scene.chat.press(waiting["message_id"], "⏹ Stop")) == "Stopped."
    scene.wait_for("Stopped.", asked)


def test_threads_and_their_end(scene):
    scene.ask("hello", "Echo: hello")
    scene.settle()
    listed = scene.ask("/threads", scene.chat.thread)
    told = scene.chat.pressed(scene.chat.press(listed["message_id"]))
    assert "Running" in told
    scene.ask("/kill", "Usage: /kill <thread>")
    asked = scene.say("slow 200 100")
    scene.wait_for("w3", asked)
    scene.ask(f"/kill {scene.chat.thread}", f"Killed: {scene.chat.thread}")
    scene.wait_for("Stopped.", asked)
    scene.ask("still there?", "Echo: still there?")
    scene.settle()
    scene.show(
        "threads-and-kill",
        "Threads, and their end",
        "`/threads` with its buttons, `/kill`, and the next message, which begins a new run.",
    )


def test_a_time_that_is_over(scene):
    scene.system.make_class("hasty", timeouts={"turn": 4, "idle": 60, "grace": 2})
    scene.system.make_thread(scene.chat, "hasty")
    asked = scene.say("slow 200 100")
    found = scene.wait_for("Request timed out. Process killed. Try again.", asked)
    scene.settle()
    assert "🔁 Try again" in [button["text"] for button in found["buttons"]]
    scene.show("time-is-over", "A time that is over", "What was written stays, and a button asks again.")


def test_sub_agents_in_the_chat(scene):
    asked = scene.say("spawn: bash: echo north | bash: sleep 5; echo south")
    scene.wait_for("Result 2", asked, 120)
    wait(lambda: len([m for m in scene.chat.answers(asked) if "Sub-agent" in m["text"]]) == 2, "two reports")
    scene.settle()
    scene.ask("/subagents", "done")
    scene.show("sub-agents", "Sub-agents in the chat", "Two at once, their reports, and the list.")


def test_an_edit_of_what_is_worked_on(scene):
    asked = scene.say("bash: sleep 6; echo one")
    scene.chat.wait_for_button("⏹ Stop", asked)
    scene.wait_for("sleep 6; echo one …", asked)
    scene.say("/steer")
    scene.system.telegram.post(
        "/sim/edits", {"chat": scene.chat.chat, "message_id": asked, "text": "bash: sleep 6; echo two"}
    )
    scene.wait_for("It reads now:] bash: sleep 6; echo two", asked)
    scene.settle()
    asked = scene.say("bash: sleep 6; echo three")
    scene.wait_for("sleep 6; echo three …", asked)
    steer = scene.say("/steer recall")
    scene.wait_for("Passed on to the running answer.", steer)
    scene.settle()
    scene.show(
        "edits-and-steer", "Edits, and /steer",
        "What is edited while the agent works on it, and what stands behind `/steer`, is read before the agent's next step.",
    )  # fmt: skip


def test_sub_agents_that_a_person_starts(scene):
    scene.ask("/spawn", "Usage: /spawn <task>")
    asked = scene.say("/spawn bash: echo hello from below")
    scene.wait_for("Tool said: hello from below", asked, 90)
    asked = scene.say("/spawn bash: sleep 600")
    line = scene.chat.wait_for_button("Cancel k2", asked)
    scene.wait_for("(working): bash: sleep 600", asked)
    assert scene.chat.pressed(scene.chat.press(line["message_id"], "Cancel k2")).startswith("Cancelled")
    scene.wait_for(f"{scene.chat.thread}-r0-k2 was cancelled", asked)
    asked = scene.say("/spawn bash: sleep 601")
    name = f"{scene.chat.thread}-r0-k3"
    scene.wait_for("(working): bash: sleep 601", asked)
    scene.ask(f"/cancel {name}", f"Cancelled: {name}")
    scene.wait_for(f"{name} was cancelled", asked)
    asked = scene.say("spawn[timeout=6]: {bash: sleep 300} | {spawn: deeper}")
    scene.wait_for("Result 2", asked, 90)
    wait(lambda: len([m for m in scene.chat.answers(asked) if m["text"].startswith("Sub-agent")]) == 2, "two reports")
    scene.settle()
    scene.ask("/subagents", "timed out")
    scene.show(
        "spawn-and-cancel", "Sub-agents that a person starts, and how others end",
        "`/spawn`, the Cancel button, `/cancel`, a time that is over, a limit, and the list.",
    )  # fmt: skip
