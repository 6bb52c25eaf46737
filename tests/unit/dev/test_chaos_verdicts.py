"""Each verdict of the chaos checker, from snapshots made by hand."""

from __future__ import annotations

import pytest

from dev.chaos.messages import Kind
from dev.chaos.report import describe, judge
from dev.chaos.snapshot import ChildRow, Rows, Said, Shown, Snapshot, ToldRow, TurnRow
from dev.chaos.verdicts import FileVerdict, Verdict

CHAT = 100
WORDS = ("aaaaaaaa", "bbbbbbbb", "cccccccc")


def said(key, message_id, kind=Kind.ECHO, chat=CHAT, topic=None, **more):
    word = WORDS[key]
    answer = {Kind.COMMAND: rf"\A(?!Result).*Tool said: {word}", Kind.FILE: f"Handed over.*{word}.txt"}
    file = f"{word}.txt" if kind is Kind.FILE else ""
    return Said(
        key=key, kind=kind, word=word, chat=chat, topic=topic, message_id=message_id, file=file,
        answer=answer.get(kind, rf"Echo: .*\b{word}\b") if kind.asks else "", **more,
    )  # fmt: skip


def shown(message_id, text, reply_to=None, chat=CHAT, topic=None, **more):
    return Shown(chat=chat, topic=topic, message_id=message_id, text=text, reply_to=reply_to, **more)


def turn(message_id, state="done", reason=None):
    return TurnRow(
        id=message_id, kind="conversation", thread="tg-100", chat=CHAT, message_id=message_id, state=state,
        reason=reason,
    )  # fmt: skip


def check(questions, messages, turns=(), children=(), told=()):
    rows = Rows(turns=tuple(turns), children=tuple(children), told=tuple(told))
    return judge(Snapshot(seed=1, minutes=1, said=tuple(questions), shown=tuple(messages), rows=rows))


def verdicts(*args, **more):
    return [j.verdict for j in check(*args, **more).judged]


ECHO = "Echo: please say aaaaaaaa"


def test_answered_once():
    judgement = check([said(0, 1)], [shown(2, ECHO, 1)], [turn(1)])
    assert [j.verdict for j in judgement.judged] == [Verdict.ANSWERED]
    assert judgement.failures == ()


def test_an_answer_that_replies_to_nothing_counts_by_its_word():
    assert verdicts([said(0, 1)], [shown(2, ECHO)], [turn(1)]) == [Verdict.ANSWERED]


def test_doubled_is_counted_and_does_not_fail():
    judgement = check([said(0, 1)], [shown(2, ECHO, 1), shown(3, ECHO, 1)], [turn(1)])
    assert [j.verdict for j in judgement.judged] == [Verdict.DOUBLED]
    assert judgement.failures == ()


def test_a_double_is_explained_by_the_answer_that_the_bot_lost():
    judgement = check([said(0, 1)], [shown(2, ECHO, 1, lost="cut"), shown(3, ECHO, 1)], [turn(1)])
    assert [(j.verdict, j.unheard) for j in judgement.judged] == [(Verdict.DOUBLED, (2,))]
    words = describe(Snapshot(seed=1, minutes=1), judgement)
    assert "message 1 of 100; the answer to the sending of 2 was lost" in words


@pytest.mark.parametrize("turns", [[], [turn(1)], [turn(1, "failed", "run_lost")]])
def test_lost_whatever_postgres_says(turns):
    judgement = check([said(0, 1)], [], turns)
    assert [j.verdict for j in judgement.judged] == [Verdict.LOST]
    assert judgement.failures == ("1 lost",)


def test_half_an_answer_with_its_stop_button_is_lost():
    half = shown(2, "Echo: please", 1, buttons=("⏹ Stop",))
    assert verdicts([said(0, 1)], [half], [turn(1)]) == [Verdict.LOST]


@pytest.mark.parametrize("button", ["🔁 Try again", "▶ Continue"])
def test_told_with_a_button(button):
    told = shown(2, "The agent crashed. · error e1", 1, buttons=(button,))
    assert verdicts([said(0, 1)], [told], [turn(1, "failed", "agent_died")]) == [Verdict.BUTTON]


def test_told_without_a_button():
    assert verdicts([said(0, 1)], [shown(2, "It failed.", 1)], [turn(1, "failed", "agent")]) == [Verdict.PLAIN]


def test_answered_in_other_words():
    assert verdicts([said(0, 1)], [shown(2, "Something else.", 1)], [turn(1)]) == [Verdict.OTHERWISE]


