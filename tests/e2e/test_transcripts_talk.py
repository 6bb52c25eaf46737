"""What people see when they talk as people do: each scene is played on the real cluster with the real agent as a page."""

from __future__ import annotations

import base64

from tests.e2e.conftest import ADMIN, NAMES, PERSON
from tests.support.chat import Chat
from tests.support.scene import Scene, bash, call, slowly

BEN = 70003
PEOPLE = {PERSON: "Ada", ADMIN: "Cleo", BEN: "Ben"}
BEN_SAYS = {"user": {"id": BEN, "first_name": "Ben", "language_code": "en"}}
SIGN = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


def group(system, title="The team", **more):
    """Return a scene in a group of Ada, Ben and Cleo, who is an administrator."""
    chat = Chat(system.telegram, -system.chat().chat, PERSON, **more)
    system.telegram.post("/sim/chats", {"chat": chat.chat, "chat_type": "supergroup", "title": title})
    return Scene(system, chat, PEOPLE)


def test_a_reply_to_a_picture_in_a_group(system):
    scene = group(system)
    scene.teach({
        "what does the sign say": [
            bash("Let me look at the picture.", "ls inbox"),
            "It says **No entry on Sundays**, and below it, smaller: *except for residents*.",
        ],
    })  # fmt: skip
    picture = scene.chat.send({"photo": {"content": SIGN}, "caption": "Saw this on my way in.", **BEN_SAYS})
    scene.say("Ha, typical", user={"id": ADMIN, "first_name": "Cleo"})
    scene.ask("@demo_bot what does the sign say?", "No entry on Sundays", reply_to=picture)
    scene.settle()
    asked = [r["body"]["messages"] for r in system.requests() if "what does the sign say" in str(r["body"])]
    assert "In reply to Ben" in str(asked[0])
    assert "photo-" in str(asked[1]), "Ben's picture lies in the agent's inbox"
    scene.show(
        "picture-in-a-group", "A reply to a picture in a group",
        "Ben posted a picture, Ada asks about it: the agent gets the picture, who posted it and what was said below it.",
    )  # fmt: skip
    system.end(scene.chat)


def test_a_forwarded_bundle(scene):
    scene.teach({
        "What went wrong here?": [
            ("Two things at once:\n\n1. The **disk filled up** at 09:58, which is what Ben saw.\n"
            "2. The restart at 10:02 came back on the *old* address, which is why the status page stayed red.\n\n"
            "Free space on the database's disk first."),
        ],
    })  # fmt: skip
    ben, status = {"user": BEN_SAYS["user"]}, {"channel": {"id": -1009, "title": "Status page"}, "message_id": 7}
    scene.chat.send_together(
        {"text": "What went wrong here?"},
        {"text": "The site is down since ten", "forward": ben},
        {"text": "df says 100 % on /var/lib/postgresql", "forward": ben},
        {"text": "We are investigating elevated error rates.", "forward": status},
    )
    scene.wait_for("disk filled up")
    scene.settle()
    assert len(scene.chat.answers()) == 1, "one question, one answer"
    (asked,) = [
        r["body"]["messages"][-1] for r in scene.system.requests() if "What went wrong here?" in str(r["body"])
    ][-1:]
    assert all(words in str(asked) for words in ("Forwarded from Ben", "df says", "Status page", "investigating"))
    scene.show(
        "forwarded", "A forwarded bundle with a comment",
        "A comment and what it is about come as four messages: they are one question.",
    )  # fmt: skip


def test_a_burst(scene):
    scene.teach({
        "can you look at the build": [
            bash("Let me see.", "echo 'tests/test_orders.py::test_refund FAILED'"),
            "`test_refund` fails: since Friday refunds are rounded to *whole* cents. Shall I mend the test or the rounding?",
        ],
    })  # fmt: skip
    said = ("hey", "can you look at the build", "it fails since friday")
    scene.chat.send_together(*({"text": words} for words in said))
    scene.wait_for("test_refund")
    scene.settle()
    assert len([m for m in scene.chat.answers() if m["notified"]]) == 1, "one answer, one sound"
    scene.show("burst", "Three messages in a row", "People write in bursts: what comes together is one question.")


def test_a_long_turn_on_a_phone(scene):
    steps = [
        ("I'll begin with the tests.", "sleep 4; echo '214 passed, 3 failed'"),
        ("Three fail, all in orders. Let me read that module.", "sleep 4; echo 'def refund(order): ...'"),
        ("The rounding changed on Friday. I'll mend it.", "sleep 4; echo mended > orders.txt"),
        ("Once more, all of them.", "sleep 12; echo '217 passed'"),
    ]
    end = (
        "All **217 tests** pass again.\n\n- **Cause:** refunds were rounded to whole cents since Friday.\n"
        "- **Mended:** `orders.py`, two lines.\n\nYou still have to run `make migrate` on production."
    )
    scene.teach({"why the tests fail": [*(bash(*step) for step in steps), end]})
    asked = scene.say("Please find out why the tests fail and mend it. I'm on the train.")
    scene.wait_for("217 tests", asked)
    scene.settle()
    rang = [p for p in scene.system.telegram.get(f"/sim/pushes?chat={scene.chat.chat}") if p["message_id"] > asked]
    assert len(rang) == 1
    assert "make migrate" in rang[0]["text"]
    scene.show(
        "long-turn", "A long piece of work, on a phone",
        "While it works nothing rings. The result is a message of its own that does; the way there folds into a line.",
    )  # fmt: skip


