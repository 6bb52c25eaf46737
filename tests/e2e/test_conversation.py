"""Messages and answers, as a person sees them."""

from __future__ import annotations

import json

from tests.e2e.conftest import ADMIN, STRANGER, now_ms
from tests.support.chat import Chat, wait


def test_a_message_is_answered_by_an_agent_that_runs_a_tool_in_its_pod(system, chat):
    asked = chat.say("bash: id -u; pwd")
    answer = chat.wait_for("Tool said: 10001\n/workspace", asked)
    assert answer["reply_to"] is None  # its question is the line above it
    run = system.wait_run(chat.thread, number=1)
    assert run["podName"].startswith(chat.thread)


def test_a_second_turn_goes_to_the_same_run_and_knows_the_first(system, chat):
    chat.ask("my number is 4711", "Echo: my number is 4711")
    chat.ask("recall", "I was told: my number is 4711")
    system.wait_run(chat.thread, number=1)


def test_text_is_shown_while_it_is_written(system, chat):
    asked = chat.say("slow 100 150")
    answer = chat.wait_for("w99", asked)
    # what was shown, and not what is by chance when we look
    events = system.telegram.get(f"/sim/events?since=0&timeout=0&chat={chat.chat}")["events"]
    drafts = [event["text"] for event in events if event["kind"] == "draft"]
    written = [text for text in drafts if "w3" in text and "w99" not in text]
    assert written
    assert all(text.split()[0] == "w0" for text in [*written, answer["text"]])
    assert len(chat.answers(asked)) == 1
    wait(lambda: chat.drafts() == [], "no draft behind the answer", show=chat.drafts)


def test_a_new_run_after_idle_remembers_and_has_its_files(system, chat):
    system.make_class("short-idle", timeouts={"idle": 2, "turn": 60, "grace": 5})
    system.make_thread(chat, "short-idle")
    chat.ask("bash: echo treasure > note", "Tool said")
    system.wait_run(chat.thread, number=1, reason="IdleTimeout", exitCode=0)
    # the next run does not leave between two questions, however slowly they are asked
    system.make_class("short-idle")
    chat.ask("recall", "I was told: bash: echo treasure > note")
    chat.ask("bash: cat note", "Tool said: treasure")
    system.wait_run(chat.thread, number=2)
    assert not [m for m in chat.answers() if "files" in m["text"]]


def test_the_end_of_a_runs_time_is_not_felt(system, chat):
    """A run takes no turn after its time: the next run does, with the conversation and the files."""
    system.make_class("short-run", timeouts={"run": 20, "idle": 300, "grace": 5})
    system.make_thread(chat, "short-run")
    chat.ask("bash: echo treasure > note", "Tool said")
    asked = chat.say("slow 130 200")  # written while the moment passes from which on no turn begins in this run
    chat.shown("w1", asked)
    first = system.wanted(chat.thread)
    behind = chat.say("bash: cat note")
    chat.wait_for("w129", asked)
    chat.wait_for("Tool said: treasure", behind)
    assert system.wanted(chat.thread) == first + 1
    chat.ask("recall", "bash: echo treasure > note | slow 130 200 | bash: cat note")
    assert not [m for m in chat.answers() if "Continue" in str(m["buttons"]) or "files" in m["text"]]


def test_a_pod_that_is_killed_loses_no_turn_that_was_kept(system, chat):
    """Files are stored after each turn, not when a run ends: settings of git too, and not what tools make anew."""
    make = "mkdir node_modules; echo x > node_modules/x; echo treasure > note; git config --global user.name Ada"
    chat.ask(f"bash: {make}", "Tool said")
    pod = system.pod(chat.thread)
    system.wait_logged(pod, "files_kept")
    system.agents.kubectl("delete", "pod", pod, "--grace-period=0", "--force")
    wait(lambda: system.run(chat.thread).get("finishedAt"), "the run to be over")
    chat.ask("bash: cat note; git config --global user.name; ls", "Tool said: treasure\nAda\nnote")


def test_a_run_without_the_earlier_files_says_so(system, chat):
    system.make_class("forgetful", workspace={"snapshot": False})
    system.make_thread(chat, "forgetful")
    chat.ask("bash: echo treasure > note", "Tool said")
    system.agents.kubectl("delete", "pod", system.pod(chat.thread))
    chat.ask("bash: ls | wc -l", "Tool said: 0")
    chat.wait_for("The workspace is empty")


def test_an_answer_is_stopped_and_asked_again(system, chat):
    asked = chat.say("slow 200 100")
    chat.shown("w3", asked)
    chat.say("/stop")
    stopped = chat.wait_for("Stopped.", asked)
    assert "w0 w1" in stopped["text"]
    assert "w199" not in stopped["text"]
    again = chat.say("/retry")
    chat.wait_for("w199", again)
    system.wait_run(chat.thread, number=1)


def test_a_fresh_conversation_forgets_what_was_said_and_keeps_the_files(system, chat):
    chat.ask("my animal is a heron", "Echo: my animal is a heron")
    chat.ask("bash: echo treasure > note", "Tool said")
    chat.ask("/new", "Fresh start")
    answer = chat.ask("recall", "I was told")
    assert "heron" not in answer["text"]
    chat.ask("bash: cat note", "Tool said: treasure")
    system.wait_run(chat.thread, number=2)


