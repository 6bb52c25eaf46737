"""The plan of chaos is a pure function of its seed."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections import Counter

import pytest

from agent_simulators.model.scripts import choose
from dev.chaos.faultplan import _KILL_DECK, _OTHER_DECK, KILLS, Act, Target, plan_faults
from dev.chaos.messages import BOT, Kind, build_words
from dev.chaos.plan import Size, build_plan
from dev.chaos.players import build_body, build_said
from dev.paths import ROOT

SIZE = Size(minutes=10, messages=300, kills=60)
PLAN = build_plan(7, SIZE)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    assert build_plan(7, SIZE) == PLAN
    assert build_plan(8, SIZE) != PLAN


def test_the_plan_does_not_depend_on_the_process():
    program = "from dev.chaos.plan import *; print(hash(repr(build_plan(7, Size(1, 30, 9)))) is None, end='');"
    program += "import hashlib; print(hashlib.sha256(repr(build_plan(7, Size(1, 30, 9))).encode()).hexdigest())"
    path = ":".join(sys.path)
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={"PYTHONHASHSEED": salt, "PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        ).stdout
        for salt in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1


def test_there_is_as_much_of_it_as_was_asked_for():
    assert sum(m.kind.asks for m in PLAN.messages) == 300
    assert sum(f.act in KILLS for f in PLAN.faults) == 72
    assert sum(f.act not in KILLS for f in PLAN.faults) == 36
    assert {m.kind for m in PLAN.messages} == set(Kind)
    assert {m.conversation for m in PLAN.messages} == set(range(14))


def test_every_kill_and_every_other_fault_comes_before_one_comes_again():
    faults = plan_faults(random.Random(1), 2 * len(_OTHER_DECK), 100)
    pairs = Counter((f.act, f.target) for f in faults)
    assert set(pairs) == {*_KILL_DECK, *_OTHER_DECK}
    assert {t for _, t in pairs} == set(Target)
    assert {a for a, _ in pairs} == set(Act)


def test_all_of_it_happens_within_the_time_and_faults_last_for_a_while():
    assert [m.key for m in PLAN.messages] == list(range(len(PLAN.messages)))
    assert [m.at for m in PLAN.messages] == sorted(m.at for m in PLAN.messages)
    assert max(m.at for m in PLAN.messages if m.kind.asks) <= PLAN.seconds * 0.92
    assert all(0 < f.at <= PLAN.seconds * 0.92 for f in PLAN.faults)
    assert all((f.seconds == 0) is (f.act in KILLS) for f in PLAN.faults)


def test_no_two_messages_bear_the_same_word():
    words = [m.word for m in PLAN.messages]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch("[a-z]{8}", w) for w in words)


def test_edits_and_stops_follow_what_they_mean():
    asked = {m.word: m for m in PLAN.messages}
    for edit in (m for m in PLAN.messages if m.kind is Kind.EDIT):
        subject = asked[edit.subject]
        assert subject.at < edit.at
        assert subject.conversation == edit.conversation
        assert edit.text.startswith(subject.text)
    stops = {"/stop", f"/stop{BOT}"}  # in a group it names the bot
    assert {m.text for m in PLAN.messages if m.kind is Kind.STOP} == stops


def test_the_bot_is_named_in_groups_alone():
    for message in PLAN.messages:
        group = PLAN.conversations[message.conversation].topic is not None
        assert message.text.startswith(BOT) is (group and not message.text.startswith("/"))


@pytest.mark.parametrize("kind", [Kind.ECHO, Kind.SLOW])
def test_the_scripted_model_says_what_is_expected_of_an_answer(kind):
    words = build_words(kind, "abcdefgh", random.Random(3))
    answer = "".join(choose([{"role": "user", "content": words.text}], {}).words)
    assert re.search(words.answer, answer, re.DOTALL)
    assert not re.search(words.answer, answer.strip().removesuffix("abcdefgh"), re.DOTALL)


@pytest.mark.parametrize(
    ("kind", "tool"), [(Kind.BASH, "bash"), (Kind.SPAWN, "spawn_subagent"), (Kind.FILE, "send_file")]
)
def test_the_scripted_model_calls_the_tool_that_is_meant(kind, tool):
    words = build_words(kind, "abcdefgh", random.Random(3))
    calls = choose([{"role": "user", "content": words.text}], {}).calls
    assert {c.name for c in calls} == {tool}


def test_what_asks_nothing_has_no_words():
    with pytest.raises(ValueError, match="asks nothing"):
        build_words(Kind.STOP, "abcdefgh", random.Random(3))


def test_a_document_goes_with_its_caption_into_its_topic():
    message = next(m for m in PLAN.messages if m.document and PLAN.conversations[m.conversation].topic)
    conversation = PLAN.conversations[message.conversation]
    body = build_body(message, conversation)
    assert (body["chat"], body["topic"], body["forum"]) == (conversation.chat, conversation.topic, True)
    assert body["caption"] == message.text
    assert "text" not in body
    said = build_said(message, conversation, 5)
    assert (said.venue, said.message_id, said.file) == ((conversation.chat, conversation.topic), 5, message.file)