def test_stuck_while_its_turn_is_open():
    judgement = check([said(0, 1)], [shown(2, "Waking up your agent…", 1, buttons=("⏹ Stop",))], [turn(1, "delivered")])
    assert [j.verdict for j in judgement.judged] == [Verdict.STUCK]
    assert judgement.failures == ("1 stuck",)


def test_stopped_by_a_later_stop_and_by_no_earlier_one():
    stop = said(1, 2, Kind.STOP)
    half = [shown(3, "w0 w1\n\nStopped.", 1)]
    assert verdicts([said(0, 1), stop], half, [turn(1, "failed", "aborted")]) == [Verdict.STOPPED]
    assert verdicts([said(0, 1), stop], [], [turn(1, "cancelled")]) == [Verdict.STOPPED]
    assert verdicts([stop, said(0, 4)], [], [turn(4, "cancelled")]) == [Verdict.LOST]
    elsewhere = said(1, 2, Kind.STOP, chat=200)
    assert verdicts([said(0, 1), elsewhere], [], [turn(1, "cancelled")]) == [Verdict.LOST]


def test_an_edit_told_with_the_next_question_doubles_nothing():
    both = "Echo: [The person has edited their message.] please say aaaaaaaa please say bbbbbbbb"
    messages = [shown(2, ECHO, 1), shown(4, both, 3)]
    assert verdicts([said(0, 1), said(1, 3)], messages, [turn(1), turn(3)]) == [Verdict.ANSWERED] * 2


@pytest.mark.parametrize(("chat", "topic"), [(200, None), (CHAT, 5)])
def test_an_answer_in_another_chat_or_topic_is_in_a_wrong_place(chat, topic):
    judgement = check([said(0, 1)], [shown(2, ECHO, 1, chat=chat, topic=topic)], [turn(1)])
    assert [(m.key, m.chat, m.topic, m.message_id) for m in judgement.misplaced] == [(0, chat, topic, 2)]
    assert judgement.failures == ("1 lost", "1 wrong place")


def test_a_file_in_another_chat_is_in_a_wrong_place():
    messages = [shown(2, "Handed over: aaaaaaaa.txt", 1), shown(3, "", 1, chat=200, files=("aaaaaaaa.txt",))]
    judgement = check([said(0, 1, Kind.FILE)], messages, [turn(1)])
    assert judgement.failures == ("1 files lost", "1 wrong place")


@pytest.mark.parametrize(("files", "verdict"), [(0, FileVerdict.LOST), (1, FileVerdict.SENT), (2, FileVerdict.DOUBLED)])
def test_files_are_counted_beside_their_answer(files, verdict):
    sent = [shown(3 + n, "here is aaaaaaaa", 1, files=("aaaaaaaa.txt",)) for n in range(files)]
    judgement = check([said(0, 1, Kind.FILE)], [shown(2, "Handed over: aaaaaaaa.txt", 1), *sent], [turn(1)])
    assert [(j.verdict, j.file) for j in judgement.judged] == [(Verdict.ANSWERED, verdict)]


def test_a_file_of_a_question_that_failed_is_not_lost():
    told = shown(2, "It died.", 1, buttons=("🔁 Try again",))
    judgement = check([said(0, 1, Kind.FILE)], [told], [turn(1, "failed")])
    assert judgement.judged[0].file is FileVerdict.EXCUSED
    assert judgement.failures == ()


def test_a_report_answers_a_spawn_command():
    line = shown(2, "🧩 k1 (done): bash: echo aaaaaaaa", 1)
    report = shown(3, "Tool said: aaaaaaaa\n\nIts task (2 s): bash: echo aaaaaaaa", 1)
    child = ChildRow(name="tg-100-r0-k1", chat=CHAT, reply_to=1, state="finished", report=(3,))
    judgement = check([said(0, 1, Kind.COMMAND)], [line, report], children=[child])
    assert [(j.verdict, j.beside) for j in judgement.judged] == [(Verdict.ANSWERED, (2,))]
    assert verdicts([said(0, 1, Kind.COMMAND)], [line]) == [Verdict.LOST]
    assert verdicts([said(0, 1, Kind.COMMAND)], []) == [Verdict.LOST]
    refusal = shown(2, "I can't check right now what is allowed here. Try again in a moment.", 1)
    assert verdicts([said(0, 1, Kind.COMMAND)], [refusal]) == [Verdict.PLAIN]
    open_child = child.model_copy(update={"state": "created", "report": None})
    assert verdicts([said(0, 1, Kind.COMMAND)], [], children=[open_child]) == [Verdict.STUCK]


