"""What `make bench-talk` counts as out of order, buried, silent and too loud."""

from __future__ import annotations

import random
from itertools import count

from dev.bench.talk import PEOPLE, build_places, plan_talk
from dev.bench.talkjudge import Asked, Event, judge

HERE = (-1, None)
FIRST, SECOND = Asked(HERE, 1, "word0001"), Asked(HERE, 2, "word0002")


def _said(number: int, at: float, text: str, *, bot: bool = True, rang: bool = True, edit: bool = False) -> Event:
    return Event(HERE, number, at, text, bot, rang and bot and not edit, edit)


QUESTIONS = (_said(1, 0, "say word0001", bot=False), _said(2, 1, "say word0002", bot=False))


def test_answers_below_each_other_that_ring_once_are_sound() -> None:
    found = judge([FIRST, SECOND], [*QUESTIONS, _said(3, 2, "Echo: word0001"), _said(4, 3, "Echo: word0002")])
    assert found.sound
    assert (found.ordered_share, found.pushes) == (1.0, (1, 1))


def test_an_answer_above_an_earlier_ones_is_out_of_order() -> None:
    found = judge([FIRST, SECOND], [*QUESTIONS, _said(3, 2, "Echo: word0002"), _said(4, 3, "Echo: word0001")])
    assert found.disordered == {HERE: ("word0002",)}
    assert not found.sound


def test_one_message_may_answer_two_questions() -> None:
    found = judge([FIRST, SECOND], [*QUESTIONS, _said(3, 2, "Echo: word0001 word0002")])
    assert found.sound
    assert found.pushes == (1,)


def test_a_preview_that_is_replaced_by_a_new_message_is_no_answer() -> None:
    preview = _said(3, 2, "word0001", rang=False)
    found = judge([FIRST], [QUESTIONS[0], preview, _said(4, 60, "word0001, and that is all")])
    assert found.sound


def test_an_edit_of_an_old_preview_is_late_and_silent() -> None:
    preview = _said(3, 2, "Let me see", rang=False)
    found = judge([FIRST], [QUESTIONS[0], preview, _said(3, 60, "word0001", edit=True)])
    assert found.silent == ("word0001",)


def test_an_edit_above_what_was_said_meanwhile_is_buried() -> None:
    preview = _said(2, 2, "Let me see", rang=False)
    between = _said(3, 4, "by the way", bot=False)
    found = judge([FIRST], [QUESTIONS[0], preview, between, _said(2, 9, "word0001", edit=True)])
    assert found.buried == ("word0001",)


def test_three_rings_for_an_answer_are_too_many_and_no_answer_is_missing() -> None:
    loud = [_said(n, n, "one moment") for n in (3, 4)]
    found = judge([FIRST], [QUESTIONS[0], *loud, _said(5, 9, "word0001")])
    assert found.pushes == (3,)
    assert not found.sound
    assert judge([FIRST], [QUESTIONS[0]]).missing == ("word0001",)


def test_the_plan_lets_everybody_speak_somewhere_and_gives_each_question_a_word() -> None:
    places = build_places()
    assert (len(places), {person for _, people in places for person in people}) == (20, set(PEOPLE))
    planned = list(plan_talk(random.Random(1), 600))
    assert len({word for _, _, word in planned}) == len(planned) == 400
    assert [number for number, _ in zip(count(), planned, strict=False)] == list(range(400))
    texts = [body["text"].replace("\n", " ") for _, body, _ in planned]
    assert any("tr -d" in text for text in texts)
    assert all(word in body["text"] or "tr -d" in body["text"] for _, body, word in planned)
