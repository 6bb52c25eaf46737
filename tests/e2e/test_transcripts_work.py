"""What a person sees of work: files, tools, long answers, sub-agents; each scene is played on the real cluster as a page."""

from __future__ import annotations

import base64

from tests.support.chat import wait
from tests.support.scene import bash, call

RED_POINT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
TABLE = """## Version 4.2

| What | Before | Now |
|---|---|---|
| Refunds | whole cents | exact |
| Export | CSV | CSV and *Parquet* |

- [x] tests
- [ ] the manual

```sql
ALTER TABLE orders ADD COLUMN refund numeric(12, 4);
```
"""
SWALLOWS = [bash("I'll wait for them.", "sleep 600")]


def test_files_both_ways(scene):
    scene.teach({
        "How many herons": [bash("Let me look.", "grep -c heron inbox/birds.csv"), "**Three** herons."],
        "Which of the two is sharper?": [bash("I'll compare them.", "ls inbox"), "The second one, by a little."],
        "Send me that as a file": [
            bash("I'll write it down.", "echo 'heron,3' > report.csv"),
            call("Here it comes.", "send_file", path="report.csv", caption="What I counted"), "It is above.",
        ],
    })  # fmt: skip
    content = base64.b64encode(b"name,count\nheron,3\n").decode()
    file = {"name": "birds.csv", "mime": "text/csv", "content": content}
    scene.wait_for("Three herons", scene.send("document", file, caption="How many herons are in here?"))
    scene.settle()
    photo = {"photo": {"content": RED_POINT}, "media_group_id": "7700"}
    asked = scene.chat.send_together({**photo, "caption": "Which of the two is sharper?"}, photo)[-1]
    scene.wait_for("The second one", asked)
    scene.settle()
    asked = scene.say("Send me that as a file, please")
    wait(lambda: [m for m in scene.chat.answers(asked) if m["files"]], "a file in the chat")
    scene.wait_for("It is above", asked)
    scene.settle()
    scene.send("document", {"name": "film.mp4", "size": 25_000_000})
    scene.wait_for("only 20 MB")
    # whether the file or the answer that tells of it stands first is chance
    scene.show(
        "files", "Files both ways", "What is sent lies in the agent's `inbox/`, an album is one question, the agent sends "
        "files of its own, and what is too large is told.", any_order=True,
    )  # fmt: skip


def test_long_answers(scene):
    scene.teach({"What changed in 4.2?": [TABLE], "everything you know about herons": "long 30000"})
    scene.ask("What changed in 4.2?", "Version 4.2")
    scene.settle()
    asked = scene.say("Write down everything you know about herons")
    scene.wait_for("is in answer.md below", asked)
    wait(lambda: [m for m in scene.chat.answers(asked) if m["files"]], "a file in the chat")
    scene.settle()
    scene.show(
        "long-answers", "Formatted and long answers",
        "Tables, code and lists as Telegram can show them; what is too long comes as a file.",
    )  # fmt: skip


def test_while_it_works(scene):
    calls = [{"name": "bash", "arguments": {"command": f"mkdir part-{n}"}} for n in range(6)]
    calls.append({"name": "bash", "arguments": {"command": "API_KEY=abc123 sleep 30"}})
    scene.teach({"Set up the project": [{"say": "I'll make the folders.", "calls": calls}]})
    asked = scene.say("Set up the project, please")
    shown = scene.shown("API_KEY=[hidden] sleep 30 …", asked)
    assert "abc123" not in shown["text"]
    scene.seen(asked)
    scene.stop(shown)
    scene.wait_for("Stopped.", asked)
    scene.unseen(asked)
    scene.show(
        "while-it-works", "While it works",
        "The last five steps are shown without secrets, and the client's own Stop ends them.",
    )  # fmt: skip


def test_sub_agents_in_the_chat(scene):
    scene.teach({
        "Look at both ends of the park": "spawn: Count the birds in the north | Count the birds in the south",
        "Count the birds in the north": [bash("I'll count.", "echo 12"), "Twelve, mostly wrens."],
        "Count the birds in the south": [bash("I'll count.", "sleep 5; echo 3"), "Three herons."],
    })  # fmt: skip
    asked = scene.say("Look at both ends of the park, please")
    scene.wait_for("Result 2", asked)
    for name in ("k1", "k2"):
        scene.wait_for(f"Sub-agent {name}", asked)  # what is silent lets what rings go first
    scene.settle()
    scene.ask("/subagents", "done")
    scene.show("sub-agents", "Sub-agents in the chat", "Two at once, their reports, and the list.", any_order=True)


def test_sub_agents_that_a_person_starts(scene):
    scene.teach({
        "Count the birds in the north": [bash("I'll count.", "echo 12"), "Twelve, mostly wrens."],
        "Wait for the swallows": SWALLOWS,
        "Wait for the storks": SWALLOWS,
        "Send somebody out to wait": "spawn[timeout=12]: Wait for the storks",
    })  # fmt: skip
    scene.ask("/spawn", "Tell me the task")
    asked = scene.say("/spawn Count the birds in the north")
    scene.wait_for("Twelve, mostly wrens", asked)
    asked = scene.say("/spawn Wait for the swallows")
    line = scene.chat.wait_for_button("✕ Cancel k2", asked)
    scene.wait_for("(working): Wait for the swallows", asked)
    assert scene.chat.pressed(scene.chat.press(line["message_id"], "✕ Cancel k2")).startswith("Cancelled")
    scene.wait_for("k2 was cancelled", asked)
    asked = scene.say("/spawn Wait for the storks")
    scene.wait_for("(working): Wait for the storks", asked)
    scene.ask("/cancel k3", "Cancelled:")
    scene.wait_for("k3 was cancelled", asked)
    asked = scene.say("Send somebody out to wait, but not for long")
    scene.wait_for("Result 1", asked)
    scene.wait_for("Sub-agent k1 timed out", asked)  # what is silent lets what rings go first
    scene.settle()
    scene.ask("/subagents", "timed out")
    scene.show(
        "spawn-and-cancel", "Sub-agents that a person starts, and how others end",
        "`/spawn`, the Cancel button, `/cancel`, a time that is over, and the list.", any_order=True,
    )  # fmt: skip