def test_a_failure_that_replies_to_nothing_is_found_by_what_postgres_says_of_it():
    told = shown(2, "The agent crashed.", buttons=("🔁 Try again",))
    rows = [ToldRow(chat=CHAT, turn=1, message_ids=(2,))]
    assert verdicts([said(0, 1)], [told], [turn(1, "failed", "agent_died")], told=rows) == [Verdict.BUTTON]
    assert verdicts([said(0, 1)], [told], [turn(1, "failed", "agent_died")]) == [Verdict.LOST]


def test_a_question_that_joined_the_one_before_is_answered_with_it():
    both = [said(0, 1), said(1, 2, Kind.SLOW)]
    assert verdicts(both, [shown(3, "Echo: say aaaaaaaa slow 3 bbbbbbbb", 1)], [turn(1)]) == [Verdict.ANSWERED] * 2
    assert verdicts(both, [shown(3, ECHO, 1)], [turn(1)]) == [Verdict.ANSWERED, Verdict.OTHERWISE]
    assert verdicts(both, [], [turn(1)]) == [Verdict.LOST] * 2
    failed = shown(3, "The agent crashed.", 1, buttons=("▶ Continue",))
    assert verdicts(both, [failed], [turn(1, "failed")]) == [Verdict.BUTTON] * 2


def test_the_way_to_an_answer_is_none():
    fold = shown(2, "▸ 2 steps · 3 s: please say aaaaaaaa, Echo: aaaaaaaa", 1)
    judgement = check([said(0, 1)], [fold, shown(3, ECHO, 1)], [turn(1)])
    assert [(j.verdict, j.beside) for j in judgement.judged] == [(Verdict.ANSWERED, ())]
    assert verdicts([said(0, 1)], [fold], [turn(1)]) == [Verdict.LOST]


def test_answers_out_of_order_are_counted_by_chat():
    questions = [said(0, 1), said(1, 2)]
    answers = [shown(3, "Echo: bbbbbbbb", 2), shown(4, ECHO, 1)]
    judgement = check(questions, answers, [turn(1), turn(2)])
    assert judgement.disorder == (("100", (1,)),)
    assert judgement.failures == ()
    assert check(questions, [shown(3, ECHO, 1), shown(4, "Echo: bbbbbbbb", 2)]).disorder == ()


def test_a_failure_has_its_place_in_the_order_too():
    told = shown(4, "It died.", 1, buttons=("▶ Continue",))
    judgement = check([said(0, 1), said(1, 2)], [shown(3, "Echo: bbbbbbbb", 2), told], [turn(1, "failed"), turn(2)])
    assert judgement.disorder == (("100", (1,)),)


def test_topics_of_a_group_are_read_each_by_itself():
    questions = [said(0, 1, topic=5), said(1, 2, topic=6)]
    answers = [shown(3, "Echo: bbbbbbbb", 2, topic=6), shown(4, ECHO, 1, topic=5)]
    assert check(questions, answers).disorder == ()


def test_what_stands_beside_an_answer_is_counted():
    leftover = shown(2, "Waking up your agent…", 1, buttons=("⏹ Stop",))
    judgement = check([said(0, 1)], [leftover, shown(3, ECHO, 1)], [turn(1)])
    assert [(j.verdict, j.beside) for j in judgement.judged] == [(Verdict.ANSWERED, (2,))]
    assert "message 1 of 100: messages 2" in describe(Snapshot(seed=1, minutes=1), judgement)


def test_reports_are_counted_by_their_sub_agent():
    reports = {1: (3,), 2: (4,), 3: None}
    children = [ChildRow(name=f"tg-100-r1-k{n}", chat=CHAT, state="finished", report=of) for n, of in reports.items()]
    children += [ChildRow(name="tg-100-r1-k4", chat=CHAT, state="created"), ChildRow(name="by-hand", state="finished")]
    line = shown(2, "🧩 k3 (done): bash: true", 1)
    once, twice = (shown(2 + n, f"Tool said: x\n\nIts task ({n} s): bash: true", 1) for n in (1, 2))
    judgement = check([], [line, once, twice, twice.model_copy(update={"message_id": 9})], children=children)
    assert judgement.reports == {"tg-100-r1-k1": 1, "tg-100-r1-k2": 2, "tg-100-r1-k3": 0}
    assert judgement.reports_by(doubled=True) == ("tg-100-r1-k2",)
    assert judgement.reports_by(doubled=False) == ("tg-100-r1-k3",)


def test_an_answer_that_says_that_it_was_sent_again_doubles_nothing():
    told = [shown(2, ECHO, 1, lost="cut"), shown(3, f"(sent again)\n{ECHO}", 1)]
    assert verdicts([said(0, 1)], told, [turn(1)]) == [Verdict.ANSWERED]