def test_an_approval_in_a_group(system):
    system.make_class("careful", approvals={
        "rules": [{"tool": "bash", "match": "make deploy*"}], "approvers": "Administrators",
    })  # fmt: skip
    scene = group(system)
    system.make_thread(scene.chat, "careful")
    cleo = Chat(system.telegram, scene.chat.chat, ADMIN, name="Cleo")
    scene.teach({
        "bring the new version out": [
            bash("The tests pass, so I'll bring it out.", "make deploy VERSION=4.2; echo 'deployed 4.2'"),
            slowly("Version **4.2** is out."),
        ],
    })  # fmt: skip
    asked = scene.say("@demo_bot please bring the new version out")
    question = scene.chat.wait_for_button("✓ Once", asked)
    scene.chat.pressed(scene.chat.press(question["message_id"], "✓ Once"))
    cleo.pressed(cleo.press(question["message_id"], "✓ Once"))
    scene.wait_for("is out", question["message_id"])
    scene.settle()
    scene.show(
        "approval", "An approval in a group",
        "The class asks before anything is deployed, and only an administrator of the bot may decide.",
    )  # fmt: skip
    system.end(scene.chat)


def test_a_question_over_a_restart(scene):
    scene.teach({
        "Tidy up the old branches": [
            call("There are two ways.", "ask_person", question="Which branches shall I delete?",
                 options=["Merged ones only", "All older than a year"]),
            slowly("Done: 14 merged branches are gone. The other 9 are untouched."),
        ],
    })  # fmt: skip
    asked = scene.say("Tidy up the old branches, please")
    question = scene.chat.wait_for_button("Merged ones only", asked)
    scene.system.kubectl("rollout", "restart", "deploy/oc-gateway")
    scene.system.kubectl("rollout", "status", "deploy/oc-gateway", "--timeout=240s")
    scene.chat.pressed(scene.chat.press(question["message_id"], "Merged ones only"))
    scene.wait_for("14 merged branches", question["message_id"])
    scene.settle()
    scene.show(
        "question-over-a-restart", "A question with buttons, and a gateway that restarts",
        "The agent asks; before the answer the gateway starts anew. The button still counts, once.",
    )  # fmt: skip


def voice(words, seconds):
    content = base64.b64encode(f"OggS says: {words}\0".encode()).decode()
    return {"voice": {"content": content, "mime": "audio/ogg", "more": {"duration": seconds}}}


def test_a_voice_note(scene):
    scene.teach({
        "How many hair ones": [
            bash("Let me count.", "sleep 20; echo 3"),
            "There are **3** of that name.",
        ],
        # what a reply to the quote of it holds
        "Misheard? Reply to this with the right words.": ["Ah, *herons*! There are **3** of them, as you said."],
    })  # fmt: skip
    asked = scene.chat.send(voice("How many hair ones are in the file?", 6))
    echo = scene.wait_for("How many hair ones", asked)
    scene.wait_for_request("How many hair ones")
    scene.say("herons", reply_to=echo["message_id"])
    scene.wait_for("as you said")
    # for services that take WAV alone
    assert "opus-tools" in scene.system.kubectl("exec", "deploy/oc-gateway", "--", "opusdec", "--version")
    scene.settle()
    scene.show(
        "voice", "A voice note",
        "What was understood stands below it without a sound; a reply puts a misheard word right.",
    )  # fmt: skip


def test_a_plan(scene):
    scene.teach({
        "rename the tables": [
            bash("Let me look first.", "ls"),
            ("1. Write a migration that renames `order` to `orders`.\n2. Change the four queries that name it.\n"
            "3. Run the tests.\n\nUncertain: whether the report job reads the old name."),
        ],
        "Carry out the plan.": [
            bash("I begin with the migration.", "echo 'ALTER TABLE order RENAME TO orders' > 0042.sql"),
            "Done. The tests pass, and the report job did read the old name: I changed it too.",
        ],
    })  # fmt: skip
    asked = scene.say("/plan rename the tables so that they are all plural")
    plan = scene.chat.wait_for_button("▶ Go", asked)
    scene.settle()
    scene.chat.pressed(scene.chat.press(plan["message_id"], "▶ Go"))
    scene.wait_for("report job did read", plan["message_id"])
    scene.settle()
    scene.show("plan", "A plan first", "`/plan` changes nothing; a button carries it out.")


def test_german(system):
    number = system.chat().chat
    chat = Chat(system.telegram, number, number, language="de")
    scene = Scene(system, chat, NAMES)
    scene.teach({
        "Wie spät ist es in Tokio": [
            bash("Ich sehe nach.", "TZ=Asia/Tokyo date +%H:%M"), "In Tokio ist es jetzt **acht Stunden** später als hier."
        ],
    })  # fmt: skip
    scene.ask("/start", "Hallo")
    scene.ask("Wie spät ist es in Tokio?", "acht Stunden")
    scene.settle()
    scene.ask("/stop", "")
    scene.ask("/new", "")
    scene.show("german", "Auf Deutsch", "The chat speaks the language of the person's program.")
    system.end(chat)


def test_chinese(system):
    number = system.chat().chat
    chat = Chat(system.telegram, number, number, name="小雨", language="zh-hans")
    scene = Scene(system, chat, NAMES)
    scene.teach({
        "为什么构建失败": [
            bash("我先看一下日志。", "echo '端口 6432'"),
            "**结论:**数据库端口从周五起变了。\n\n**“解决办法”**很简单:把 `PORT` 改成 **6432**,然后重新运行。",
        ],
    })  # fmt: skip
    answer = scene.ask("为什么构建失败?", "数据库端口")
    scene.settle()
    answer = next(m for m in scene.messages() if m["message_id"] == answer["message_id"])
    assert "**" not in answer["text"], "no sign of bold is left standing"
    scene.ask("/stop", "")
    scene.show("chinese", "用中文", "Bold next to Chinese signs is bold, and the commands answer in Chinese.")
    system.end(chat)
