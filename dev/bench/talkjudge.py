"""What a person sees and hears of many answers: whether a chat reads in order, and what rings. Pure.

It is judged from the simulated Telegram's own record: the messages that stand in the end, and the events on the way there.
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

FRESH_SECONDS: Final = 8.0
"""A preview that is older does not become the answer without a sound; some of it is the way to Telegram and back."""
NOTICED_SECONDS: Final = 2.0
"""Something that was said so shortly before an answer may have been on its way at the same time."""

Venue = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: the chat and topic, its message there, and the word that its answer holds."""

    venue: Venue
    message_id: int
    word: str


@dataclass(frozen=True, slots=True)
class Event:
    """A message of anybody or an edit of the bot's; `at` in epoch seconds."""

    venue: Venue
    message_id: int
    at: float
    text: str
    by_bot: bool
    notified: bool
    edit: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Where and how a question was answered.

    Attributes:
        message_id: The message that holds it.
        at: When it stood there first.
        rang: A notification came with it.
        age: Seconds for which that message had stood already.
        buried: Another message stood below it already.
    """

    message_id: int
    at: float
    rang: bool
    age: float
    buried: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """All of it.

    Attributes:
        asked: Questions.
        missing: Words of questions that have no answer.
        venues: Chats and topics where something was asked.
        disordered: Those that do not read from top to bottom, with the words of the answers that stand too high.
        buried: Words of answers that came above something that was said before them.
        silent: Words of answers that came without a sound in a message that was not fresh.
        pushes: Notifications for each question that was answered.
    """

    asked: int
    missing: tuple[str, ...]
    venues: int
    disordered: Mapping[Venue, tuple[str, ...]]
    buried: tuple[str, ...]
    silent: tuple[str, ...]
    pushes: tuple[int, ...] = field(default=())

    @property
    def ordered_share(self) -> float:
        """Return the share of chats and topics that read in order."""
        return 1.0 - len(self.disordered) / self.venues if self.venues else 1.0

    @property
    def sound(self) -> bool:
        """Say whether each chat reads in order, nothing is missing, and no answer rings more than twice."""
        quiet = not self.pushes or (statistics.median(self.pushes) <= 1 and max(self.pushes) <= 2)
        return quiet and not (self.missing or self.disordered or self.buried or self.silent)


def judge(asked: Iterable[Asked], events: Iterable[Event]) -> Judgement:
    """Judge what was seen and heard.

    Args:
        asked: The questions.
        events: Everything that happened in those chats, in order of time.
    """
    happened: dict[Venue, list[Event]] = defaultdict(list)
    for event in events:
        happened[event.venue].append(event)
    questions: dict[Venue, list[Asked]] = defaultdict(list)
    for one in sorted(asked, key=lambda a: a.message_id):
        questions[one.venue].append(one)
    answers = {one: find_answer(one, happened[one.venue]) for of in questions.values() for one in of}
    known = {one: answer for one, answer in answers.items() if answer is not None}
    return Judgement(
        asked=len(answers),
        missing=tuple(one.word for one, answer in answers.items() if answer is None),
        venues=len(questions),
        disordered={v: found for v, of in questions.items() if (found := find_disorder(of, known))},
        buried=tuple(one.word for one, answer in known.items() if answer.buried),
        silent=tuple(one.word for one, answer in known.items() if not answer.rang and answer.age > FRESH_SECONDS),
        pushes=tuple(n for v, of in questions.items() for n in count_pushes(of, known, happened[v])),
    )


def find_answer(asked: Asked, events: Sequence[Event]) -> Answer | None:
    """Return where the bot answered a question last, among the events of its chat; None if nowhere.

    The last, as an answer is shown while it is written, in a message that may be replaced by another one at its end.
    """
    # a question that joined another one is repeated by the answer; its command holds the word in two pieces
    word = re.compile(rf"\b{re.escape(asked.word[:4])} ?{re.escape(asked.word[4:])}\b")
    found: Answer | None = None
    for number, event in enumerate(events):
        if not event.by_bot or not word.search(event.text) or (found and found.message_id == event.message_id):
            continue
        earlier = events[:number]
        sent = next((e for e in earlier if e.message_id == event.message_id), event)
        below = [e for e in earlier if not e.edit and e.message_id > event.message_id]
        buried = event.edit and any(event.at - e.at > NOTICED_SECONDS for e in below)
        found = Answer(event.message_id, event.at, event.notified, event.at - sent.at, buried)
    return found


def find_disorder(asked: Sequence[Asked], answers: Mapping[Asked, Answer]) -> tuple[str, ...]:
    """Return the words of questions whose answer stands above that of an earlier question."""
    deepest, found = 0, []
    for one in asked:
        answer = answers.get(one)
        if answer is None:
            continue
        if answer.message_id < deepest:
            found.append(one.word)
        deepest = max(deepest, answer.message_id)
    return tuple(found)


def count_pushes(asked: Sequence[Asked], answers: Mapping[Asked, Answer], events: Sequence[Event]) -> tuple[int, ...]:
    """Return how many notifications each answer of a chat cost; questions that one message answers are one question.

    What rings before an answer counts for it; what rings behind the last one counts for that.
    """
    ends = sorted({answers[one].message_id for one in asked if one in answers})
    if not ends:
        return ()
    counts = dict.fromkeys(ends, 0)
    for event in events:
        if event.by_bot and event.notified and not event.edit:
            counts[next((end for end in ends if end >= event.message_id), ends[-1])] += 1
    return tuple(counts.values())
