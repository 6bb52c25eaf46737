"""What became of each question, as a person sees it. Pure over a snapshot."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dev.chaos.messages import Kind
from dev.chaos.snapshot import Said, Shown, Snapshot, TurnRow

_ACTIONS = ("Try again", "Continue")
"""Buttons of a failure that a person can act on."""
_STOP_BUTTON = "Stop"
"""Below what waits or is being written."""
_CHILD_LINE = re.compile(r"🧩 k[0-9]")
"""How the line begins that a `/spawn` is answered with; the answer is the report."""
_STOPPED = "Stopped."
_FOLD = "▸"
"""Begins the line that stays of the way to an answer; behind an answer it is not the first."""
_AGAIN = "(sent again)"
"""Begins a message that was sent once before, of which the bot did not learn that it stands."""
_OPEN = frozenset({"queued", "delivered", "started"})
Venue = tuple[int, int | None]


class Verdict(StrEnum):
    """What became of a question."""

    ANSWERED = "answered once"
    DOUBLED = "doubled"
    OTHERWISE = "answered in other words"
    """Its turn is done and something stands there, but not what the model says to it."""
    BUTTON = "told with a button"
    """It failed, the chat says so, and a button asks again or goes on."""
    PLAIN = "told without a button"
    STOPPED = "stopped by its person"
    STUCK = "stuck"
    """It is still open in Postgres."""
    LOST = "lost"


class FileVerdict(StrEnum):
    """What became of a file that was owed."""

    SENT = "file sent once"
    DOUBLED = "file doubled"
    EXCUSED = "file not sent, which was told"
    LOST = "file lost"


@dataclass(frozen=True, slots=True)
class Judged:
    """One question.

    Attributes:
        said: The question.
        verdict: What became of it.
        position: Id of the message that answers it first, from top to bottom; None where nothing does.
        beside: Ids of further messages that reply to it and are no reports or files.
        file: What became of its file, if one was owed.
        unheard: Ids of messages that answer it whole and of which the bot did not learn that they stand.
    """

    said: Said
    verdict: Verdict
    position: int | None
    beside: tuple[int, ...] = ()
    file: FileVerdict | None = None
    unheard: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A message that holds the word of a question from another chat or topic."""

    key: int
    chat: int
    topic: int | None
    message_id: int


def judge_messages(snapshot: Snapshot) -> tuple[Judged, ...]:
    """Judge every question, in the order in which they were asked."""
    shown: dict[Venue, list[Shown]] = defaultdict(list)
    for message in sorted(snapshot.shown, key=lambda m: m.message_id):
        shown[message.venue].append(message)
    asked = {said.message_id for said in snapshot.said}
    judge = _Judge(snapshot, asked, shown)
    return tuple(judge.judge(said) for said in snapshot.said if said.kind.asks)


def find_misplaced(snapshot: Snapshot) -> tuple[Misplaced, ...]:
    """Return the bot's messages that hold a word of another chat or topic."""
    homes = {said.word: said for said in snapshot.said if said.kind.asks}
    found = []
    for message in snapshot.shown:
        words = set(re.findall(r"\b[a-z]{8}\b", " ".join((message.text, *message.files))))
        foreign = [homes[w] for w in sorted(words & homes.keys()) if homes[w].venue != message.venue]
        found += [Misplaced(said.key, message.chat, message.topic, message.message_id) for said in foreign]
    return tuple(found)


def count_reports(snapshot: Snapshot) -> Mapping[str, int]:
    """Return how many reports of each finished sub-agent of a chat stand there, by its name.

    One that was sent twice, as the answer to the first sending was lost, is found by its words.
    """
    counts: dict[str, int] = {}
    for child in snapshot.rows.children:
        if child.state == "finished" and child.chat is not None:
            here = [m for m in snapshot.shown if m.chat == child.chat]
            first = next((m.text for m in here if child.report and m.message_id == child.report[0]), None)
            counts[child.name] = sum(m.text == first for m in here) if first is not None else 0
    return counts


def find_disorder(judged: Sequence[Judged]) -> Mapping[Venue, tuple[int, ...]]:
    """Return, by chat or topic, the keys of questions whose answer stands above that of an earlier question.

    A `/spawn` is left out: its report comes beside the conversation.
    """
    disorder: dict[Venue, list[int]] = defaultdict(list)
    deepest: dict[Venue, int] = {}
    for one in sorted(judged, key=lambda j: j.said.message_id):
        if one.position is None or one.said.kind is Kind.COMMAND:
            continue
        venue = one.said.venue
        if one.position < deepest.get(venue, 0):
            disorder[venue].append(one.said.key)
        deepest[venue] = max(one.position, deepest.get(venue, 0))
    return {venue: tuple(keys) for venue, keys in disorder.items()}


