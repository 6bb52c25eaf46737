from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_contract import wire
from agent_contract.terms import Timeouts
from agent_gateway.decisions.deciding import Person, Refusal, find_answered, find_refusal
from agent_gateway.decisions.frames import build_frame
from agent_gateway.decisions.service import LEAST_SECONDS, compute_seconds
from agent_gateway.store.decisionrows import ALWAYS, DENY, ONCE, Decision, DecisionKind, DecisionState
from agent_gateway.store.rows import Address, Run, RunState
from agent_gateway.wording.decisions import build_message, end_text, escape, fence, parse_press

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ASKED = Decision(
    id=1, thread_id=2, run=3, call_id="q1", turn_id=4, address=Address(1, -100), asker_id=42,
    kind=DecisionKind.QUESTION, text="Which?", options=("Blue", "Red"), free_text=True, rule=None, approvers="Members",
    language="en", state=DecisionState.ASKED, choice=None, answer=None, decided_by=None, decided_name=None,
    expires_at=NOW, message_ids=(900,),
)  # fmt: skip
APPROVAL = replace(ASKED, kind=DecisionKind.APPROVAL, options=("1", "2", "3"), free_text=False, rule="bash: x*")


def ended(decision, choice, answer="words"):
    return replace(decision, state=DecisionState.ANSWERED, choice=choice, answer=answer, decided_name="Ana")


@pytest.mark.parametrize(
    ("approvers", "person", "refusal"),
    [
        ("Members", Person(7, admin=False), None),
        ("Asker", Person(42, admin=False), None),
        ("Asker", Person(7, admin=False), Refusal.ASKER),
        ("Asker", Person(7, admin=True), None),
        ("Administrators", Person(42, admin=False), Refusal.ADMINISTRATORS),
        ("Administrators", Person(7, admin=True), None),
    ],
)
def test_who_may_decide(approvers, person, refusal):
    assert find_refusal(replace(ASKED, approvers=approvers), person) is refusal


def test_where_nobody_is_known_to_ask_any_member_decides():
    assert find_refusal(replace(ASKED, approvers="Asker", asker_id=None), Person(7, admin=False)) is None


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"state": DecisionState.ANSWERED}, Refusal.LATE),
        ({"state": DecisionState.EXPIRED}, Refusal.EXPIRED),
        ({"state": DecisionState.WITHDRAWN}, Refusal.WITHDRAWN),
        ({"expired": True}, Refusal.EXPIRED),
    ],
)
def test_what_is_over_is_not_decided(change, refusal):
    assert find_refusal(replace(ASKED, **change), Person(42, admin=True)) is refusal


@pytest.mark.parametrize(
    ("decision", "reply_to", "person", "found"),
    [
        (ASKED, None, 42, True),
        (replace(ASKED, message_ids=()), None, 42, False),  # it is on its way
        (replace(ASKED, message_ids=(951,)), None, 42, False),  # it came behind the message
        (replace(ASKED, message_ids=(), kind=DecisionKind.CHANGE), None, 42, True),
        (ASKED, None, 7, False),
        (ASKED, 900, 7, True),
        (ASKED, 901, 42, False),
        (APPROVAL, None, 42, False),
        (APPROVAL, 900, 7, True),
        (replace(ASKED, free_text=False), 900, 42, False),
        (replace(ASKED, address=Address(1, -100, 5)), None, 42, False),
    ],
)
def test_which_question_a_message_answers(decision, reply_to, person, found):
    answered = find_answered([decision], topic_id=None, reply_to=reply_to, person_id=person, message_id=950)
    assert (answered is decision) is found


@pytest.mark.parametrize(("named", "found"), [(1, True), (2, False), (None, False)])
def test_a_reply_to_a_message_that_nobody_noted_answers_what_its_buttons_name(named, found):
    answered = find_answered([ASKED], topic_id=None, reply_to=901, person_id=7, message_id=902, named=named)
    assert (answered is ASKED) is found


def test_the_oldest_question_is_answered_first():
    first, second = ASKED, replace(ASKED, id=2)
    assert find_answered([first, second], topic_id=None, reply_to=None, person_id=42, message_id=950) is first


@pytest.mark.parametrize(
    ("decision", "allowed", "text"),
    [
        (ended(APPROVAL, ONCE), True, ""),
        (ended(APPROVAL, ALWAYS), True, ""),
        (ended(APPROVAL, DENY), False, ""),
        (ended(APPROVAL, None, "no, because"), False, "no, because"),
        (ended(replace(ASKED, kind=DecisionKind.CONFIRM), 0, "Yes"), True, "Yes"),
        (ended(replace(ASKED, kind=DecisionKind.CONFIRM), 1, "No"), False, "No"),
        (ended(ASKED, 0, "Blue"), False, "Blue"),
    ],
)
def test_what_the_runner_is_told(decision, allowed, text):
    frame = build_frame(decision)
    assert (frame.id, frame.outcome, frame.allowed, frame.text, frame.person) == (
        "q1",
        "answered",
        allowed,
        text,
        "Ana",
    )


@pytest.mark.parametrize(
    ("state", "outcome"), [(DecisionState.EXPIRED, "expired"), (DecisionState.WITHDRAWN, "withdrawn")]
)
def test_what_was_not_decided_allows_nothing(state, outcome):
    frame = build_frame(replace(APPROVAL, state=state, choice=0))
    assert (frame.outcome, frame.allowed) == (outcome, False)


def run(**more):
    values = dict.fromkeys(
        ("thread_uid", "job_name", "pod_name", "pod_uid", "seen_at", "ready_at", "ended_at", "reason", "message")
    )
    return Run(1, 1, RunState.LIVE, acked_seq=0, wanted_at=NOW, hello_at=NOW, **values, **more)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 600), (60, 60), (6000, 600)]
)  # fmt: skip
def test_a_question_waits_no_longer_than_its_class_says(asked, seconds):
    assert compute_seconds(asked, 600, run(limits=Timeouts()), NOW) == seconds


def test_nor_than_its_pod_lives():
    short = run(limits=Timeouts(run=100, turn=50, turn_max=50))
    assert compute_seconds(None, 600, short, NOW) == 150
    assert compute_seconds(None, 600, run(limits=Timeouts(run=10, turn=1, turn_max=1)), NOW) == max(11, LEAST_SECONDS)


def ask(kind, **more):
    return wire.Ask(seq=1, turn=1, id="q1", kind=kind, text=more.pop("text", "Which?"), **more)


def test_an_approval_shows_what_would_run_and_what_its_buttons_mean():
    message = build_message("en", ask("approval", text="echo ``` > x", tool="bash", rule="bash: *x*"), None)
    assert "````\necho ``` > x\n````" in message.text
    assert "`bash: *x*`" in message.text
    assert message.options == ("✓ Once", "✓ For this conversation", "✕ No")


def test_a_question_of_a_sub_agent_bears_its_name():
    message = build_message("en", ask("question", options=["a"]), "tg-1-r1-k1")
    assert message.text == "🧩 Sub-agent *k1* asks:\n\nWhich?"


def test_who_answers_cannot_make_the_message_look_like_something_else():
    assert end_text(ended(ASKED, None, "*x*\n[l](http://e)")) == "*▸ ✓ \\*x\\* \\[l\\](http://e) — Ana*"
    assert escape("a_b`c") == "a\\_b\\`c"
    assert fence("a") == "```\na\n```"


@pytest.mark.parametrize(("data", "found"), [("d:1:0", (1, 0)), ("d:1:0x", None), ("d:-1:0", None), ("again:1", None)])
def test_a_button_is_known_by_its_token(data, found):
    assert parse_press(data) == found