def test_topics_and_chats_at_once_never_mix(system):
    group = system.chat(topic=5).chat
    people = [Chat(system.telegram, group, 70001, topic) for topic in (5, 6, 7)]
    try:
        for person in people:
            person.say(f"@demo_bot I am topic {person.topic}")
        for person in people:
            person.wait_for(f"Echo: I am topic {person.topic}")
        for person in people:
            asked = person.say("@demo_bot recall")
            person.wait_for(f"I was told: I am topic {person.topic}", asked)
        for person in people:
            expected = [f"Echo: I am topic {person.topic}", f"I was told: I am topic {person.topic}"]
            # a preview that is no answer goes behind it
            wait(lambda p=person, e=expected: texts(p) == e, f"{expected} alone", show=lambda p=person: texts(p))
        shown = system.telegram.get(f"/sim/chats/{group}")["messages"]
        for message in (m for m in shown if m["bot"]):
            assert f"topic {message['topic']}" in message["text"]
        names = system.agents.kubectl("get", "agentthreads", "-o", "name")
        assert all(p.thread in names for p in people)
    finally:
        for person in people:
            system.end(person)


def test_commands_answer_at_once(system, chat):
    assert "/status" in chat.ask("/help", "/help")["text"]
    chat.ask("/status", "haven't started")
    chat.ask("hello", "Echo: hello")
    assert chat.ask("/status", "Ready")["text"].startswith("Ready")
    assert "private chat" in chat.ask("/threads", "Conversations")["text"]
    question = chat.ask("/kill", "right away")
    assert chat.pressed(chat.press(question["message_id"], "Cancel")).startswith("Cancelled")
    assert chat.ask("/nonsense", "Unknown")["text"] == "Unknown command: /nonsense"
    chat.ask("/kill tg-1", "I know no conversation tg-1")


def test_kill_ends_the_agent_and_what_its_tools_started(system, chat):
    asked = chat.say("bash: echo started > /tmp/x; sleep 1000")
    pod = system.pod(chat.thread)
    wait(lambda: "sleep 1000" in system.exec(pod, "ps", "-eo", "args", check=False), "the sleep in the pod")
    chat.ask(f"/kill {chat.thread}", f"Ended: {chat.thread}")
    system.wait_run(chat.thread, number=1, reason="Stopped")
    wait(lambda: pod not in system.agents.kubectl("get", "pods", "-o", "name"), "the pod to be gone")
    assert chat.wait_for("Stopped", asked)
    chat.ask("again", "Echo: again")
    system.wait_run(chat.thread, number=2)


def test_an_administrator_kills_another_chats_thread_and_nobody_else_sees_it(system, chat):
    chat.ask("hello", "Echo: hello")
    other = system.chat()
    other.ask(f"/kill {chat.thread}", "I know no conversation")
    admin = Chat(system.telegram, ADMIN, ADMIN)
    admin.ask(f"/kill {chat.thread}", f"Ended: {chat.thread}")
    system.wait_run(chat.thread, number=1, reason="Stopped")


def test_a_stranger_is_told_the_id_and_nothing_else(system):
    stranger = Chat(system.telegram, STRANGER, STRANGER)
    since = now_ms()
    word = f"zebra-{since}"  # that nobody else says meanwhile
    assert str(STRANGER) in stranger.ask(f"hello {word}", "don't know you")["text"]
    assert system.thread(stranger.thread) == {}
    assert not any(word in json.dumps(r["body"]) for r in system.requests(since))


def test_malformed_updates_do_not_stop_what_comes_after(system, chat):
    odd = [{}, {"message": None}, {"message": {"chat": "x"}}, {"message": {"message_id": "a", "chat": {"id": 1}}},
           {"update_id": "x", "message": {}}, {"unknown_kind": {"a": 1}}]  # fmt: skip
    for update in odd:
        system.telegram.post("/sim/updates", {"update": update})
    chat.ask("still there", "Echo: still there")


def test_long_answers_arrive_whole_in_several_messages(system, chat):
    asked = chat.say("long 4500")  # by its formatting three messages: a longer answer is a file
    last = wait(lambda: [m for m in chat.answers(asked) if "Paragraph 2" in m["text"]][-1:], "the end")
    assert last

    def read():
        shown = "".join(m["text"] for m in chat.answers(asked))
        return [n for n in range(150) if f"Paragraph {n} with" in shown]

    # previews come first; the whole is there at the end
    wait(lambda: len(found := read()) > 105 and found == list(range(len(found))), "the whole answer", show=read)
    assert len(chat.answers(asked)) >= 2


def test_kubectl_shows_what_a_person_needs(system, chat):
    chat.ask("hello", "Echo: hello")
    system.wait_run(chat.thread, number=1)
    wait(lambda: "Running" in system.agents.kubectl("get", "at", chat.thread), "Running")
    short = system.agents.kubectl("get", "agentthreads").splitlines()
    assert short[0].split() == ["NAME", "TITLE", "PHASE", "RUN", "REASON", "AGE"]
    wide = system.agents.kubectl("get", "at", "-o", "wide").splitlines()
    assert wide[0].split()[-6:] == ["CHAT", "TOPIC", "POD", "CLASS", "SPENT", "COLD"]
    assert "The run wanted: only grows" in system.agents.kubectl("explain", "agentthread.spec.run")
    described = system.agents.kubectl("describe", "agentthread", chat.thread)
    assert "Accepted" in described
    assert "hello" not in described
    condition = system.agents.kubectl("wait", "--for=condition=Ready", f"agentthread/{chat.thread}", "--timeout=240s")
    assert "condition met" in condition


def texts(chat):
    """Return what the bot's messages of a chat or topic say."""
    return [m["text"] for m in chat.answers()]