class _Judge:
    def __init__(self, snapshot: Snapshot, asked: set[int], shown: Mapping[Venue, Sequence[Shown]]) -> None:
        self._asked = asked
        self._shown = shown
        self._questions = [said for said in snapshot.said if said.kind.asks]
        self._stops = [said for said in snapshot.said if said.kind is Kind.STOP]
        self._turns: dict[tuple[int | None, int | None], list[TurnRow]] = defaultdict(list)
        for turn in snapshot.rows.turns:
            if turn.kind == "conversation":
                self._turns[turn.chat, turn.message_id].append(turn)
        self._told: dict[tuple[int, int], set[int]] = defaultdict(set)
        by_turn = {t.id: t.message_id for t in snapshot.rows.turns}
        for row in snapshot.rows.told:
            for question in {row.reply_to, by_turn.get(row.turn or 0)} - {None}:
                self._told[row.chat, question or 0].update(row.message_ids)
        self._reports = {(c.chat, number) for c in snapshot.rows.children for number in c.report or ()}
        self._children = {(c.chat, c.reply_to): c for c in snapshot.rows.children if c.reply_to is not None}

    def judge(self, said: Said) -> Judged:
        owner = self._find_owner(said)
        joined = owner is not said
        pattern = re.compile(rf"\b{said.word}\b" if joined else said.answer, re.DOTALL)
        here = self._shown.get(said.venue, ())
        known = self._told.get((said.chat, owner.message_id), set())
        replies = [m for m in here if m.message_id in known or m.reply_to == owner.message_id]
        # an edit is told with the next question: that one's answer holds this one's word too, and is not its answer
        own = [m for m in here if m in replies or m.reply_to not in self._asked]
        whole = [m for m in own if pattern.search(m.text) and not _is_way(m)]
        verdict, told = self._decide(said, owner, replies, whole)
        first = min((m.message_id for m in told), default=None)
        beside = tuple(
            m.message_id for m in replies if m not in told and not m.files and not self._is_report(m) and not _is_way(m)
        )
        unheard = tuple(m.message_id for m in whole if m.lost)
        return Judged(
            said, verdict, first, () if joined else beside, self._judge_file(said, here, verdict, joined), unheard
        )

    def _find_owner(self, said: Said) -> Said:
        """Return the question whose turn a question is part of: itself, or the one before of the same person it joined."""
        if said.kind is Kind.COMMAND or self._turns.get((said.chat, said.message_id)):
            return said
        before = [
            q for q in self._questions
            if (q.venue, q.person) == (said.venue, said.person) and q.message_id < said.message_id
            and self._turns.get((q.chat, q.message_id))
        ]  # fmt: skip
        return max(before, key=lambda q: q.message_id, default=said)

    def _decide(
        self, said: Said, owner: Said, replies: Sequence[Shown], whole: Sequence[Shown]
    ) -> tuple[Verdict, Sequence[Shown]]:
        """Return the verdict and the messages that it rests on."""
        turns = self._turns.get((owner.chat, owner.message_id), [])
        if whole:
            first = [m for m in whole if not m.text.startswith(_AGAIN)]
            return (Verdict.DOUBLED if len(first) > 1 else Verdict.ANSWERED), whole
        if self._is_open(owner, turns):
            return Verdict.STUCK, ()
        with_button = [m for m in replies if any(action in b for b in m.buttons for action in _ACTIONS)]
        if with_button:
            return Verdict.BUTTON, with_button
        live = [m for m in replies if any(_STOP_BUTTON in b for b in m.buttons)]
        closed = [m for m in replies if not m.files and m not in live and not _is_way(m)]
        if self._was_stopped(owner, turns, closed):
            return Verdict.STOPPED, closed
        if said.kind is Kind.COMMAND:
            told = [m for m in closed if not _CHILD_LINE.match(m.text)]
            return (Verdict.PLAIN if told else Verdict.LOST), told
        words = [m for m in closed if not self._is_report(m)]
        if not words:
            return Verdict.LOST, ()
        return (Verdict.OTHERWISE if any(t.state == "done" for t in turns) else Verdict.PLAIN), words

    def _is_open(self, said: Said, turns: Sequence[TurnRow]) -> bool:
        child = self._children.get((said.chat, said.message_id))
        return any(t.state in _OPEN for t in turns) or (child is not None and child.state != "finished")

    def _was_stopped(self, said: Said, turns: Sequence[TurnRow], closed: Sequence[Shown]) -> bool:
        """Say whether a later `/stop` in the same chat ended it: a stop takes back all that waits as well."""
        if not any(s.venue == said.venue and s.message_id > said.message_id for s in self._stops):
            return False
        ended = any(t.state == "cancelled" or t.reason == "aborted" for t in turns)
        return ended or any(_STOPPED in m.text for m in closed)

    def _is_report(self, message: Shown) -> bool:
        return (message.chat, message.message_id) in self._reports

    def _judge_file(
        self,
        said: Said,
        here: Sequence[Shown],
        verdict: Verdict,
        joined: bool,
    ) -> FileVerdict | None:
        if not said.file:
            return None
        count = sum(said.file in m.files for m in here)
        if count:
            return FileVerdict.DOUBLED if count > 1 else FileVerdict.SENT
        # the scripted model plays the first script of a burst alone
        handed_over = verdict in {Verdict.ANSWERED, Verdict.DOUBLED} and not joined
        return FileVerdict.LOST if handed_over else FileVerdict.EXCUSED


def _is_way(message: Shown) -> bool:
    return message.text.startswith(_FOLD)
